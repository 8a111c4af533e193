/**
 * @module Reductions along axes.
 */
import { addDims, type Dim, mulDims, type Shape, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, isFloat } from '../ndarray.js';
import { apply, asTensor, normalizeAxis, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { add, div, equal, mul, sub, where } from './elementwise.js';
import { cast, exp, log, square } from './functions.js';
import { stopGradient } from './gradient.js';
import { broadcastTo, dimTensor, reshape, transpose } from './shape.js';
import { flip, padAxis, slice } from './slicing.js';

/** Which axes to reduce; all by default. Negative axes count from the end. */
export type Axes = number | readonly number[];

export interface ReduceOptions {
  readonly axes?: Axes;
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean;
}

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function normalizeAxes(op: string, x: Tensor, axes: Axes | undefined): readonly number[] {
  if (axes === undefined) return x.shape.map((_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis(op, a, x.rank));
  if (new Set(list).size !== list.length) throw new TensorError(op, `axes ${list} repeat`);
  return [...list].sort((a, b) => a - b);
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): Shape {
  return keepDims
    ? shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : shape.filter((_, i) => !axes.includes(i));
}

/** `t`, a reduction's result or gradient, with the reduced axes back as size 1. */
const unreduced = (t: Tensor, x: Tensor, { axes }: ReduceAttrs): Tensor =>
  reshape(t, reducedShape(x.shape, { axes, keepDims: true }));

interface Reduction {
  readonly name: string;
  readonly onnx: string;
  /** The value over no elements, where ONNX Runtime's is another. */
  readonly ofNothing?: number;
  readonly floatOnly?: boolean;
  readonly grad: (g: Tensor, x: Tensor, y: Tensor, attrs: ReduceAttrs) => Tensor;
}

/**
 * Axes of [N, C/b, H, W, b] to reduce one after the other, for which ONNX Runtime has fast kernels. Order matters to
 * none of the reductions.
 *
 * @returns undefined for other axes than all positions, all channels and the batch.
 */
function blockedSteps(rank: number, axes: readonly number[]): readonly (readonly number[])[] | undefined {
  const [batch, channels] = [axes.includes(0), axes.includes(1)];
  const positions = axes.filter((a) => a > 1).length;
  if (positions === 0) return channels && !batch ? [[4], [1]] : undefined;
  if (positions < rank - 2) return undefined;
  if (channels) return batch ? [[0, 1, 2, 3, 4]] : [[1, 2, 3, 4]];
  return batch ? [[2, 3], [0]] : [[2, 3]];
}

function reduction({
  name,
  onnx,
  ofNothing,
  floatOnly,
  grad,
}: Reduction): (x: TensorLike, options?: ReduceOptions) => Tensor {
  const op: Op<ReduceAttrs> = {
    name,
    infer: ([x], attrs) => [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attrs) }],
    simplify: ([x], attrs) => {
      const shape = reducedShape(x!.shape, attrs);
      if (attrs.axes.every((a) => x!.shape[a] === 1)) return reshape(x!, shape);
      if (ofNothing === undefined || !isFloat(x!.dtype) || !attrs.axes.some((a) => x!.shape[a] === 0)) return;
      return broadcastTo(cast(ofNothing, x!.dtype), shape);
    },
    vjp: ([g], { inputs, outputs, attrs }) => [
      g &&
        grad(unreduced(g, inputs[0]!, attrs), inputs[0]!, unreduced(outputs[0]!, inputs[0]!, attrs), attrs),
    ],
    lower: (l, node) => {
      const [x] = node.inputs as [Tensor];
      const { axes, keepDims } = node.attrs;
      const steps = l.blocked?.has(x) ? blockedSteps(x.rank, axes) : undefined;
      if (l.blocked && steps) {
        const over = (y: string, along: readonly number[]) =>
          l.node(onnx, [y, l.ints(along)], { keepdims: 0 });
        return l.reshape(steps.reduce(over, l.blocked.unfold(x)), node.outputs[0]!.shape);
      }
      return l.node(onnx, [...l.inputs(node), l.ints(axes)], { keepdims: keepDims ? 1 : 0 });
    },
  };
  return (x, { axes, keepDims = false } = {}) => {
    const t = asTensor(x);
    if (floatOnly) expectFloat(name, t);
    return apply(op, [t], { axes: normalizeAxes(name, t, axes), keepDims });
  };
}

function expectFloat(op: string, x: Tensor): void {
  if (!isFloat(x.dtype)) {
    throw new TensorError(op, `is not defined for ${x.dtype}: cast it to float32 first`);
  }
}

