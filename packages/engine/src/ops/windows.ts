/**
 * @module Windows that slide along the spatial axes of `[N, C, ...spatial]`: what convolutions and pooling are
 * told of them, checked, and how many there are.
 */
import { addDims, type Dim, floorDivDim, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Elements added at both ends of each spatial axis; `[before, after]` pairs for unequal ends. */
export type Padding = PerAxis | readonly (readonly [number, number])[];

/** Where windows lie: one entry per spatial axis. */
export interface WindowAttrs {
  /** Distance of neighbouring windows. */
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  /** Distance of neighbouring elements of a window. */
  readonly dilation: readonly number[];
}

/** Sees to it that x is `[N, C, ...]` with so many spatial axes. @throws TensorError otherwise. */
export function expectSpatial(op: string, x: Tensor, axes: number): void {
  if (x.rank === axes + 2) return;
  const wanted = `[N, C, …] with ${axes} spatial ${axes === 1 ? 'axis' : 'axes'}`;
  throw new TensorError(op, `input ${shapeText(x.shape)} is not ${wanted}`);
}

/** A whole number of at least `least` for each spatial axis. @throws TensorError for anything else. */
export function perAxis(
  op: string,
  what: string,
  value: PerAxis,
  axes: number,
  least = 1,
): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(axes).fill(value) : value;
  if (list.length !== axes || !list.every((n) => Number.isInteger(n) && n >= least)) {
    throw new TensorError(
      op,
      `${what} ${JSON.stringify(value)} is not a whole number ≥ ${least}, or one for each of ${axes} spatial axes`,
    );
  }
  return list;
}

/** Stride, padding and dilation of windows. @throws TensorError for what is no such thing. */
export function windowAttrs(
  op: string,
  axes: number,
  { stride, padding, dilation }: { stride: PerAxis; padding: Padding; dilation: PerAxis },
): WindowAttrs {
  return {
    stride: perAxis(op, 'stride', stride, axes),
    padding: paddingPairs(op, padding, axes),
    dilation: perAxis(op, 'dilation', dilation, axes),
  };
}

function paddingPairs(op: string, padding: Padding, axes: number): readonly (readonly [number, number])[] {
  const list = typeof padding === 'number' ? new Array<number>(axes).fill(padding) : padding;
  const pairs = list.map((ends) => (typeof ends === 'number' ? ([ends, ends] as const) : ends));
  const fits = pairs.every((ends) => ends.length === 2 && ends.every((p) => Number.isInteger(p) && p >= 0));
  if (pairs.length !== axes || !fits) {
    throw new TensorError(
      op,
      `padding ${JSON.stringify(padding)} is not a whole number ≥ 0, or one or [before, after] for each of ${axes} spatial axes`,
    );
  }
  return pairs;
}

/** How many windows of a kernel lie along each axis. @throws TensorError when none fits. */
export function windowCounts(
  op: string,
  sizes: readonly Dim[],
  kernel: readonly number[],
  { stride, padding, dilation }: WindowAttrs,
): readonly Dim[] {
  return sizes.map((size, i) => {
    const reach = dilation[i]! * (kernel[i]! - 1) + 1;
    const padded = addDims(size, ...padding[i]!);
    if (typeof padded === 'number' && padded < reach) {
      throw new TensorError(op, `a window of ${reach} does not fit into ${padded} (padding included)`);
    }
    return addDims(floorDivDim(subDims(padded, reach), stride[i]!), 1);
  });
}
