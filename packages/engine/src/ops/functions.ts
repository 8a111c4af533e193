/**
 * @module Functions of one argument: each output element depends on the element at the same place.
 */
import { float } from '../compile/graph.js';
import type { Lowering } from '../compile/lowering.js';
import { TensorError } from '../errors.js';
import { type DType, isFloat } from '../ndarray.js';
import { apply, asTensor, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { add, div, greater, greaterEqual, lessEqual, logicalOr, mul, sub, where } from './elementwise.js';

interface Unary {
  readonly name: string;
  /** ONNX operator. */
  readonly onnx: string;
  /** Gradient by the argument, from the gradient by the output; null where it is zero everywhere. */
  readonly grad: ((g: Tensor, x: Tensor, y: Tensor) => Tensor) | null;
  readonly dtypes?: readonly DType[];
  readonly result?: 'bool';
  /** Written with other operators (in float32) where WebGPU lacks the operator. */
  readonly webgpu?: (l: Lowering, x: string) => string;
  /** What ONNX Runtime calls it where a convolution does it to its own result. */
  readonly activation?: string;
}

function unary({ name, onnx, grad, dtypes, result, webgpu, activation }: Unary): (x: TensorLike) => Tensor {
  const op: Op = {
    name,
    infer: ([x]) => {
      const allowed = dtypes?.includes(x!.dtype) ?? isFloat(x!.dtype);
      if (!allowed) throw new TensorError(name, `is not defined for ${x!.dtype}`);
      return [{ dtype: result ?? x!.dtype, shape: x!.shape }];
    },
    vjp: grad && (([g], { inputs, outputs }) => [g && grad(g, inputs[0]!, outputs[0]!)]),
    lower: (l, node) => {
      const [x] = l.inputs(node) as [string];
      const rewritten = webgpu && l.device === 'webgpu' && node.inputs[0]!.dtype === 'float32';
      return rewritten ? webgpu(l, x) : l.node(onnx, [x]);
    },
    lowerBlocked: (b, node) =>
      (activation ? b.activate(node, activation) : undefined) ??
      b.elementwise(node, (xs) => b.lowering.node(onnx, xs)),
  };
  return (x) => apply(op, [asTensor(x)], {});
}

const NUMERIC: readonly DType[] = ['float32', 'float64', 'float16', 'int32', 'int64', 'int8'];

export const exp = unary({ name: 'exp', onnx: 'Exp', grad: (g, _, y) => mul(g, y) });
/** Natural logarithm. */
export const log = unary({ name: 'log', onnx: 'Log', grad: (g, x) => div(g, x) });
export const sqrt = unary({ name: 'sqrt', onnx: 'Sqrt', grad: (g, _, y) => div(mul(g, 0.5), y) });
export const sin = unary({ name: 'sin', onnx: 'Sin', grad: (g, x) => mul(g, cos(x)) });
export const cos = unary({ name: 'cos', onnx: 'Cos', grad: (g, x) => neg(mul(g, sin(x))) });
/** The angle in (-π/2, π/2) whose tangent is x. */
export const atan = unary({ name: 'atan', onnx: 'Atan', grad: (g, x) => div(g, add(square(x), 1)) });
export const tanh = unary({
  name: 'tanh',
  onnx: 'Tanh',
  grad: (g, _, y) => mul(g, sub(1, square(y))),
  activation: 'Tanh',
});
/** 1 / (1 + e^-x). */
export const sigmoid = unary({
  name: 'sigmoid',
  onnx: 'Sigmoid',
  grad: (g, _, y) => mul(g, mul(y, sub(1, y))),
  activation: 'Sigmoid',
});
/** Gauss error function 2/√π ∫₀ˣ e^(-t²) dt. */
export const erf = unary({
  name: 'erf',
  onnx: 'Erf',
  grad: (g, x) => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x)))),
});
/** log(1 + e^x). */
export const softplus = unary({ name: 'softplus', onnx: 'Softplus', grad: (g, x) => mul(g, sigmoid(x)) });
// Its own result tells where x was positive, so that x itself need not be kept for the gradient.
export const relu = unary({
  name: 'relu',
  onnx: 'Relu',
  grad: (g, _, y) => mul(g, slopeAt(y, 0)),
  activation: 'Relu',
});
/** 1 / x. */
export const reciprocal = unary({
  name: 'reciprocal',
  onnx: 'Reciprocal',
  grad: (g, _, y) => neg(mul(g, square(y))),
});
export const floor = unary({ name: 'floor', onnx: 'Floor', grad: null });
export const ceil = unary({ name: 'ceil', onnx: 'Ceil', grad: null });
/** Nearest integer, halves to even. */
export const round = unary({
  name: 'round',
  onnx: 'Round',
  grad: null,
  // Adding 1.5·2²³ leaves a float32 no room for a fraction; larger numbers have none to begin with.
  webgpu: (l, x) => {
    const [magic, limit] = [l.scalar(1.5 * 2 ** 23, 'float32'), l.scalar(2 ** 22, 'float32')];
    const rounded = l.node('Sub', [l.node('Add', [x, magic]), magic]);
    return l.node('Where', [l.node('Less', [l.node('Abs', [x]), limit]), rounded, x]);
  },
});
export const abs = unary({
  name: 'abs',
  onnx: 'Abs',
  grad: (g, x) => mul(g, slopeAt(x, -1)),
  dtypes: NUMERIC,
});
export const isNan = unary({ name: 'isNan', onnx: 'IsNaN', grad: null, result: 'bool' });
/** Whether x is ∞ or -∞. */
export const isInf = unary({ name: 'isInf', onnx: 'IsInf', grad: null, result: 'bool' });
export const logicalNot = unary({ name: 'logicalNot', onnx: 'Not', grad: null, dtypes: ['bool'] });

