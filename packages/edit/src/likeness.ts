/**
 * @module How far pictures are from each other, in their pixels and in what an estimator sees.
 */
import { add, avgPool2d, div, mean, square, sub, type Tensor } from '@sextant/engine';
import type { Estimator } from './estimator/model.js';

/** Sides that pixels are averaged over before they are compared. */
const SCALES = [1, 2, 4];

/** Mean square of each item [N] of [N, C, H, W]. */
const energy = (x: Tensor): Tensor => mean(square(x), { axes: [1, 2, 3] });

const meanOf = (parts: readonly Tensor[]): Tensor =>
  div(
    parts.reduce((a, b) => add(a, b)),
    parts.length,
  );

/** Mean squared differences [N] of the pixels of pictures [N, 3, S, S]. */
export const pixelDistance = (a: Tensor, b: Tensor): Tensor => energy(sub(a, b));

/** The same, mean over pictures of three sizes. */
export function multiScaleDistance(a: Tensor, b: Tensor): Tensor {
  const apart = sub(a, b);
  return meanOf(SCALES.map((k) => energy(k === 1 ? apart : avgPool2d(apart, k))));
}

/**
 * Mean squared differences [N] of the feature maps of an estimator, which stands for a perceptual network: each relative to the size
 * of the second picture's, mean over stages.
 */
export function seenDistance(estimator: Estimator, a: Tensor, b: Tensor): Tensor {
  const ofB = estimator.features(b);
  return meanOf(
    estimator.features(a).map((x, i) => div(energy(sub(x, ofB[i]!)), add(energy(ofB[i]!), 1e-6))),
  );
}
