/**
 * @module How well clusters hold together (silhouette) and agree with classes (mutual information, purity).
 */
import {
  add,
  array,
  matmul,
  maximum,
  mul,
  NDArray,
  oneHot,
  program,
  sqrt,
  square,
  sum,
  type Tensor,
  transpose,
  Variable,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { centredRows, classCount, columnMeans, extentOf, type Features, rowsAt } from './features.js';
import { type SampleOptions, sampleOf } from './geometry.js';

/** Rows whose distances to all others are computed together. */
const BLOCK = 512;

/**
 * Mean silhouette (Rousseeuw, 1987) by Euclidean distance: (b - a) / max(a, b), with a the mean distance to the vectors of
 * one's own cluster and b to those of the nearest other one; 0 for a cluster of one. From -1 to 1. In double precision.
 *
 * @param options.sample - vectors that it is computed of, chosen at random where there are more (5000): the time grows
 *   with its square.
 * @throws InputError when the vectors are of fewer than two clusters.
 */
export async function silhouette(
  features: Features,
  clusters: Int32Array,
  { sample = 5000, seed = 0 }: SampleOptions = {},
): Promise<number> {
  if (clusters.length !== features.shape[0])
    throw new InputError(`${clusters.length} clusters for ${features.shape[0]} vectors`);
  const chosen = sampleOf(clusters.length, { sample, seed });
  const numbers = new Map(compact(chosen, clusters));
  const k = numbers.size;
  if (k < 2) throw new InputError(`the silhouette compares clusters, and there is ${k}; make two or more`);
  const own = Int32Array.from(chosen, (row) => numbers.get(clusters[row]!)!);
  const sizes = new Float64Array(k);
  for (const c of own) sizes[c]!++;
  const sums = await distanceSums(rowsAt(features, chosen), own, k);
  let total = 0;
  for (const [i, c] of own.entries()) {
    if (sizes[c] === 1) continue;
    const row = sums.subarray(i * k, (i + 1) * k);
    const a = row[c]! / (sizes[c]! - 1);
    const b = row.reduce(
      (least, v, j) => (j === c ? least : Math.min(least, v / sizes[j]!)),
      Number.POSITIVE_INFINITY,
    );
    const most = Math.max(a, b);
    if (most > 0) total += (b - a) / most;
  }
  return total / own.length;
}

/** Numbers from 0 on for the clusters of the chosen rows. */
const compact = (chosen: Int32Array, clusters: Int32Array): [number, number][] =>
  [...new Set(Array.from(chosen, (row) => clusters[row]!))].map((cluster, i) => [cluster, i]);

/** For each vector, the sum of its distances to the vectors of each cluster [N, k]. */
async function distanceSums(features: Features, clusters: Int32Array, k: number): Promise<Float64Array> {
  const [rows, width] = extentOf(features);
  const centre = columnMeans(features);
  const centred = centredRows(features, centre);
  const vectors = new Variable(centred);
  const members = new Variable(array(clusters, { dtype: 'int32' }));
  const run = program(
    (x: Tensor) => {
      const squares = (t: Tensor) => sum(square(t), { axes: 1, keepDims: true });
      const y = vectors.toTensor();
      const distances = add(add(mul(matmul(x, transpose(y)), -2), squares(x)), transpose(squares(y)));
      return matmul(sqrt(maximum(distances, 0)), oneHot(members, k, 'float64'));
    },
    { name: 'silhouette', inputs: [{ shape: ['N', width], dtype: 'float64' }] },
  );
  const sums = new Float64Array(rows * k);
  try {
    for (let at = 0; at < rows; at += BLOCK) {
      const end = Math.min(at + BLOCK, rows);
      const part = centred.data.subarray(at * width, end * width);
      const found = await run(new NDArray(part, [end - at, width], 'float64'));
      sums.set(found.data as Float64Array, at * k);
    }
  } finally {
    await run.release();
  }
  return sums;
}

/** How often each pair of a label of `a` and one of `b` occurs [A, B], and how often each label. */
function contingency(a: Int32Array, b: Int32Array) {
  if (a.length !== b.length || a.length === 0)
    throw new InputError(`labels of ${a.length} and of ${b.length} things cannot be compared`);
  const [rows, columns] = [classCount(a), classCount(b)];
  const counts = new Float64Array(rows * columns);
  const [ofA, ofB] = [new Float64Array(rows), new Float64Array(columns)];
  for (let i = 0; i < a.length; i++) {
    counts[a[i]! * columns + b[i]!]!++;
    ofA[a[i]!]!++;
    ofB[b[i]!]!++;
  }
  return { counts, columns, ofA, ofB };
}

const entropy = (counts: Float64Array, total: number): number =>
  counts.reduce((s, n) => (n > 0 ? s - (n / total) * Math.log(n / total) : s), 0);

/**
 * Normalised mutual information of two labellings, I / mean of the entropies: 0 where they know nothing of each other, 1
 * where they are the same but for names (also where both have a single label).
 *
 * @throws InputError when they are not of the same, non-zero length.
 */
export function normalizedMutualInformation(a: Int32Array, b: Int32Array): number {
  const { counts, ofA, ofB } = contingency(a, b);
  const [entropyA, entropyB] = [entropy(ofA, a.length), entropy(ofB, a.length)];
  if (entropyA + entropyB === 0) return 1;
  const information = entropyA + entropyB - entropy(counts, a.length);
  return Math.max(0, (2 * information) / (entropyA + entropyB));
}

/**
 * Share of the things that are of the most frequent class of their cluster.
 *
 * @throws InputError when there are not as many clusters as classes, or none.
 */
export function purity(clusters: Int32Array, classes: Int32Array): number {
  const { counts, columns, ofA } = contingency(clusters, classes);
  let right = 0;
  for (let c = 0; c < ofA.length; c++)
    right += counts.subarray(c * columns, (c + 1) * columns).reduce((most, n) => Math.max(most, n), 0);
  return right / clusters.length;
}
