/**
 * @module Limits on gradients.
 */
import {
  add,
  cast,
  clamp,
  div,
  minimum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  TensorError,
} from '@sextant/engine';

/** √Σ g² over all elements of all tensors: a float32 scalar. @throws TensorError when there is none. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  if (tensors.length === 0) throw new TensorError('globalNorm', 'needs at least one tensor');
  return sqrt(tensors.map((t) => cast(sum(square(t)), 'float32')).reduce((a, b) => add(a, b)));
}

/**
 * Scales all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that their global norm stays
 * within `maxNorm`. PyTorch's `clip_grad_norm_`; {@link globalNorm} of the same gradients costs nothing more.
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], maxNorm: number): Tensor[] {
  const factor = minimum(div(maxNorm, add(globalNorm(gradients), 1e-6)), 1);
  return gradients.map((g) => mul(g, cast(factor, g.dtype)));
}

/**
 * Scales each gradient by a factor of its own, min(1, maxNorm / (norm + 1e-6)), so that the norm of none
 * exceeds `maxNorm`.
 */
export const clipByNorm = (gradients: readonly Tensor[], maxNorm: number): Tensor[] =>
  gradients.flatMap((g) => clipByGlobalNorm([g], maxNorm));

/** Limits every element to [-limit, limit]. */
export const clipByValue = (gradients: readonly Tensor[], limit: number): Tensor[] =>
  gradients.map((g) => clamp(g, -limit, limit));
