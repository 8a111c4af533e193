/**
 * @module Pictures with what they show: what an estimator learns from.
 */
import { array, type NDArray } from '@sextant/engine';
import type { ImageSet } from '@sextant/image';
import { InputError } from '@sextant/io';
import type { Dataset } from '@sextant/train';
import { planesOf } from './planes.js';

export interface Shot {
  /** [3, S, S], from -1 to 1. */
  readonly image: NDArray<'float32'>;
  /** Light, then attributes [C]. */
  readonly shown: NDArray<'float32'>;
}

/** Pictures of a set by the rows of a table [n, C]. @throws InputError when there are not as many of both. */
export function shots(set: ImageSet, context: NDArray<'float32'>, size: number): Dataset<Shot> {
  const [rows, width] = context.shape as [number, number];
  if (rows !== set.length) {
    throw new InputError(
      `${set.length} pictures and ${rows} rows of light and attributes do not belong together`,
    );
  }
  return {
    length: rows,
    get: async (i) => ({
      image: planesOf(await set.load(i), size),
      shown: array(context.data.slice(i * width, (i + 1) * width), { shape: [width] }),
    }),
  };
}

/** Part of a data set, from `start` to before `end`. */
export const between = <Item>(dataset: Dataset<Item>, start: number, end: number): Dataset<Item> => ({
  length: end - start,
  get: (i, random) => dataset.get(start + i, random),
});
