/**
 * @module A folder of pictures, with all its folders.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError, InputError } from '@sextant/io';
import { byName, classesOf, Skipped, whyNot, whyNotFolder } from './names.js';
import type { Listing } from './set.js';

/**
 * The pictures of a folder in the order of their paths. Links are followed, but no folder is entered from within itself.
 * Where every picture stands in a sub-folder, that is its class.
 *
 * @throws InputError when the folder cannot be read or holds none.
 */
export async function listFolder(folder: string): Promise<Listing> {
  const skipped = new Skipped();
  const names: string[] = [];
  const walk = async (path: string, above: readonly string[]): Promise<void> => {
    const here = join(folder, path);
    const real = await realpath(here);
    if (above.includes(real)) return skipped.add('a link to a folder around it');
    for (const entry of (await readdir(here, { withFileTypes: true })).sort((a, b) =>
      byName(a.name, b.name),
    )) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      const kind = await kindOf(entry, join(here, entry.name));
      const reason = kind === 'folder' ? whyNotFolder(entry.name) : (whyNot(entry.name) ?? PROBLEMS[kind]);
      if (reason !== undefined) skipped.add(reason);
      else if (kind === 'file') names.push(inside);
      else await walk(inside, [...above, real]);
    }
  };
  try {
    await walk('', []);
  } catch (error) {
    throw fileError('read', folder, error);
  }
  if (names.length === 0) throw new InputError(`${folder} holds no pictures${explained(skipped.counts)}`);
  return {
    place: { kind: 'files', folder, names: names.sort(byName) },
    ...classesOf(names),
    skipped: skipped.counts,
  };
}

/** One file as a set. */
export const listFile = (path: string): Listing => ({
  place: { kind: 'files', folder: dirname(path), names: [basename(path)] },
  skipped: {},
});

/** What was not taken, for the end of a message. */
export function explained(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([reason, count]) => `${count} x ${reason}`);
  return parts.length === 0 ? '' : ` (skipped: ${parts.join(', ')})`;
}

type Kind = 'file' | 'folder' | 'dangling' | 'other';

const PROBLEMS: Readonly<Record<Kind, string | undefined>> = {
  file: undefined,
  folder: undefined,
  dangling: 'a link to nothing',
  other: 'not a file',
};

async function kindOf(entry: Dirent, path: string): Promise<Kind> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) return 'other';
  const target = await stat(path).catch(() => undefined);
  if (!target) return 'dangling';
  return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : 'other';
}
