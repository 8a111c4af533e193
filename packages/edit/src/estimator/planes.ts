/**
 * @module Pictures as networks take them.
 */
import { array, NDArray } from '@sextant/engine';
import { type Image, toPlanes } from '@sextant/image/web';
import { squared } from '../squared.js';

/** Values from -1 to 1. */
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** A picture as networks here take it [3, S, S]: its middle square. */
export const planesOf = (image: Image, size: number): NDArray<'float32'> =>
  array(toPlanes(squared(image, size), NORMALIZATION), { shape: [3, size, size] });

/** Pictures that go through a network at once. */
const BATCH = 64;

/** Pictures of any size in batches [n, 3, S, S]. */
export function* batchesOf(images: readonly Image[], size: number): Generator<NDArray<'float32'>> {
  const each = 3 * size * size;
  for (let from = 0; from < images.length; from += BATCH) {
    const part = images.slice(from, from + BATCH);
    const planes = new Float32Array(part.length * each);
    for (const [i, image] of part.entries()) planes.set(planesOf(image, size).data, i * each);
    yield new NDArray(planes, [part.length, 3, size, size], 'float32');
  }
}
