/**
 * @module What the neural methods are trained on, and by: windows of series, and the Gaussian likelihood.
 */
import {
  add,
  asTensor,
  div,
  log,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';

/** Windows of B series and L steps, in units of each window's scale (section 4.2). */
export interface WindowBatch {
  /** [B, L]: at each step the value before it, 0 at the first: what an autoregressive network reads. */
  readonly values: Tensor;
  /** [B, L, C] */
  readonly covariates: Tensor;
  /** [B, L]: the values themselves; any number where `weight` is 0. */
  readonly target: Tensor;
  /** [B, L]: 1 where the target counts, 0 where it is missing or does not count. */
  readonly weight: Tensor;
  /** [B], int32: which series a window is of. */
  readonly series: Tensor;
}

/** Gaussians: means and standard deviations. */
export interface Gaussian {
  readonly mu: Tensor;
  readonly sigma: Tensor;
}

/** -log N(z; μ, σ²) = ½ log 2π + log σ + (z - μ)² / 2σ² (section 3), by element. */
export const gaussianNll = (mu: Tensor, sigma: Tensor, z: TensorLike): Tensor =>
  add(add(log(sigma), mul(square(div(sub(z, mu), sigma)), 0.5)), 0.5 * Math.log(2 * Math.PI));

/** Σ w x / Σ w. */
export const weightedMean = (x: Tensor, weight: TensorLike): Tensor =>
  div(sum(mul(x, weight)), sum(asTensor(weight)));
