/**
 * @module A zip archive of pictures, never unpacked to the disk.
 */
import { InputError, listZip, type ZipEntry } from '@sextant/io';
import { explained } from './folder.js';
import { byName, classesOf, Skipped, whyNot, whyNotFolder } from './names.js';
import type { Listing } from './set.js';

/**
 * The pictures of an archive in the order of their paths; those that cannot be read (encrypted, unsafe names, other
 * compressions than DEFLATE) are skipped.
 *
 * @param under - only those below this folder of it.
 * @throws InputError when it cannot be read or holds no picture.
 */
export async function listArchive(path: string, under?: string): Promise<Listing> {
  const skipped = new Skipped();
  const entries: ZipEntry[] = [];
  for (const entry of await listZip(path)) {
    const parts = entry.name.split('/');
    const name = parts.pop()!;
    const reason = entry.problem ?? parts.map(whyNotFolder).find((r) => r !== undefined) ?? whyNot(name);
    if (reason !== undefined) skipped.add(reason);
    else if (under === undefined || parts.includes(under)) entries.push(entry);
  }
  if (entries.length === 0) {
    const where = under === undefined ? '' : ` in a folder ${under}`;
    throw new InputError(`${path} holds no pictures${where}${explained(skipped.counts)}`);
  }
  entries.sort((a, b) => byName(a.name, b.name));
  return {
    place: { kind: 'zip', path, entries },
    ...classesOf(entries.map(({ name }) => name)),
    skipped: skipped.counts,
  };
}
