/**
 * @module How well vectors tell classes apart.
 */
import { Generator } from '@sextant/engine';
import { type ImageSet, subset } from '@sextant/image';
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
