/**
 * @module Pictures as networks take them.
 */
import { array, type NDArray } from '@sextant/engine';
import { type Image, resize, toPlanes } from '@sextant/image/web';

/** Values from -1 to 1. */
const NORMALIZATION = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** A picture as networks here take it [3, S, S]. One of another size is resized, whatever its shape. */
export function planesOf(image: Image, size: number): NDArray<'float32'> {
  const fitting =
    image.width === size && image.height === size ? image : resize(image, size, size, 'bilinear');
  return array(toPlanes(fitting, NORMALIZATION), { shape: [3, size, size] });
}
