/**
 * @module Search: the pictures whose vectors are nearest to a vector.
 */
import { InputError, quote } from '@sextant/io';
import { extentOf, type Features, normalized, squaredNorm } from './evaluation/features.js';
import { nearest } from './evaluation/nearest.js';
import type { NamedVectors } from './vectors.js';

/** How near vectors are: by the angle between them, or by their distance. */
export const MEASURES = ['cosine', 'euclidean'] as const;
export type Measure = (typeof MEASURES)[number];

export interface SearchOptions {
  /** Pictures found for each query (10); all where there are fewer. */
  readonly k?: number;
  /** `cosine` by default. */
  readonly measure?: Measure;
}

/** A picture that was found. */
export interface Hit {
  /** Its row among the vectors. */
  readonly row: number;
  readonly name: string;
  readonly label?: string;
  /** Cosine similarity, -1 to 1, or Euclidean distance. */
  readonly score: number;
}

/**
 * The nearest pictures to each query, nearest first. A query that is itself among the vectors is found too.
 *
 * @param queries - [Q, D]
 * @throws InputError when k is not positive, the widths differ, or a vector of zeros has no angle.
 */
export async function search(
  { vectors, names, labels }: NamedVectors,
  queries: Features,
  { k = 10, measure = 'cosine' }: SearchOptions = {},
): Promise<readonly (readonly Hit[])[]> {
  const named = (row: number) => `the vector of ${quote(names[row])}`;
  const base = measured(vectors, measure, named);
  const asked = measured(queries, measure, (row) => `query ${row}`);
  const count = Math.min(k, vectors.shape[0]!);
  const { indices, distances } = await nearest(base, asked, count);
  return Array.from({ length: queries.shape[0]! }, (_, q) =>
    Array.from({ length: count }, (_, i): Hit => {
      const [row, distance] = [indices[q * count + i]!, distances[q * count + i]!];
      return {
        row,
        name: names[row]!,
        ...(labels ? { label: labels[row]! } : {}),
        // Of unit vectors ‖a - b‖² = 2 - 2 a·b.
        score: measure === 'cosine' ? 1 - distance ** 2 / 2 : distance,
      };
    }),
  );
}

/**
 * Vectors whose Euclidean distances order them as the measure does.
 *
 * @param name - what messages call a row.
 * @throws InputError when the measure is an angle and a vector has none.
 */
export function measured(features: Features, measure: Measure, name: (row: number) => string): Features {
  if (measure === 'euclidean') return features;
  const [rows, width] = extentOf(features);
  for (let row = 0; row < rows; row++)
    if (squaredNorm(features.data, row * width, width) === 0)
      throw new InputError(`${name(row)} is all zeros and has no angle; use the measure euclidean`);
  return normalized(features);
}
