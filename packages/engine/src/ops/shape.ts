/**
 * @module Operations that move elements without computing on them.
 */
import {
  type Dim,
  exactDivDims,
  mulDims,
  type Shape,
  sameDim,
  sameShape,
  shapeText,
  sizeOfShape,
} from '../dim.js';
import { TensorError } from '../errors.js';
import { array } from '../ndarray.js';
import {
  apply,
  asTensor,
  constant,
  normalizeAxis,
  type Op,
  type Tensor,
  type TensorLike,
  type TensorSpec,
} from '../tensor.js';
import { broadcastShapes } from './elementwise.js';
import { sumTo } from './reduce.js';

// ---------------------------------------------------------------------------------------------------------
// Shape changes that keep the order of elements

const reshapeOp: Op<{ shape: Shape }> = {
  name: 'reshape',
  infer: ([x], { shape }) => [{ dtype: x!.dtype, shape }],
  simplify: ([x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    return x!.node.op === (reshapeOp as Op) ? reshape(x!.node.inputs[0]!, shape) : undefined;
  },
  vjp: ([g], { inputs }) => [g && reshape(g, inputs[0]!.shape)],
  lower: (l, node) => l.reshape(l.value(node.inputs[0]!), node.attrs.shape),
};

/**
 * The same elements in another shape, in row-major order. One size may be -1: whatever is left.
 *
 * @throws TensorError when the number of elements differs.
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x);
  const size = sizeOfShape(t.shape);
  let target = shape;
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = exactDivDims(size, mulDims(...shape.filter((_, i) => i !== open)));
    if (rest === undefined) {
      throw new TensorError('reshape', `${shapeText(t.shape)} does not divide into ${shapeText(shape)}`);
    }
    target = shape.map((d, i) => (i === open ? rest : d));
  }
  if (!sameDim(size, sizeOfShape(target))) {
    throw new TensorError(
      'reshape',
      `${shapeText(t.shape)} has another number of elements than ${shapeText(target)}`,
    );
  }
  return apply(reshapeOp, [t], { shape: target });
}

/** Inserts an axis of size 1 at `axis` (which may be `rank` or -1: at the end). */
export function expandDims(x: TensorLike, axis: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('expandDims', axis, t.rank + 1);
  return reshape(t, [...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
}

/** Removes axes of size 1. @throws TensorError when one is not of size 1. */
export function squeeze(x: TensorLike, axes: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const gone = (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis('squeeze', a, t.rank));
  for (const a of gone) {
    if (t.shape[a] !== 1)
      throw new TensorError('squeeze', `axis ${a} of ${shapeText(t.shape)} is not of size 1`);
  }
  return reshape(
    t,
    t.shape.filter((_, i) => !gone.includes(i)),
  );
}

/** Merges axes `start`..`end` (inclusive) into one. */
export function flatten(x: TensorLike, start = 0, end = -1): Tensor {
  const t = asTensor(x);
  const from = normalizeAxis('flatten', start, t.rank);
  const to = normalizeAxis('flatten', end, t.rank);
  const merged = sizeOfShape(t.shape.slice(from, to + 1));
  return reshape(t, [...t.shape.slice(0, from), merged, ...t.shape.slice(to + 1)]);
}

// ---------------------------------------------------------------------------------------------------------
// Order of axes and elements

const transposeOp: Op<{ perm: readonly number[] }> = {
  name: 'transpose',
  infer: ([x], { perm }) => [{ dtype: x!.dtype, shape: perm.map((p) => x!.shape[p]!) }],
  simplify: ([x], { perm }) => {
    // Moving only axes of size 1 moves no element.
    const moved = perm.filter((p) => x!.shape[p] !== 1);
    if (moved.every((p, i) => i === 0 || p > moved[i - 1]!)) {
      return reshape(
        x!,
        perm.map((p) => x!.shape[p]!),
      );
    }
    const { op, inputs, attrs } = x!.node;
    if (op !== (transposeOp as Op)) return undefined;
    const inner = (attrs as { perm: readonly number[] }).perm;
    return transpose(
      inputs[0]!,
      perm.map((p) => inner[p]!),
    );
  },
  vjp: ([g], { attrs: { perm } }) => [
    g &&
      transpose(
        g,
        perm.map((_, i) => perm.indexOf(i)),
      ),
  ],
  lower: (l, node) => {
    const [x] = node.inputs as [Tensor];
    if (!l.blocked?.has(x)) return l.node('Transpose', l.inputs(node), { perm: node.attrs.perm });
    const [n, c, ...size] = x.shape as [Dim, number, ...Dim[]];
    if (String(node.attrs.perm) === '1,0,2') {
      // Whole blocks change places, then their channels leave them: half the time of one transposition.
      const { block } = l.blocked;
      const rows = l.reshape(l.blocked.value(x), [n, c / block, mulDims(...size, block)]);
      const swapped = l.node('Transpose', [rows], { perm: [1, 0, 2] });
      return l.blocked.toPlain(swapped, [c / block, block, 1, mulDims(n, ...size)], node.outputs[0]!.shape);
    }
    // Leaving the blocked layout is a transposition too: one for both.
    const perm = node.attrs.perm.flatMap((p) => (p === 1 ? [1, 4] : [l.blocked!.axis(p, x.rank)]));
    const flat = l.node('Transpose', [l.blocked.unfold(x)], { perm: x.rank === 3 ? [...perm, 2] : perm });
    return l.reshape(flat, node.outputs[0]!.shape);
  },
};

/** Reorders axes: axis i of the result is axis `perm[i]` of x. Without `perm` all axes are reversed. */
export function transpose(x: TensorLike, perm?: readonly number[]): Tensor {
  const t = asTensor(x);
  const order =
    perm?.map((p) => normalizeAxis('transpose', p, t.rank)) ?? t.shape.map((_, i) => t.rank - 1 - i);
  if (order.length !== t.rank || new Set(order).size !== t.rank) {
    throw new TensorError(
      'transpose',
      `[${order}] is not a permutation of the ${t.rank} axes of ${shapeText(t.shape)}`,
    );
  }
  return apply(transposeOp, [t], { perm: order });
}

/** Exchanges two axes. */
export function swapAxes(x: TensorLike, a: number, b: number): Tensor {
  const t = asTensor(x);
  const [i, j] = [normalizeAxis('swapAxes', a, t.rank), normalizeAxis('swapAxes', b, t.rank)];
  return transpose(
    t,
    t.shape.map((_, k) => (k === i ? j : k === j ? i : k)),
  );
}

// ---------------------------------------------------------------------------------------------------------
// Repetition

const broadcastOp: Op<{ shape: Shape }> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes('broadcastTo', x!.shape, shape), shape)) {
      throw new TensorError(
        'broadcastTo',
        `${shapeText(x!.shape)} does not broadcast to ${shapeText(shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  simplify: ([x], { shape }) => {
    if (sameShape(x!.shape, shape)) return x;
    return x!.node.op === (broadcastOp as Op) ? broadcastTo(x!.node.inputs[0]!, shape) : undefined;
  },
  vjp: ([g], { inputs }) => [g && sumTo(g, inputs[0]!.shape)],
  lower: (l, node) => l.node('Expand', [...l.inputs(node), l.shape(node.attrs.shape)]),
};

/** Repeats axes of size 1 (and new leading axes) to fill `shape`, as NumPy broadcasts. */
export const broadcastTo = (x: TensorLike, shape: Shape): Tensor =>
  apply(broadcastOp, [asTensor(x)], { shape });

/** The operands of a broadcasting operation, without repetitions that it makes by itself. */
export function withoutBroadcast(operands: readonly Tensor[], result: Shape): readonly Tensor[] {
  const kept = [...operands];
  for (const [i, operand] of kept.entries()) {
    if (operand.node.op !== (broadcastOp as Op)) continue;
    const source = operand.node.inputs[0]!;
    const shape = kept
      .map((t, j) => (i === j ? source : t).shape)
      .reduce((a, b) => broadcastShapes('broadcastTo', a, b));
    if (sameShape(shape, result)) kept[i] = source;
  }
  return kept;
}

/** Repeats the whole of x `repeats[i]` times along axis i. */
export function tile(x: TensorLike, repeats: readonly Dim[]): Tensor {
  const t = asTensor(x);
  if (repeats.length !== t.rank)
    throw new TensorError('tile', `${repeats.length} repeats for ${t.rank} axes`);
  const split = t.shape.flatMap((d) => [1, d]);
  const repeated = t.shape.flatMap((d, i) => [repeats[i]!, d]);
  return reshape(
    broadcastTo(reshape(t, split), repeated),
    t.shape.map((d, i) => mulDims(d, repeats[i]!)),
  );
}

/** Repeats every element `count` times along an axis: [a, b] → [a, a, b, b]. */
export function repeat(x: TensorLike, count: Dim, axis = -1): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('repeat', axis, t.rank);
  const [before, after] = [t.shape.slice(0, at + 1), t.shape.slice(at + 1)];
  const repeated = broadcastTo(reshape(t, [...before, 1, ...after]), [...before, count, ...after]);
  return reshape(
    repeated,
    t.shape.map((d, i) => (i === at ? mulDims(d, count) : d)),
  );
}

// ---------------------------------------------------------------------------------------------------------
// Tensors made from sizes

const dimOp: Op<{ dim: Dim }> = {
  name: 'dim',
  infer: () => [{ dtype: 'int32', shape: [] }],
  simplify: (_, { dim }) => (typeof dim === 'number' ? constant(array(dim, { dtype: 'int32' })) : undefined),
  vjp: null,
  lower: (l, node) => l.cast(l.reshape(l.dim(node.attrs.dim), []), 'int32'),
};
/** A dimension's value as an int32 scalar. */
export const dimTensor = (dim: Dim): Tensor => apply(dimOp, [], { dim });

const arangeOp: Op<{ size: Dim }> = {
  name: 'arange',
  infer: (_, { size }) => [{ dtype: 'int32', shape: [size] }],
  simplify: (_, { size }) =>
    typeof size === 'number'
      ? constant(
          array(
            Int32Array.from({ length: size }, (_, i) => i),
            { dtype: 'int32' },
          ),
        )
      : undefined,
  vjp: null,
  lower: (l, node) => {
    const limit = l.cast(l.reshape(l.dim(node.attrs.size), []), 'int32');
    return l.node('Range', [l.scalar(0, 'int32'), limit, l.scalar(1, 'int32')]);
  },
};
/** 0, 1, …, size - 1 (int32). */
export const arange = (size: Dim): Tensor => apply(arangeOp, [], { size });

/** A tensor of one repeated value. */
export const full = (shape: Shape, value: TensorLike): Tensor => broadcastTo(value, shape);
/** Zeros in the shape and dtype of x. */
export const zerosLike = (x: TensorSpec): Tensor => full(x.shape, constant(array(0, { dtype: x.dtype })));
/** Ones in the shape and dtype of x. */
export const onesLike = (x: TensorSpec): Tensor => full(x.shape, constant(array(1, { dtype: x.dtype })));
