/**
 * @module Latents: w [N, dim] of the mapping network, and w+ [N, rows, dim] with a row for each layer that has a style.
 */
import {
  add,
  arange,
  asTensor,
  broadcastTo,
  expandDims,
  foldIn,
  less,
  mul,
  randomNormal,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@sextant/engine';

/** w drawn towards the mean: mean + psi (w - mean), for psi < 1. */
export const truncate = (w: TensorLike, mean: TensorLike, psi: number): Tensor =>
  psi < 1 ? add(mean, mul(sub(w, mean), psi)) : asTensor(w);

/** The same w in all rows: [N, dim] → [N, rows, dim]. */
export function repeatRows(w: TensorLike, rows: number): Tensor {
  const t = asTensor(w);
  return broadcastTo(expandDims(t, 1), [t.shape[0]!, rows, t.shape[1]!]);
}

/**
 * Style mixing: the first rows from one w, the others from another.
 *
 * @param count - how many the first ones are; an integer, which may be drawn in the program.
 */
export function mixRows(w1: TensorLike, w2: TensorLike, count: TensorLike, rows: number): Tensor {
  const first = expandDims(less(arange(rows), count), 1);
  return where(first, expandDims(asTensor(w1), 1), expandDims(asTensor(w2), 1));
}

/** Noise pictures of given sizes, [n, 1, size, size] each. */
export const randomNoise = (key: TensorLike, n: number, sizes: readonly number[]): Tensor[] =>
  sizes.map((size, i) => randomNormal(foldIn(key, i), [n, 1, size, size]));
