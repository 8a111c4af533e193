/**
 * @module How well vectors tell classes apart.
 */
import { Generator } from '@sextant/engine';
import { type ImageSet, openListing, subset } from '@sextant/image';
import { InputError, quote } from '@sextant/io';
import type { Embedded, Encoder } from './encoder.js';
import { accuracy } from './evaluation/features.js';
import { classifyByNeighbours, type Labelled } from './evaluation/knn.js';

/** Labelled vectors of a set's readable pictures. The set has labels. */
export async function labelledVectors(
  encoder: Encoder,
  set: ImageSet,
  onProgress?: (done: number, total: number) => void,
): Promise<Labelled & Pick<Embedded, 'broken'>> {
  const { vectors, indices, broken } = await encoder.embedSet(set, onProgress ? { onProgress } : {});
  return { features: vectors, labels: Int32Array.from(indices, (i) => set.labels![i]!), broken };
}

/**
 * A labelled set with its classes numbered as those of another, by their names: a folder that lacks a class numbers the
 * others differently. Where either names none, numbers are what they are.
 *
 * @param path - what messages call the set.
 * @throws InputError when it has a class that the other has not.
 */
export function withClassesOf(known: ImageSet, set: ImageSet, path: string): ImageSet {
  const { labels, classes: names } = set.listing;
  const { classes } = known;
  if (!labels || !names || !classes) return set;
  const numbers = names.map((name) => classes.indexOf(name));
  const unknown = labels.find((label) => numbers[label] === -1);
  if (unknown !== undefined)
    throw new InputError(
      `${path}: the class ${quote(names[unknown])} is none of those to learn from, which are ${classes
        .slice(0, 10)
        .map((name) => quote(name))
        .join(', ')}${classes.length > 10 ? ' …' : ''}; leave it out, or name it as they are`,
    );
  const renumbered = Int32Array.from(labels, (label) => numbers[label]!);
  return openListing({ ...set.listing, labels: renumbered, classes }, set.options);
}

/** Pictures that accuracies during training are measured on, and those among which neighbours are sought. */
const [QUERIES, BASE] = [1000, 5000];

/**
 * Share of pictures whose five nearest neighbours tell their class, by a sample that a seed fixes: of `held`, or where there
 * is none of the training pictures themselves, each sought among others.
 */
export async function accuracyByNeighbours(
  encoder: Encoder,
  set: ImageSet,
  held: ImageSet | undefined,
  seed: number,
): Promise<number> {
  const random = new Generator(seed).fork('neighbours');
  const shuffled = [...random.permutation(set.length).data];
  const queries = held
    ? subset(held, sorted([...random.permutation(held.length).data].slice(0, QUERIES)))
    : subset(set, sorted(shuffled.splice(0, Math.min(QUERIES, set.length >> 1))));
  const base = subset(set, sorted(shuffled.slice(0, BASE)));
  const known = await labelledVectors(encoder, base);
  const asked = await labelledVectors(encoder, queries);
  const { predictions } = await classifyByNeighbours(known, asked.features);
  return accuracy(predictions, asked.labels);
}

const sorted = (indices: readonly number[]): Int32Array => Int32Array.from(indices).sort();