/** Gradient of an extremum: shared equally among the elements that attain it (as JAX and PyTorch's amax). */
const extremumGrad = (g: Tensor, x: Tensor, y: Tensor, { axes }: ReduceAttrs): Tensor => {
  const attained = cast(equal(x, y), x.dtype);
  return mul(attained, div(g, sum(attained, { axes, keepDims: true })));
};

/** Σ x. */
export const sum = reduction({ name: 'sum', onnx: 'ReduceSum', grad: (g, x) => broadcastTo(g, x.shape) });
/** The largest element. */
export const max = reduction({ name: 'max', onnx: 'ReduceMax', grad: extremumGrad });
/** The smallest element. */
export const min = reduction({ name: 'min', onnx: 'ReduceMin', grad: extremumGrad });

/**
 * Π x. Exact gradients also where elements are 0: it is multiplied out pair by pair.
 *
 * @throws TensorError when the reduced axes have symbolic sizes or no elements.
 */
export function prod(x: TensorLike, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const t = asTensor(x);
  const along = normalizeAxes('prod', t, axes);
  const kept = t.shape.flatMap((_, i) => (along.includes(i) ? [] : [i]));
  const count = mulDims(...along.map((i) => t.shape[i]!));
  if (typeof count !== 'number' || count === 0) {
    throw new TensorError('prod', `axes ${along} of ${shapeText(t.shape)} need fixed sizes other than 0`);
  }
  let rest = reshape(transpose(t, [...kept, ...along]), [...kept.map((i) => t.shape[i]!), count]);
  for (let n = count; n > 1; n = Math.ceil(n / 2)) {
    const half = Math.ceil(n / 2);
    const second = padAxis(slice(rest, -1, half), -1, 0, 2 * half - n, { value: 1 });
    rest = mul(slice(rest, -1, 0, half), second);
  }
  return reshape(rest, reducedShape(t.shape, { axes: along, keepDims }));
}

const truth =
  (extremum: typeof max) =>
  (x: TensorLike, options?: ReduceOptions): Tensor =>
    cast(extremum(cast(cast(x, 'bool'), 'int32'), options), 'bool');
/** Whether an element is true (of numbers: not 0). */
export const any = truth(max);
/** Whether all elements are true (of numbers: not 0). */
export const all = truth(min);

/**
 * Arithmetic mean; NaN along an axis of size 0 (0 where that size is a symbol's).
 *
 * @throws TensorError for integers, whose mean is none: cast them first.
 */
export const mean = reduction({
  name: 'mean',
  onnx: 'ReduceMean',
  ofNothing: Number.NaN,
  floatOnly: true,
  grad: (g, x, _, { axes }) => broadcastTo(div(g, count(x, axes)), x.shape),
});

/** How many elements of x each reduced one stands for, less `correction`; a scalar of x's dtype. */
const count = (x: Tensor, axes: readonly number[], correction = 0): TensorLike => {
  const n: Dim = addDims(mulDims(...axes.map((a) => x.shape[a]!)), -correction);
  return typeof n === 'number' ? n : cast(dimTensor(n), x.dtype);
};

/**
 * Variance: mean of squared deviations from the mean.
 *
 * @param options.correction - subtracted from the count in the divisor: 0 (default) for the population's,
 *   1 for the unbiased estimate.
 * @throws TensorError for integers: cast them first.
 */
export function variance(x: TensorLike, options: ReduceOptions & { correction?: number } = {}): Tensor {
  const t = asTensor(x);
  expectFloat('variance', t);
  const { axes, correction = 0 } = options;
  const centred = sub(t, mean(t, { ...(axes === undefined ? {} : { axes }), keepDims: true }));
  if (correction === 0) return mean(square(centred), options);
  return div(sum(square(centred), options), count(t, normalizeAxes('variance', t, axes), correction));
}

/** log Σ e^x, computed from x - max x so that it neither overflows nor underflows. */
export function logSumExp(x: TensorLike, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const t = asTensor(x);
  const along = normalizeAxes('logSumExp', t, axes);
  const peak = stopGradient(max(t, { axes: along, keepDims: true }));
  // Where all elements are -∞ the peak is too, and x - peak would be NaN.
  const shift = where(equal(peak, Number.NEGATIVE_INFINITY), 0, peak);
  const y = add(log(sum(exp(sub(t, shift)), { axes: along, keepDims: true })), shift);
  return keepDims ? y : reshape(y, reducedShape(t.shape, { axes: along, keepDims }));
}

