/**
 * @module Structural similarity (Wang et al., 2004), with the authors' window and constants (section 6).
 */
import {
  add,
  constant,
  conv2d,
  div,
  mean,
  mul,
  NDArray,
  reshape,
  square,
  sub,
  type Tensor,
} from '@sextant/engine';

export interface SsimOptions {
  /** Rows and columns of the window (11). */
  readonly window?: number;
  /** Of the Gaussian that weighs it (1.5). */
  readonly sigma?: number;
  /** Added to products of means (1e-4: for pictures in [0, 1], though the authors compare those in [-1, 1]). */
  readonly c1?: number;
  /** Added to variances (9e-4). */
  readonly c2?: number;
}

/** How alike pictures x and y [N, C, H, W] are: 1 where they are equal. @returns [N] */
export function ssim(x: Tensor, y: Tensor, options: SsimOptions = {}): Tensor {
  const { window = 11, sigma = 1.5, c1 = 1e-4, c2 = 9e-4 } = options;
  const weights = gaussian(window, sigma);
  const [mx, my] = [blurred(x, weights), blurred(y, weights)];
  const [xx, yy, xy] = [square(mx), square(my), mul(mx, my)];
  const varianceX = sub(blurred(square(x), weights), xx);
  const varianceY = sub(blurred(square(y), weights), yy);
  const covariance = sub(blurred(mul(x, y), weights), xy);
  const likeness = mul(add(mul(xy, 2), c1), add(mul(covariance, 2), c2));
  const most = mul(add(add(xx, yy), c1), add(add(varianceX, varianceY), c2));
  return mean(div(likeness, most), { axes: [1, 2, 3] });
}

/** Weights that sum to 1. */
function gaussian(size: number, sigma: number): number[] {
  const middle = Math.floor(size / 2);
  const heights = Array.from({ length: size }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * sigma ** 2)));
  const sum = heights.reduce((a, b) => a + b, 0);
  return heights.map((h) => h / sum);
}

/** x [N, C, H, W] smoothed along both axes; outside are zeros. */
function blurred(x: Tensor, weights: readonly number[]): Tensor {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  const size = weights.length;
  const kernel = (shape: readonly number[]) =>
    constant(new NDArray(Float32Array.from(weights), shape, 'float32'));
  const pad = size >> 1;
  const flat = reshape(x, [n * c, 1, height, width]);
  const rows = conv2d(flat, kernel([1, 1, size, 1]), { padding: [pad, 0] });
  return reshape(conv2d(rows, kernel([1, 1, 1, size]), { padding: [0, pad] }), x.shape);
}
