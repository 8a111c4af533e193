/**
 * @module Pooling: the largest element or the average of each window, over one, two or three spatial axes.
 *
 * Layouts are PyTorch's: x `[N, C, ...spatial]`. Windows that would stand out beyond the (padded) end are
 * left out; unequal padding `[before, after]` can make room for them (PyTorch's `ceil_mode`).
 */
import {
  addDims,
  ceilDivDim,
  type Dim,
  isStatic,
  mulDims,
  type Shape,
  sameDim,
  shapeText,
  sizeOfShape,
  subDims,
} from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type NDArray, zeros } from '../ndarray.js';
import { apply, asTensor, constant, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { add, div, equal, mul, where } from './elementwise.js';
import { scatterAdd } from './indexing.js';
import { mean } from './reduce.js';
import { matmulAlong, resize } from './resample.js';
import { arange, dimTensor, full, reshape, zerosLike } from './shape.js';
import { pad, padAxis, slice, stack } from './slicing.js';
import {
  expectSpatial,
  type Padding,
  type PerAxis,
  perAxis,
  type WindowAttrs,
  windowAttrs,
  windowCounts,
} from './windows.js';

interface PoolOptions {
  /** Distance of neighbouring windows; the kernel's size by default. */
  readonly stride?: PerAxis;
  /** Elements added at both ends; `[before, after]` pairs for unequal ends. Smaller than the kernel. */
  readonly padding?: Padding;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance of neighbouring elements of a window. */
  readonly dilation?: PerAxis;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as zeros in the average (the default) or is left out of it. */
  readonly countIncludePad?: boolean;
}

/** Geometry of the windows: one entry per spatial axis. */
interface PoolAttrs extends WindowAttrs {
  readonly kernel: readonly number[];
}

function poolAttrs(op: string, x: Tensor, axes: number, size: PerAxis, options: MaxPoolOptions): PoolAttrs {
  expectSpatial(op, x, axes);
  const kernel = perAxis(op, 'kernel', size, axes);
  const { stride = kernel, padding = 0, dilation = 1 } = options;
  const windows = windowAttrs(op, axes, { stride, padding, dilation });
  if (windows.padding.some((ends, i) => ends.some((p) => p >= kernel[i]!))) {
    throw new TensorError(
      op,
      `padding ${JSON.stringify(padding)} does not fit the kernel [${kernel}]: it must be smaller`,
    );
  }
  return { kernel, ...windows };
}

/** x's shape with the number of windows in place of each spatial size. */
const pooledShape = (op: string, { shape }: Tensor, attrs: PoolAttrs): readonly Dim[] => [
  ...shape.slice(0, 2),
  ...windowCounts(op, shape.slice(2), attrs.kernel, attrs),
];

const onnxAttributes = ({ kernel, stride, padding }: PoolAttrs) => ({
  kernel_shape: kernel,
  strides: stride,
  pads: [...padding.map(([before]) => before), ...padding.map(([, after]) => after)],
});

// ---------------------------------------------------------------------------------------------------------
// The largest element

const maxPoolOp: Op<PoolAttrs> = {
  name: 'maxPool',
  infer: ([x], attrs) => [{ dtype: x!.dtype, shape: pooledShape('maxPool', x!, attrs) }],
  vjp: ([g], { inputs: [x], attrs }) => {
    if (!g) return [undefined];
    const places = reshape(apply(maxPlacesOp, [x!], attrs), [-1]);
    const flat = scatterAdd(full([sizeOfShape(x!.shape)], zeroOf(x!)), places, reshape(g, [-1]), 0);
    return [reshape(flat, x!.shape)];
  },
  lower: (l, node) =>
    l.node('MaxPool', l.inputs(node), { ...onnxAttributes(node.attrs), dilations: node.attrs.dilation }),
};

const zeroOf = ({ dtype }: Tensor): Tensor => constant(array(0, { dtype }));

/**
 * Where in x (all axes merged) each window's first largest element is. An operation of its own: the fast
 * MaxPool does not tell.
 */
const maxPlacesOp: Op<PoolAttrs> = {
  name: 'maxPlaces',
  infer: ([x], attrs) => [{ dtype: 'int32', shape: pooledShape('maxPlaces', x!, attrs) }],
  vjp: null,
  lower: (l, node) => {
    if (l.device === 'webgpu') {
      // WebGPU's MaxPool gives no indices.
      const places = placesByComparison(node.inputs[0]!, node.attrs);
      l.lower([places]);
      return l.value(places);
    }
    const attributes = { ...onnxAttributes(node.attrs), dilations: node.attrs.dilation };
    const [, places] = l.nodes('MaxPool', l.inputs(node), attributes, { outputs: 2 });
    return l.cast(places!, 'int32');
  },
};

/** The places of the maxima, found by comparing each element of the windows with the maximum. */
function placesByComparison(x: Tensor, attrs: PoolAttrs): Tensor {
  const { kernel, stride, padding, dilation } = attrs;
  const [n, c, ...size] = x.shape as [Dim, Dim, ...Dim[]];
  const largest = apply(maxPoolOp, [x], attrs);
  const image = sizeOfShape(size);
  const elements = pad(x, padding, { value: Number.NEGATIVE_INFINITY });
  const places = pad(reshape(arange(image), [1, 1, ...size]), padding);
  /** The elements at one position of every window. */
  const at = (t: Tensor, position: readonly number[]): Tensor =>
    position.reduce((rest, p, i) => {
      const start = p * dilation[i]!;
      const stop = addDims(start, mulDims(subDims(largest.shape[i + 2]!, 1), stride[i]!), 1);
      return slice(rest, i + 2, start, stop, stride[i]!);
    }, t);
  const positions = kernel.reduce<readonly (readonly number[])[]>(
    (sofar, k) => sofar.flatMap((p) => Array.from({ length: k }, (_, t) => [...p, t])),
    [[]],
  );
  // Compared last, the first position wins.
  const [last, ...earlier] = positions.toReversed();
  const within = earlier.reduce(
    (sofar, p) => where(equal(at(elements, p), largest), at(places, p), sofar),
    at(places, last!),
  );
  const images = reshape(mul(arange(mulDims(n, c)), dimTensor(image)), [n, c, ...kernel.map(() => 1)]);
  return add(within, images);
}

function maxPool(op: string, axes: number) {
  return (x: TensorLike, kernel: PerAxis, options: MaxPoolOptions = {}): Tensor => {
    const t = asTensor(x);
    return apply(maxPoolOp, [t], poolAttrs(op, t, axes, kernel, options));
  };
}

/**
 * The largest element of each window: `[N, C, L]` → `[N, C, floor((L + padding - reach) / stride) + 1]`, with
 * padding that of both ends and reach = dilation · (kernel - 1) + 1. Padding never is the largest. Of equal
 * elements the first receives the gradient.
 *
 * @throws TensorError when the input is not `[N, C, L]` or no window fits.
 */
export const maxPool1d = maxPool('maxPool1d', 1);
/** As {@link maxPool1d}, for `[N, C, H, W]`. */
export const maxPool2d = maxPool('maxPool2d', 2);
/** As {@link maxPool1d}, for `[N, C, D, H, W]`. */
export const maxPool3d = maxPool('maxPool3d', 3);

// ---------------------------------------------------------------------------------------------------------
// The average

/** The average of each window, padding counted as zeros. */
const avgPoolOp: Op<PoolAttrs> = {
  name: 'avgPool',
  infer: ([x], attrs) => [{ dtype: x!.dtype, shape: pooledShape('avgPool', x!, attrs) }],
  vjp: ([g], { inputs: [x], attrs }) => [g && spreadWindows(g, x!.shape.slice(2), attrs)],
  lower: (l, node) =>
    l.node('AveragePool', l.inputs(node), { ...onnxAttributes(node.attrs), count_include_pad: 1 }),
};

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** The adjoint of averaging: each element receives its share of every window that it lies in. */
function spreadWindows(g: Tensor, size: readonly Dim[], { kernel, stride, padding }: PoolAttrs): Tensor {
  const share = div(g, product(kernel));
  const tiled = kernel.every((k, i) => k === stride[i] && sameDim(size[i]!, mulDims(g.shape[i + 2]!, k)));
  if (tiled) return resize(share, { scale: kernel });
  return kernel.reduce((t, k, i) => spreadAxis(t, i + 2, size[i]!, k, stride[i]!, padding[i]![0]), share);
}

/**
 * Along one axis, position p of the result is Σ g[o] over the windows o that contain it, those with
 * o · stride ≤ p + before < o · stride + kernel.
 *
 * With p + before = q · stride + r these are the windows q, q - 1, … : ⌈kernel / stride⌉ of them where
 * r < kernel mod stride, ⌊kernel / stride⌋ elsewhere. So two sums of shifted copies, interleaved, are all.
 */
function spreadAxis(
  g: Tensor,
  axis: number,
  size: Dim,
  kernel: number,
  stride: number,
  before: number,
): Tensor {
  const most = Math.ceil(kernel / stride);
  const least = Math.floor(kernel / stride);
  const length = ceilDivDim(addDims(size, before), stride);
  const widened = padAxis(g, axis, most - 1, most);
  const shifted = (by: number) => slice(widened, axis, most - 1 - by, addDims(length, most - 1 - by));
  const copies = Array.from({ length: most }, (_, by) => shifted(by));
  const sum = (count: number) =>
    count === 0 ? zerosLike(copies[0]!) : copies.slice(1, count).reduce<Tensor>(add, copies[0]!);
  const [fewer, more] = [sum(least), sum(most)];
  const phases = Array.from({ length: stride }, (_, r) => (r < kernel % stride ? more : fewer));
  const spread = reshape(
    stack(phases, axis + 1),
    g.shape.map((d, i) => (i === axis ? mulDims(length, stride) : d)),
  );
  return slice(spread, axis, before, addDims(size, before));
}

function avgPool(op: string, axes: number) {
  return (x: TensorLike, kernel: PerAxis, options: AvgPoolOptions = {}): Tensor => {
    const t = asTensor(x);
    const attrs = poolAttrs(op, t, axes, kernel, options);
    const average = apply(avgPoolOp, [t], attrs);
    const padded = attrs.padding.some((ends) => ends.some((p) => p > 0));
    if (options.countIncludePad !== false || !padded) return average;
    // The share of each window that is not padding: the average of ones.
    const one = constant(array(1, { dtype: t.dtype }));
    return div(average, apply(avgPoolOp, [full([1, 1, ...t.shape.slice(2)], one)], attrs));
  };
}

/**
 * The average of each window: `[N, C, L]` → `[N, C, floor((L + padding - kernel) / stride) + 1]`, with
 * padding that of both ends.
 *
 * @throws TensorError when the input is not `[N, C, L]` or no window fits.
 */
export const avgPool1d = avgPool('avgPool1d', 1);
/** As {@link avgPool1d}, for `[N, C, H, W]`. */
export const avgPool2d = avgPool('avgPool2d', 2);
/** As {@link avgPool1d}, for `[N, C, D, H, W]`. */
export const avgPool3d = avgPool('avgPool3d', 3);

/** The average of each channel: `[N, C, ...spatial]` → `[N, C]`. */
export function globalAvgPool(x: TensorLike): Tensor {
  const t = asTensor(x);
  if (t.rank < 3)
    throw new TensorError('globalAvgPool', `input ${shapeText(t.shape)} is not [N, C, ...spatial]`);
  return mean(t, { axes: t.shape.slice(2).map((_, i) => i + 2) });
}

/** Averaging as a matrix `[to, from]`: row r covers elements ⌊r · from / to⌋ to ⌈(r + 1) · from / to⌉ - 1. */
function averagingMatrix(from: number, to: number): NDArray<'float64'> {
  const matrix = zeros([to, from], 'float64');
  for (let r = 0; r < to; r++) {
    const start = Math.floor((r * from) / to);
    const stop = Math.ceil(((r + 1) * from) / to);
    matrix.data.fill(1 / (stop - start), r * from + start, r * from + stop);
  }
  return matrix;
}

function adaptiveAvgPool(op: string, axes: number) {
  return (x: TensorLike, size: PerAxis): Tensor => {
    const t = asTensor(x);
    expectSpatial(op, t, axes);
    const to = perAxis(op, 'size', size, axes);
    const from: Shape = t.shape.slice(2);
    if (!isStatic(from)) {
      throw new TensorError(
        op,
        `input ${shapeText(t.shape)} has symbolic sizes: only globalAvgPool takes them`,
      );
    }
    return from.reduce<Tensor>(
      (y, n, i) => (n === to[i] ? y : matmulAlong(y, averagingMatrix(n, to[i]!), i + 2)),
      t,
    );
  };
}

/**
 * Averages that make an axis of any size: `[N, C, L]` → `[N, C, size]`, element r the mean of x's elements
 * ⌊r · L / size⌋ to ⌈(r + 1) · L / size⌉ - 1. Where size > L these repeat or blend elements.
 *
 * @throws TensorError for a symbolic L, and when the input is not `[N, C, L]`.
 */
export const adaptiveAvgPool1d = adaptiveAvgPool('adaptiveAvgPool1d', 1);
/** As {@link adaptiveAvgPool1d}, for `[N, C, H, W]`. */
export const adaptiveAvgPool2d = adaptiveAvgPool('adaptiveAvgPool2d', 2);
/** As {@link adaptiveAvgPool1d}, for `[N, C, D, H, W]`. */
export const adaptiveAvgPool3d = adaptiveAvgPool('adaptiveAvgPool3d', 3);
