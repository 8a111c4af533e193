/**
 * @module Softmax and its logarithm, with masks.
 */
import type { Lowering } from '../compile/lowering.js';
import { type Dim, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType } from '../ndarray.js';
import {
  apply,
  asTensor,
  constant,
  type Node,
  normalizeAxis,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add, mul, sub, where } from './elementwise.js';
import { cast, exp } from './functions.js';
import { max, sum } from './reduce.js';
import { reshape } from './shape.js';

type AxisNode = Node<{ axis: number }>;

/** Along other axes ONNX Runtime transposes there and back, which takes longer than the softmax itself. */
const isLast = ({ inputs: [x], attrs: { axis } }: AxisNode): boolean => axis === x!.rank - 1;

/** x minus its maximum along the axis, for exponentials. */
function belowMaximum(l: Lowering, node: AxisNode) {
  const axes = l.ints([node.attrs.axis]);
  const [x] = l.inputs(node) as [string];
  return { shifted: l.node('Sub', [x, l.node('ReduceMax', [x, axes])]), axes };
}

const softmaxOp: Op<{ axis: number }> = {
  name: 'softmax',
  infer: ([x]) => [x!],
  vjp: ([g], { outputs: [y], attrs: { axis } }) => [
    g && mul(y!, sub(g, sum(mul(g, y!), { axes: axis, keepDims: true }))),
  ],
  lower: (l, node) => {
    const { axis } = node.attrs;
    if (isLast(node)) return l.node('Softmax', l.inputs(node), { axis });
    const { shifted, axes } = belowMaximum(l, node);
    const powers = l.node('Exp', [shifted]);
    return l.node('Div', [powers, l.node('ReduceSum', [powers, axes])]);
  },
};

const logSoftmaxOp: Op<{ axis: number }> = {
  name: 'logSoftmax',
  infer: ([x]) => [x!],
  vjp: ([g], { outputs: [y], attrs: { axis } }) => [
    g && sub(g, mul(exp(y!), sum(g, { axes: axis, keepDims: true }))),
  ],
  lower: (l, node) => {
    const { axis } = node.attrs;
    if (isLast(node) && l.device !== 'webgpu') return l.node('LogSoftmax', l.inputs(node), { axis });
    const { shifted, axes } = belowMaximum(l, node);
    return l.node('Sub', [shifted, l.node('Log', [l.node('ReduceSum', [l.node('Exp', [shifted]), axes])])]);
  },
};

export interface SoftmaxOptions {
  /**
   * bool, broadcasts to x: which elements take part. Where it is false x may be any finite number, and both
   * the result and its gradient ignore it.
   */
  readonly mask?: TensorLike;
}

/** Added to what is masked: e^ of it is 0 beside any number, and a sum with it stays finite. */
const masked = (dtype: DType): number => (dtype === 'float16' ? -3e4 : -1e30);

function masking(op: string, x: Tensor, mask: TensorLike): { kept: Tensor; shifted: Tensor } {
  const given = asTensor(mask, 'bool');
  if (given.dtype !== 'bool') throw new TensorError(op, `the mask is ${given.dtype}, expected bool`);
  const fits =
    given.rank <= x.rank &&
    given.shape.every((d, i) => d === 1 || sameDim(d, x.shape[i + x.rank - given.rank]!));
  if (!fits) {
    throw new TensorError(op, `a mask ${shapeText(given.shape)} does not broadcast to ${shapeText(x.shape)}`);
  }
  const kept = reshape(given, [...Array<Dim>(x.rank - given.rank).fill(1), ...given.shape]);
  // An addition, not a choice between x and a constant, which takes twice the time.
  return { kept, shifted: add(x, where(kept, constant(array(0, { dtype: x.dtype })), masked(x.dtype))) };
}

/**
 * e^xᵢ / Σ e^xⱼ along an axis. Masked elements are 0, all of them where nothing is kept.
 *
 * @throws TensorError when the mask is not bool or does not broadcast to x.
 */
export function softmax(x: TensorLike, axis = -1, { mask }: SoftmaxOptions = {}): Tensor {
  const t = asTensor(x);
  const along = normalizeAxis('softmax', axis, t.rank);
  if (mask === undefined) return apply(softmaxOp, [t], { axis: along });
  const { kept, shifted } = masking('softmax', t, mask);
  const any = max(cast(kept, t.dtype), { axes: along, keepDims: true });
  return mul(apply(softmaxOp, [shifted], { axis: along }), any);
}

/**
 * xᵢ - log Σ e^xⱼ along an axis. Masked elements are -∞, all of them where nothing is kept: multiply by a mask
 * after choosing, not before, since 0 · -∞ is NaN.
 *
 * @throws TensorError when the mask is not bool or does not broadcast to x.
 */
export function logSoftmax(x: TensorLike, axis = -1, { mask }: SoftmaxOptions = {}): Tensor {
  const t = asTensor(x);
  const along = normalizeAxis('logSoftmax', axis, t.rank);
  if (mask === undefined) return apply(logSoftmaxOp, [t], { axis: along });
  const { kept, shifted } = masking('logSoftmax', t, mask);
  return where(kept, apply(logSoftmaxOp, [shifted], { axis: along }), Number.NEGATIVE_INFINITY);
}
