/**
 * @module Checks of gradients against central differences, for this package's tests and those of packages
 * that define operations or layers.
 */
import { grad } from './autodiff.js';
import { isStatic } from './dim.js';
import { type DType, isFloat, NDArray, zeros } from './ndarray.js';
import { mul } from './ops/elementwise.js';
import { sum } from './ops/reduce.js';
import { reshape } from './ops/shape.js';
import { concat } from './ops/slicing.js';
import { program } from './program.js';
import { constant, type Tensor } from './tensor.js';

/** A small generator of repeatable numbers (mulberry32); for tests only. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface RandomArrayOptions {
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: DType;
  readonly seed?: number;
}

/** Uniform numbers in [low, high), the same for the same seed. */
export function randomArray(
  shape: readonly number[],
  { low = -1, high = 1, dtype = 'float64', seed = 1 }: RandomArrayOptions = {},
): NDArray {
  const random = seededRandom(seed * 7919 + shape.length);
  const result = zeros(shape, dtype);
  const data = result.data as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random();
  return result;
}

/** What {@link checkGradients} has found right so far: checks of first and second order, single derivatives. */
export const tally = { first: 0, second: 0, derivatives: 0 };

export interface GradientCheckOptions {
  /** Also check the gradients' gradients. */
  readonly second?: boolean;
  /** Half the distance of the two points of a central difference. */
  readonly step?: number;
  /** Largest difference allowed, relative to the larger of 1 and the gradient's largest element. */
  readonly tolerance?: number;
}

/** What a check found: the number of derivatives compared and the largest relative difference. */
export interface GradientCheck {
  readonly compared: number;
  readonly worst: number;
}

/**
 * Compares gradients of Σ w·fn(inputs), w fixed random weights, with central differences in every element
 * of every floating-point input.
 *
 * Inputs in float64 (the default of {@link randomArray}) allow a sharp tolerance; operations that ONNX
 * Runtime lacks in float64 are checked in float32 with a wider one.
 *
 * @throws Error naming the input, the element and both values of the worst disagreement.
 */
export async function checkGradients(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NDArray[],
  options: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const single = inputs.some((a) => a.dtype === 'float32');
  const { second = false, step = single ? 1e-2 : 1e-5, tolerance = single ? 2e-3 : 1e-7 } = options;
  const first = await compare(fn, inputs, step, tolerance, 'gradient');
  tally.first++;
  tally.derivatives += first.compared;
  if (!second) return first;
  const gradients = (...xs: Tensor[]): Tensor => {
    const by = xs.filter((x) => isFloat(x.dtype));
    return concat(grad(weighted(fn(...xs)), by, { allowUnused: true }).map((g) => reshape(g, [-1])));
  };
  const again = await compare(gradients, inputs, step, tolerance * 10, 'second-order gradient');
  tally.second++;
  tally.derivatives += again.compared;
  return { compared: first.compared + again.compared, worst: Math.max(first.worst, again.worst) };
}

/** Σ w·y with weights that give every element its own part. */
function weighted(y: Tensor): Tensor {
  if (!isStatic(y.shape)) throw new Error('checkGradients: the function must have a static output shape');
  return sum(mul(y, constant(randomArray(y.shape, { low: 0.5, high: 1.5, dtype: y.dtype, seed: 99 }))));
}

async function compare(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly NDArray[],
  step: number,
  tolerance: number,
  what: string,
): Promise<GradientCheck> {
  const by = inputs.flatMap((a, i) => (isFloat(a.dtype) ? [i] : []));
  const value = program((...xs: Tensor[]) => weighted(fn(...xs)));
  const gradient = program((...xs: Tensor[]) =>
    grad(
      weighted(fn(...xs)),
      by.map((i) => xs[i]!),
      { allowUnused: true },
    ),
  );
  const analytic = await gradient(...inputs);
  let worst = 0;
  let compared = 0;
  for (const [k, i] of by.entries()) {
    const g = analytic[k]!.data as Float64Array;
    const scale = g.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
    for (let j = 0; j < g.length; j++) {
      const at = async (offset: number) => {
        const moved = inputs.map((a, n) =>
          n === i ? new NDArray(a.data.slice() as never, a.shape, a.dtype) : a,
        );
        (moved[i]!.data as Float64Array)[j]! += offset;
        return (await value(...moved)).item();
      };
      const numeric = ((await at(step)) - (await at(-step))) / (2 * step);
      const error = Math.abs(numeric - g[j]!) / scale;
      if (!(error <= tolerance)) {
        throw new Error(`${what} by input ${i}, element ${j}: ${g[j]} recorded, ${numeric} by differences`);
      }
      worst = Math.max(worst, error);
      compared++;
    }
  }
  await value.release();
  await gradient.release();
  return { compared, worst };
}

/** Runs a function of tensors once on arrays and returns its result. */
export async function evaluate(
  fn: (...inputs: Tensor[]) => Tensor,
  ...inputs: readonly NDArray[]
): Promise<NDArray> {
  const once = program(fn);
  const result = await once(...inputs);
  await once.release();
  return result as NDArray;
}
