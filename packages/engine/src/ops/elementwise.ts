/**
 * @module Elementwise operations: each output element depends on the elements at the same place.
 *
 * Operands of two-argument operations broadcast as in NumPy.
 */
import { float } from '../compile/graph.js';
import type { Lowering } from '../compile/lowering.js';
import { type Dim, type Shape, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType, isFloat } from '../ndarray.js';
import {
  apply,
  asTensor,
  asTensors,
  constant,
  constantValue,
  isConstant,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { sumTo } from './reduce.js';
import { broadcastTo, withoutBroadcast } from './shape.js';

/** The shape that two shapes broadcast to. @throws TensorError where they do not. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (sameDim(x, y) || y === 1) return x;
    if (x === 1) return y;
    throw new TensorError(op, `shapes ${shapeText(a)} and ${shapeText(b)} do not broadcast`);
  });
}

// ---------------------------------------------------------------------------------------------------------
// One argument

interface Unary {
  readonly name: string;
  /** ONNX operator. */
  readonly onnx: string;
  /** Gradient by the argument, from the gradient by the output; null where it is zero everywhere. */
  readonly grad: ((g: Tensor, x: Tensor, y: Tensor) => Tensor) | null;
  readonly dtypes?: readonly DType[];
  /** Written with other operators (in float32) where WebGPU lacks the operator. */
  readonly webgpu?: (l: Lowering, x: string) => string;
  /** What ONNX Runtime calls it where a convolution does it to its own result. */
  readonly activation?: string;
}

