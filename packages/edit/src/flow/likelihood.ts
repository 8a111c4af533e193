/**
 * @module The flow's loss (section 3).
 */
import { add, mean, mul, square, sub, sum, type Tensor } from '@sextant/engine';

/**
 * Negative log likelihood of images, in nats, mean over the batch: -Σ over rows of log N(z; 0, I) - l.
 *
 * @param z - [B, N, D]
 * @param l - [B, N, 1]
 */
export const negativeLogLikelihood = (z: Tensor, l: Tensor): Tensor =>
  mean(imagesNegativeLogLikelihood(z, l));

/** The same for each image [B]. */
export function imagesNegativeLogLikelihood(z: Tensor, l: Tensor): Tensor {
  const [, rows, dimension] = z.shape as [number, number, number];
  return add(imagesHalfSquares(z, l), 0.5 * rows * dimension * Math.log(2 * Math.PI));
}

/** {@link negativeLogLikelihood} but for the normal's constant. */
export const halfSquares = (z: Tensor, l: Tensor): Tensor => mean(imagesHalfSquares(z, l));

const imagesHalfSquares = (z: Tensor, l: Tensor): Tensor =>
  add(mul(sum(square(z), { axes: [1, 2] }), 0.5), sum(l, { axes: [1, 2] }));

/** Σ log N(z; 0, I) by image with the authors' constant, which they add to each of the D numbers [B, 1]. */
export function authorsLogDensity(z: Tensor): Tensor {
  const dimension = z.shape[2] as number;
  const each = sub(-0.5 * dimension * Math.log(2 * Math.PI), mul(square(z), 0.5));
  return sum(sum(each, { axes: [2] }), { axes: [1], keepDims: true });
}