/** Whether x is neither infinite nor NaN. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: NumPy's and PyTorch's name.
export const isFinite = (x: TensorLike): Tensor => {
  const t = asTensor(x);
  return logicalNot(logicalOr(isNan(t), isInf(t)));
};

const negOp: Op = {
  name: 'neg',
  infer: ([x]) => [x!],
  simplify: ([x]) => (x!.node.op === negOp ? x!.node.inputs[0] : undefined),
  vjp: ([g]) => [g && neg(g)],
  lower: (l, node) => l.node('Neg', l.inputs(node)),
  lowerBlocked: (b, node) => b.elementwise(node, (xs) => b.lowering.node('Neg', xs)),
};
export const neg = (x: TensorLike): Tensor => apply(negOp, [asTensor(x)], {});

const signOp: Op = {
  name: 'sign',
  infer: ([x]) => [x!],
  vjp: null,
  lower: (l, node) => {
    const [x] = l.inputs(node) as [string];
    if (l.device !== 'webgpu') return l.node('Sign', [x]);
    const { dtype } = node.inputs[0]!;
    const zero = l.scalar(0, dtype);
    const positive = l.cast(l.node('Greater', [x, zero]), dtype);
    return l.node('Sub', [positive, l.cast(l.node('Less', [x, zero]), dtype)]);
  },
  lowerBlocked: (b, node) => b.elementwise(node, (xs) => b.lowering.node('Sign', xs)),
};
/** -1, 0 or 1. */
export const sign = (x: TensorLike): Tensor => apply(signOp, [asTensor(x)], {});

const slopeOp: Op<{ slope: number }> = {
  name: 'slope',
  infer: ([x]) => [x!],
  vjp: null,
  // Blown up, every normal number lies beyond the bounds on its side: faster than a comparison and a choice.
  lower: (l, { inputs: [x], attrs: { slope } }) => {
    const huge = l.node('Mul', [l.value(x!), l.scalar(HUGE[x!.dtype]!, x!.dtype)]);
    return l.node('Clip', [huge, l.scalar(slope, x!.dtype), l.scalar(1, x!.dtype)]);
  },
  lowerBlocked: (b, node) =>
    b.elementwise(node, ([x]) => {
      const l = b.lowering;
      const huge = l.node('Mul', [x!, l.scalar(HUGE.float32!, 'float32')]);
      return l.node('Clip', [huge, l.scalar(node.attrs.slope, 'float32'), l.scalar(1, 'float32')]);
    }),
};
const HUGE: Partial<Record<DType, number>> = { float32: 3e38, float64: 1e308, float16: 6e4 };
/**
 * 1 where x is positive, else `slope`: the derivative of a (leaky) rectifier (0 ≤ slope ≤ 1). With slope -1 it
 * is x's sign, 0 at 0, which ONNX Runtime's own operator takes three times as long for.
 */
const slopeAt = (x: Tensor, slope: number): Tensor => apply(slopeOp, [x], { slope });