/** Sums a gradient over the axes along which its variable was broadcast. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  const extra = g.rank - shape.length;
  const axes = g.shape.flatMap((d, i) =>
    i < extra || (shape[i - extra] === 1 && !sameDim(d, 1)) ? [i] : [],
  );
  if (axes.length === 0) return g;
  // Kept axes of size 1 are what is wanted, unless the shape has fewer axes.
  return reshape(sum(g, { axes, keepDims: extra === 0 }), shape);
}

function argReduction(name: string, onnx: string, extremum: string) {
  const op: Op<{ axis: number }> = {
    name,
    infer: ([x], { axis }) => [{ dtype: 'int32', shape: x!.shape.filter((_, i) => i !== axis) }],
    vjp: null,
    lower: (l, node) => {
      const { axis } = node.attrs;
      const [x] = l.inputs(node) as [string];
      const size = node.inputs[0]!.shape[axis]!;
      if (l.device !== 'webgpu' || typeof size !== 'number') {
        return l.cast(l.node(onnx, [x], { axis, keepdims: 0 }), 'int32');
      }
      // ArgMax gives int64, which WebGPU cannot convert: the smallest index at which the extremum is found.
      const found = l.node('Equal', [x, l.node(extremum, [x, l.ints([axis])], { keepdims: 1 })]);
      const rest = node.inputs[0]!.shape.slice(axis + 1).map(() => 1);
      const indices = Int32Array.from({ length: size }, (_, i) => i);
      const positions = l.initializer(array(indices, { dtype: 'int32', shape: [size, ...rest] }));
      const candidates = l.node('Where', [found, positions, l.scalar(size, 'int32')]);
      return l.node('ReduceMin', [candidates, l.ints([axis])], { keepdims: 0 });
    },
  };
  return (x: TensorLike, axis = -1): Tensor => {
    const t = asTensor(x);
    return apply(op, [t], { axis: normalizeAxis(name, axis, t.rank) });
  };
}
/** Index (int32) of the largest element along an axis; the first one of equals. */
export const argmax = argReduction('argmax', 'ArgMax', 'ReduceMax');
/** Index (int32) of the smallest element along an axis; the first one of equals. */
export const argmin = argReduction('argmin', 'ArgMin', 'ReduceMin');

const cumsumOp: Op<{ axis: number }> = {
  name: 'cumsum',
  infer: ([x]) => [x!],
  vjp: ([g], { attrs: { axis } }) => [g && flip(cumsum(flip(g, axis), axis), axis)],
  lower: (l, node) => l.node('CumSum', [...l.inputs(node), l.scalar(node.attrs.axis, 'int32')]),
};
/** Running sum along an axis. */
export const cumsum = (x: TensorLike, axis = -1): Tensor => {
  const t = asTensor(x);
  return apply(cumsumOp, [t], { axis: normalizeAxis('cumsum', axis, t.rank) });
};

/**
 * Running product along an axis, in ⌈log₂ n⌉ steps: after each, elements are products of twice as many.
 *
 * @throws TensorError when the axis has a symbolic size.
 */
export function cumprod(x: TensorLike, axis = -1): Tensor {
  let t = asTensor(x);
  const at = normalizeAxis('cumprod', axis, t.rank);
  const n = t.shape[at]!;
  if (typeof n !== 'number') {
    throw new TensorError('cumprod', `axis ${at} of ${shapeText(t.shape)} needs a fixed size`);
  }
  for (let k = 1; k < n; k *= 2) {
    t = mul(t, padAxis(slice(t, at, 0, n - k), at, k, 0, { value: 1 }));
  }
  return t;
}

const normOp: Op<ReduceAttrs> = {
  name: 'norm',
  infer: ([x], attrs) => {
    expectFloat('norm', x!);
    return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attrs) }];
  },
  vjp: ([g], { inputs: [x], outputs: [y], attrs }) => {
    if (!g) return [undefined];
    const length = unreduced(y!, x!, attrs);
    return [mul(x!, div(unreduced(g, x!, attrs), where(equal(length, 0), 1, length)))];
  },
  lower: (l, node) => {
    const { axes, keepDims } = node.attrs;
    const [x] = l.inputs(node) as [string];
    // ReduceL2 is one operator, but several times slower than these three.
    const squares = l.node('Mul', [x, x]);
    return l.node('Sqrt', [l.node('ReduceSum', [squares, l.ints(axes)], { keepdims: keepDims ? 1 : 0 })]);
  },
};
/** √Σ x², the Euclidean norm; its gradient at 0 is 0. */
export function norm(x: TensorLike, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const t = asTensor(x);
  return apply(normOp, [t], { axes: normalizeAxes('norm', t, axes), keepDims });
}
