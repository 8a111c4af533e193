/**
 * @module What a family of operations is to the comparisons between devices, and small arrays for it.
 */
import { concat, type NDArray, reshape, type Tensor } from '../../src/index.js';
import { type RandomArrayOptions, randomArray } from '../../src/testing.js';

/** An operation at work: a function of tensors, and arrays to call it on. */
export type Case = readonly [fn: (...inputs: Tensor[]) => Tensor, ...inputs: NDArray[]];

/** Cases by the name of the operation that each stands for. */
export type Family = Readonly<Record<string, Case>>;

let seed = 0;
/** float32 numbers in [-2, 2), or between other bounds; different ones at each call. */
export const random = (shape: readonly number[], options: RandomArrayOptions = {}): NDArray =>
  randomArray(shape, { low: -2, high: 2, dtype: 'float32', seed: ++seed, ...options });

export const positive = (shape: readonly number[]): NDArray => random(shape, { low: 0.3, high: 2 });

/** Several results as one vector. */
export const all = (...ts: Tensor[]): Tensor => concat(ts.map((t) => reshape(t, [-1])));
