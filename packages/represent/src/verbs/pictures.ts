/**
 * @module Pictures as verbs take them: opened, read through, what was left out said.
 */
import { type ImageSet, openImages, type Readable, readable } from '@sextant/image';
import { InputError } from '@sextant/io';
import type { Embedded } from '../encoder.js';
import type { NamedVectors } from '../vectors.js';

/** Decoded pictures are kept in memory up to this many bytes. */
const KEEP_BYTES = 2 ** 30;

export const PICTURES_ARGUMENT =
  'folder of pictures (sub-folders are classes), zip archive, CIFAR-10, CIFAR-100 or STL-10 in binary form, Tiny ImageNet';

/** Lines of broken pictures that are shown; the rest is counted by its reasons. */
const SHOWN = 5;

/** What was not taken, a line each. */
export function leftOut(skipped: Readonly<Record<string, number>>, broken: readonly string[]): string[] {
  const files = Object.entries(skipped).map(([reason, count]) => `left out: ${count} × ${reason}`);
  const shown = broken.slice(0, SHOWN).map((line) => `left out: ${line}`);
  const rest = Object.entries(reasonsOf(broken.slice(SHOWN)));
  return [...files, ...shown, ...rest.map(([reason, count]) => `left out: ${count} more × ${reason}`)];
}

/** How many pictures could not be read for each reason, of lines `name: reason`. */
export function reasonsOf(broken: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of broken) {
    const reason = line.slice(line.indexOf(': ') + 2);
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

/** Opens pictures and reads them all once. @throws InputError when there are none. */
export async function readPictures(
  path: string,
  split: 'train' | 'test',
  say: (line: string) => void,
): Promise<Readable> {
  const set = await openImages(path, { split });
  const result = await readable(set, { keepBytes: KEEP_BYTES });
  const broken = result.broken.map(({ name, reason }) => `${name}: ${reason}`);
  for (const line of leftOut(set.skipped, broken)) say(line);
  return result;
}

/** The set's labels. @throws InputError when it has none. */
export function labelsOf(set: ImageSet, path: string): Int32Array {
  if (!set.labels) {
    throw new InputError(`${path}: its pictures have no classes: put those of each class into a sub-folder`);
  }
  return set.labels;
}

/** Vectors with the names of their pictures, and of their classes where they have some. */
export function namedVectors(set: ImageSet, { vectors, indices }: Omit<Embedded, 'broken'>): NamedVectors {
  const { labels, classes } = set;
  const of = <T>(f: (i: number) => T): T[] => Array.from(indices, f);
  return {
    vectors,
    names: of((i) => set.name(i)),
    ...(labels && { labels: of((i) => classes?.[labels[i]!] ?? String(labels[i])) }),
  };
}
