/**
 * @module Arithmetic, comparisons, logic and choices: each output element depends on the operands' elements at
 * the same place. Operands broadcast as in NumPy.
 */
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
import { cast, floor, log, logicalNot, neg, square } from './functions.js';
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
    // Of a⁰ it is 0, also at a = 0, where a^(b - 1) is infinite.
    const known = constantValue(b)?.size === 1 && !isConstant(b, 0);
    const exponent = known ? sub(b, 1) : where(equal(b, 0), 0, sub(b, 1));
    return [mul(g, mul(b, pow(a, exponent))), where(positive, mul(g, mul(y, log(where(positive, a, 1)))), 0)];
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
