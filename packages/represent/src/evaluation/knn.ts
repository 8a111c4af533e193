/**
 * @module Classes of the nearest vectors: the k-nearest-neighbour measure of W-MSE's evaluation, with k = 5.
 */
import { InputError } from '@sextant/io';
import { classCount, type Features } from './features.js';
import { nearest } from './nearest.js';

/** The number of neighbours of the published figures. */
export const NEIGHBOURS = 5;

/** Labelled vectors. */
export interface Labelled {
  readonly features: Features;
  /** Class ids [N]. */
  readonly labels: Int32Array;
}

export interface KnnResult {
  /** Class of each query [Q]. */
  readonly predictions: Int32Array;
  /** Ascending Euclidean distances of its neighbours [Q, k]. */
  readonly distances: Float64Array;
}

/**
 * Classifies vectors by their k nearest labelled vectors (Euclidean): the most frequent class, of several the one with
 * the smallest id.
 *
 * @param queries - [Q, D]
 * @throws InputError when k is not in 1..N, the widths differ, or there are not as many labels as vectors.
 */
export async function classifyByNeighbours(
  { features, labels }: Labelled,
  queries: Features,
  k = NEIGHBOURS,
): Promise<KnnResult> {
  if (labels.length !== features.shape[0])
    throw new InputError(`${labels.length} labels for ${features.shape[0]} vectors`);
  const { indices, distances } = await nearest(features, queries, k);
  const votes = new Int32Array(classCount(labels));
  const predictions = Int32Array.from({ length: queries.shape[0]! }, (_, q) => {
    votes.fill(0);
    for (let i = q * k; i < (q + 1) * k; i++) votes[labels[indices[i]!]!]!++;
    return votes.indexOf(votes.reduce((most, v) => Math.max(most, v), 0));
  });
  return { predictions, distances };
}