const leakyReluOp: Op<{ slope: number }> = {
  name: 'leakyRelu',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs, outputs, attrs: { slope } }) => {
    // With a positive slope the result has x's sign, and x need not be kept for the gradient.
    if (slope < 0 || slope > 1) return [g && where(greater(inputs[0]!, 0), g, mul(g, slope))];
    const signed = slope > 0 ? outputs[0]! : inputs[0]!;
    return [g && mul(g, slopeAt(signed, slope))];
  },
  lower: (l, node) => l.node('LeakyRelu', l.inputs(node), { alpha: float(node.attrs.slope) }),
  lowerBlocked: (b, node) =>
    b.activate(node, 'LeakyRelu', [node.attrs.slope]) ??
    b.elementwise(node, (xs) => b.lowering.node('LeakyRelu', xs, { alpha: float(node.attrs.slope) })),
};
/** x where positive, else slope · x. */
export const leakyRelu = (x: TensorLike, slope = 0.01): Tensor =>
  apply(leakyReluOp, [asTensor(x)], { slope });

const castOp: Op<{ dtype: DType }> = {
  name: 'cast',
  infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  simplify: ([x], { dtype }) => (x!.dtype === dtype ? x : undefined),
  vjp: ([g], { inputs }) => [
    g && isFloat(inputs[0]!.dtype) && isFloat(g.dtype) ? cast(g, inputs[0]!.dtype) : undefined,
  ],
  lower: (l, node) => l.cast(l.value(node.inputs[0]!), node.attrs.dtype),
  lowerBlocked: (b, node) => b.elementwise(node, ([x]) => b.lowering.cast(x!, node.attrs.dtype)),
};
/** Converts elements; floats to integers truncate towards zero, numbers to bool are `!= 0`. */
export const cast = (x: TensorLike, dtype: DType): Tensor => apply(castOp, [asTensor(x)], { dtype });

export const square = (x: TensorLike): Tensor => {
  const t = asTensor(x);
  return mul(t, t);
};
/** 1 / √x. */
export const rsqrt = (x: TensorLike): Tensor => reciprocal(sqrt(x));
/** e^x - 1 without cancellation near 0: tanh(x/2) (e^x + 1). */
export const expm1 = (x: TensorLike): Tensor => {
  const t = asTensor(x);
  return mul(tanh(mul(t, 0.5)), add(exp(t), 1));
};
/** log(1 + x) without cancellation near 0: log(u) + (x - (u - 1)) / u with u = 1 + x as rounded. */
export const log1p = (x: TensorLike): Tensor => apply(log1pOp, [asTensor(x)], {});
const log1pOp: Op = {
  name: 'log1p',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs }) => [g && div(g, add(inputs[0]!, 1))],
  lower: (l, node) => {
    const { dtype } = node.inputs[0]!;
    const [x] = l.inputs(node) as [string];
    const one = l.scalar(1, dtype);
    const u = l.node('Add', [x, one]);
    const rounded = l.node('Sub', [u, one]);
    const lost = l.node('Div', [l.node('Sub', [x, rounded]), u]);
    // Nothing is lost of -1 and ∞ either, but their quotients are NaN.
    const exact = l.node('Equal', [x, rounded]);
    return l.node('Add', [l.node('Log', [u]), l.node('Where', [exact, l.scalar(0, dtype), lost])]);
  },
};
/** x Φ(x) = x/2 (1 + erf(x/√2)). */
export const gelu = (x: TensorLike): Tensor => {
  const t = asTensor(x);
  return mul(mul(t, 0.5), add(erf(mul(t, Math.SQRT1_2)), 1));
};
/** x σ(x), also called swish. */
export const silu = (x: TensorLike): Tensor => {
  const t = asTensor(x);
  return mul(t, sigmoid(t));
};
/** log σ(x) = -softplus(-x). */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(x)));

/** x limited to [low, high]. The gradient passes where x lies within, bounds included. */
export const clamp = (x: TensorLike, low: number, high: number): Tensor =>
  apply(clampOp, [asTensor(x)], { low: bound(low), high: bound(high) });
/** JSON has no infinities: an absent bound is one. */
const bound = (b: number): number | undefined => (Number.isFinite(b) ? b : undefined);
const clampOp: Op<{ low: number | undefined; high: number | undefined }> = {
  name: 'clamp',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs: [x], attrs: { low, high } }) => {
    if (!g) return [undefined];
    const above = low === undefined ? [] : [greaterEqual(x!, low)];
    const below = high === undefined ? [] : [lessEqual(x!, high)];
    return [[...above, ...below].reduce((grad, inside) => where(inside, grad, 0), g)];
  },
  lower: (l, node) => {
    const { low, high } = node.attrs;
    const { dtype } = node.inputs[0]!;
    return l.node('Clip', [
      ...l.inputs(node),
      low === undefined ? '' : l.scalar(low, dtype),
      high === undefined ? '' : l.scalar(high, dtype),
    ]);
  },
};