function unary({ name, onnx, grad, dtypes, webgpu, activation }: Unary): (x: TensorLike) => Tensor {
  const op: Op = {
    name,
    infer: ([x]) => {
      const allowed = dtypes?.includes(x!.dtype) ?? isFloat(x!.dtype);
      if (!allowed) throw new TensorError(name, `is not defined for ${x!.dtype}`);
      return [x!];
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
export const logicalNot = unary({ name: 'logicalNot', onnx: 'Not', grad: null, dtypes: ['bool'] });

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
/** log(1 + x) without cancellation near 0 (Kahan): x log(u) / (u - 1) with u = 1 + x as rounded. */
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
    const d = l.node('Sub', [u, one]);
    const tiny = l.node('Equal', [d, l.scalar(0, dtype)]);
    const safe = l.node('Where', [tiny, one, d]);
    const quotient = l.node('Div', [l.node('Mul', [x, l.node('Log', [u])]), safe]);
    return l.node('Where', [tiny, x, quotient]);
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

// ---------------------------------------------------------------------------------------------------------
// Two arguments

interface Binary {
  readonly name: string;
  readonly onnx: string;
  /** Gradients by both arguments, before broadcasting is undone; null where they are zero everywhere. */
  readonly grad: ((g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor]) | null;
  readonly simplify?: (a: Tensor, b: Tensor) => Tensor | undefined;
  /** The same on two numbers, to fold constants. */
  readonly fold?: (a: number, b: number) => number;
  readonly result?: 'bool';
  readonly dtypes?: readonly DType[];
  /** Written with other operators where WebGPU lacks the operator. */
  readonly webgpu?: (l: Lowering, a: string, b: string) => string;
}

function binary(spec: Binary): (a: TensorLike, b: TensorLike) => Tensor {
  const { name, onnx, grad, simplify, fold, result, dtypes, webgpu } = spec;
  const op: Op = {
    name,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype) throw new TensorError(name, `dtypes differ: ${a!.dtype} and ${b!.dtype}`);
      if (dtypes && !dtypes.includes(a!.dtype)) throw new TensorError(name, `is not defined for ${a!.dtype}`);
      return [{ dtype: result ?? a!.dtype, shape: broadcastShapes(name, a!.shape, b!.shape) }];
    },
    simplify: ([a, b]) => {
      const x = constantValue(a!);
      const y = constantValue(b!);
      const scalars =
        x?.shape.length === 0 && y?.shape.length === 0 && x.dtype === 'float32' && y.dtype === 'float32';
      if (fold && scalars) return constant(array(fold(x.item(), y.item())));
      const simpler = simplify?.(a!, b!);
      if (simpler) return simpler;
      // The operator broadcasts by itself: an operand need not be written out at full size before it.
      const [s, t] = withoutBroadcast([a!, b!], broadcastShapes(name, a!.shape, b!.shape)) as [
        Tensor,
        Tensor,
      ];
      return s === a && t === b ? undefined : apply(op, [s, t], {});
    },
    vjp:
      grad &&
      (([g], { inputs: [a, b], outputs }) => {
        if (!g) return [undefined, undefined];
        const [ga, gb] = grad(g, a!, b!, outputs[0]!);
        return [sumTo(ga, a!.shape), sumTo(gb, b!.shape)];
      }),
    lower: (l, node) => {
      const [a, b] = l.inputs(node) as [string, string];
      return webgpu && l.device === 'webgpu' ? webgpu(l, a, b) : l.node(onnx, [a, b]);
    },
    lowerBlocked: (b, node) =>
      (name === 'add' ? b.addTo(node) : undefined) ?? b.elementwise(node, (xs) => b.lowering.node(onnx, xs)),
  };
  return (a, b) => {
    const [x, y] = asTensors(a, b) as [Tensor, Tensor];
    return apply(op, [x, y], {});
  };
}

/** `x` in the shape that it and `other` broadcast to: what `x op neutral` equals. */
const broadcastWith = (op: string, x: Tensor, other: Tensor): Tensor =>
  broadcastTo(x, broadcastShapes(op, x.shape, other.shape));

export const add = binary({
  name: 'add',
  onnx: 'Add',
  fold: (a, b) => a + b,
  simplify: (a, b) =>
    isConstant(b, 0) ? broadcastWith('add', a, b) : isConstant(a, 0) ? broadcastWith('add', b, a) : undefined,
  grad: (g) => [g, g],
});
export const sub = binary({
  name: 'sub',
  onnx: 'Sub',
  fold: (a, b) => a - b,
  simplify: (a, b) => (isConstant(b, 0) ? broadcastWith('sub', a, b) : undefined),
  grad: (g) => [g, neg(g)],
});
export const mul = binary({
  name: 'mul',
  onnx: 'Mul',
  fold: (a, b) => a * b,
  simplify: (a, b) =>
    isConstant(b, 1) ? broadcastWith('mul', a, b) : isConstant(a, 1) ? broadcastWith('mul', b, a) : undefined,
  grad: (g, a, b) => [mul(g, b), mul(g, a)],
});
export const div = binary({
  name: 'div',
  onnx: 'Div',
  fold: (a, b) => a / b,
  simplify: (a, b) => (isConstant(b, 1) ? broadcastWith('div', a, b) : undefined),
  grad: (g, _, b, y) => {
    const ga = div(g, b);
    return [ga, neg(mul(ga, y))];
  },
});
/** a^b. The gradient by b is taken as 0 where a ≤ 0. */
export const pow = binary({
  name: 'pow',
  onnx: 'Pow',
  fold: Math.pow,
  simplify: (a, b) =>
    isConstant(b, 1)
      ? broadcastWith('pow', a, b)
      : isConstant(b, 2)
        ? square(broadcastWith('pow', a, b))
        : undefined,
  grad: (g, a, b, y) => {
    const positive = greater(a, 0);
    return [
      mul(g, mul(b, pow(a, sub(b, 1)))),
      where(positive, mul(g, mul(y, log(where(positive, a, 1)))), 0),
    ];
  },
});

/** Gradients of a choice between a and b: all to the chosen one, halves where they are equal. */
const chosen = (g: Tensor, a: Tensor, b: Tensor, picksA: Tensor): readonly [Tensor, Tensor] => {
  const share = where(equal(a, b), 0.5, cast(picksA, g.dtype));
  return [mul(g, share), mul(g, sub(1, share))];
};
export const maximum = binary({
  name: 'maximum',
  onnx: 'Max',
  grad: (g, a, b) => chosen(g, a, b, greater(a, b)),
});
export const minimum = binary({
  name: 'minimum',
  onnx: 'Min',
  grad: (g, a, b) => chosen(g, a, b, less(a, b)),
});

const comparison = (name: string, onnx: string) => binary({ name, onnx, grad: null, result: 'bool' });
export const greater = comparison('greater', 'Greater');
export const greaterEqual = comparison('greaterEqual', 'GreaterOrEqual');
export const less = comparison('less', 'Less');
export const lessEqual = comparison('lessEqual', 'LessOrEqual');
export const equal = comparison('equal', 'Equal');
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => logicalNot(equal(a, b));

const logical = (name: string, onnx: string, webgpu?: (l: Lowering, a: string, b: string) => string) =>
  binary({ name, onnx, grad: null, result: 'bool', dtypes: ['bool'], ...(webgpu ? { webgpu } : {}) });
export const logicalAnd = logical('logicalAnd', 'And');
export const logicalOr = logical('logicalOr', 'Or', (l, a, b) =>
  l.node('Not', [l.node('And', [l.node('Not', [a]), l.node('Not', [b])])]),
);
export const logicalXor = logical('logicalXor', 'Xor', (l, a, b) => {
  const notBut = (x: string, y: string) => l.node('Not', [l.node('And', [x, l.node('Not', [y])])]);
  return l.node('Not', [l.node('And', [notBut(a, b), notBut(b, a)])]);
});

const integerMod = binary({ name: 'mod', onnx: 'Mod', grad: null });
/** Remainder with the sign of the divisor, as in Python and NumPy: a - floor(a / b) b. */
export const mod = (a: TensorLike, b: TensorLike): Tensor => {
  const [x, y] = asTensors(a, b) as [Tensor, Tensor];
  return isFloat(x.dtype) ? sub(x, mul(floor(div(x, y)), y)) : integerMod(x, y);
};

// ---------------------------------------------------------------------------------------------------------
// Three arguments

const whereOp: Op = {
  name: 'where',
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool')
      throw new TensorError('where', `condition is ${condition!.dtype}, expected bool`);
    if (a!.dtype !== b!.dtype) throw new TensorError('where', `dtypes differ: ${a!.dtype} and ${b!.dtype}`);
    const shape = broadcastShapes('where', condition!.shape, broadcastShapes('where', a!.shape, b!.shape));
    return [{ dtype: a!.dtype, shape }];
  },
  vjp: ([g], { inputs: [condition, a, b] }) =>
    g
      ? [undefined, sumTo(where(condition!, g, 0), a!.shape), sumTo(where(condition!, 0, g), b!.shape)]
      : [undefined, undefined, undefined],
  lower: (l, node) => l.node('Where', l.inputs(node)),
  lowerBlocked: (b, node) => b.elementwise(node, (xs) => b.lowering.node('Where', xs)),
};
/** a where the condition holds, else b. */
export const where = (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor =>
  apply(whereOp, [asTensor(condition, 'bool'), ...asTensors(a, b)], {});

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
