/**
 * @module Order statistics: the largest elements, and all elements in order.
 *
 * Equal elements keep their order: the one of the lower index comes first. Where NaN goes is unspecified.
 */
import { type Dim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { applyMany, asTensor, normalizeAxis, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { scatterAdd } from './indexing.js';
import { zerosLike } from './shape.js';

interface TopKAttrs {
  readonly k: Dim;
  readonly axis: number;
  readonly largest: boolean;
}

const topKOp: Op<TopKAttrs> = {
  name: 'topK',
  infer: ([x], { k, axis }) => {
    const shape = x!.shape.map((d, i) => (i === axis ? k : d));
    return [
      { dtype: x!.dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  vjp: ([g], { inputs: [x], outputs: [, indices], attrs: { axis } }) => [
    g && scatterAdd(zerosLike(x!), indices!, g, axis),
  ],
  lower: (l, node) => {
    const { k, axis, largest } = node.attrs;
    const inputs = [...l.inputs(node), l.dim(k)];
    const [values, indices] = l.nodes('TopK', inputs, { axis, largest: largest ? 1 : 0 }, { outputs: 2 });
    return [values!, l.cast(indices!, 'int32')];
  },
};

/** Elements and where they were found. */
export interface Ordered {
  readonly values: Tensor;
  /** int32, in the shape of the values. */
  readonly indices: Tensor;
}

const select = (x: Tensor, attrs: TopKAttrs): Ordered => {
  const [values, indices] = applyMany(topKOp, [x], attrs);
  return { values: values!, indices: indices! };
};

/**
 * The k largest elements along an axis in descending order, or the k smallest in ascending order.
 * Gradients pass to the elements chosen.
 *
 * @param options.largest - false for the smallest.
 * @returns values and indices, with k in place of the axis's size.
 * @throws TensorError when k is not in 1..size.
 */
export function topK(
  x: TensorLike,
  k: number,
  axis = -1,
  { largest = true }: { largest?: boolean } = {},
): Ordered {
  const t = asTensor(x);
  const at = normalizeAxis('topK', axis, t.rank);
  const size = t.shape[at]!;
  if (!Number.isInteger(k) || k < 1 || (typeof size === 'number' && k > size)) {
    throw new TensorError('topK', `k = ${k} is not in 1..${size}, axis ${at} of ${shapeText(t.shape)}`);
  }
  return select(t, { k, axis: at, largest });
}

/** Direction of a sort. */
export interface SortOptions {
  /** Largest first. */
  readonly descending?: boolean;
}

function sorted(op: string, x: TensorLike, axis: number, { descending = false }: SortOptions): Ordered {
  const t = asTensor(x);
  const at = normalizeAxis(op, axis, t.rank);
  return select(t, { k: t.shape[at]!, axis: at, largest: descending });
}

/** The elements in ascending order along an axis; stable. @throws TensorError when the axis is out of range. */
export const sort = (x: TensorLike, axis = -1, options: SortOptions = {}): Tensor =>
  sorted('sort', x, axis, options).values;

/** The indices (int32) that sort x along an axis: `gatherElements(x, argsort(x, a), a)` is `sort(x, a)`. */
export const argsort = (x: TensorLike, axis = -1, options: SortOptions = {}): Tensor =>
  sorted('argsort', x, axis, options).indices;
