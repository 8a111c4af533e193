/**
 * @module Reading and writing elements at computed places.
 *
 * Two pairs of operations are each other's gradients, so that every order exists: `gather` (whole slices)
 * and `indexAdd`; `gatherElements` (one index per element) and `scatterAdd`. The others are composed of them.
 *
 * Indices are integers. Negative ones count from the end. Those out of range are an error when the program
 * runs on a CPU; on other devices, and in lists of coordinates (`gatherNd`, …), the result is unspecified.
 */
import { type Dim, isStatic, type Shape, sameShape, shapeText, sizeOfShape } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType } from '../ndarray.js';
import {
  apply,
  asTensor,
  constant,
  expectShape,
  normalizeAxis,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add, equal, less, mul, where } from './elementwise.js';
import { cast } from './functions.js';
import { sum } from './reduce.js';
import { arange, dimTensor, expandDims, reshape, transpose, zerosLike } from './shape.js';
import { concat } from './slicing.js';

const INTEGERS: readonly DType[] = ['int32', 'int64', 'int16', 'int8', 'uint32', 'uint16', 'uint8'];

/** Indices as int32, the one integer type that every device indexes with. */
function asIndices(op: string, indices: TensorLike): Tensor {
  const t = asTensor(indices, 'int32');
  if (!INTEGERS.includes(t.dtype)) {
    throw new TensorError(op, `indices are ${t.dtype} ${shapeText(t.shape)}, expected int32`);
  }
  return cast(t, 'int32');
}

function expectSameDType(op: string, x: Tensor, updates: Tensor): void {
  if (x.dtype !== updates.dtype) {
    throw new TensorError(op, `updates are ${updates.dtype}, the tensor is ${x.dtype}`);
  }
}

// ---------------------------------------------------------------------------------------------------------
// Whole slices

const gatherOp: Op<{ axis: number }> = {
  name: 'gather',
  infer: ([x, indices], { axis }) => [
    { dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] },
  ],
  vjp: ([g], { inputs: [x, indices], attrs: { axis } }) => [
    g && indexAdd(zerosLike(x!), indices!, g, axis),
    undefined,
  ],
  lower: (l, node) => l.node('Gather', l.inputs(node), { axis: node.attrs.axis }),
};

/**
 * The slices of x that `indices` name along one axis, as NumPy's `take`.
 *
 * @param x - `[...before, n, ...after]`, with n at `axis`.
 * @param indices - integers of any shape `I` in -n..n-1.
 * @returns `[...before, ...I, ...after]`.
 * @throws TensorError when the axis is out of range or the indices are not integers.
 */
export function gather(x: TensorLike, indices: TensorLike, axis = 0): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('gather', axis, t.rank);
  return apply(gatherOp, [t, asIndices('gather', indices)], { axis: at });
}

/**
 * Rows of a table: `embedding(ids [...I], table [V, D])` is `[...I, D]`. Its gradient adds into the rows used.
 *
 * @throws TensorError when the table is not a matrix or the ids are not integers.
 */
export function embedding(ids: TensorLike, table: TensorLike): Tensor {
  const t = asTensor(table);
  if (t.rank !== 2) throw new TensorError('embedding', `table ${shapeText(t.shape)} is not [ids, features]`);
  return apply(gatherOp, [t, asIndices('embedding', ids)], { axis: 0 });
}

/** What happens to elements that are written to. */
interface ScatterAttrs {
  readonly reduction: 'none' | 'add';
}

/** x [n, ...rest], indices [...I], updates [...I, ...rest]: writes slices along the first axis. */
const scatterRowsOp: Op<ScatterAttrs> = {
  name: 'scatterRows',
  infer: ([x, indices, updates]) => {
    expectSameDType('scatterRows', x!, updates!);
    expectShape('scatterRows', 'updates', updates!, [...indices!.shape, ...x!.shape.slice(1)]);
    return [x!];
  },
  vjp: ([g], { inputs: [, indices, updates], attrs: { reduction } }) =>
    g
      ? [
          reduction === 'add' ? g : scatterRows(g, indices!, zerosLike(updates!), reduction),
          undefined,
          gather(g, indices!),
        ]
      : [undefined, undefined, undefined],
  lower: (l, node) => {
    const { reduction } = node.attrs;
    const [x, indices, updates] = l.inputs(node) as [string, string, string];
    const shape = node.inputs[1]!.shape;
    if (l.device !== 'webgpu') {
      // Rows at a time: several times faster than one index per element, but only for int64 indices.
      const rows = l.cast(l.reshape(indices, [...shape, 1]), 'int64');
      return l.node('ScatterND', [x, rows, updates], { reduction });
    }
    const rest = node.inputs[0]!.shape.slice(1);
    const merged = [sizeOfShape(shape), ...rest];
    const column = l.reshape(indices, [merged[0]!, ...rest.map(() => 1)]);
    const each = l.node('Expand', [column, l.shape(merged)]);
    return l.node('ScatterElements', [x, each, l.reshape(updates, merged)], { axis: 0, reduction });
  },
};

const scatterRows = (
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  reduction: ScatterAttrs['reduction'],
): Tensor => apply(scatterRowsOp, [x, indices, updates], { reduction });

/**
 * x with slices added at `indices` along one axis; slices for the same index add up. The gradient of
 * {@link gather}.
 *
 * @param x - `[...before, n, ...after]`, with n at `axis`.
 * @param indices - integers of any shape `I` in -n..n-1.
 * @param updates - `[...before, ...I, ...after]`.
 * @throws TensorError when the updates' shape or dtype does not fit.
 */
export function indexAdd(x: TensorLike, indices: TensorLike, updates: TensorLike, axis = 0): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('indexAdd', axis, t.rank);
  const i = asIndices('indexAdd', indices);
  const u = asTensor(updates, t.dtype);
  expectSameDType('indexAdd', t, u);
  expectShape('indexAdd', 'updates', u, [...t.shape.slice(0, at), ...i.shape, ...t.shape.slice(at + 1)]);
  const added = scatterRows(toFront(t, at, 1), i, toFront(u, at, i.rank), 'add');
  const order = added.shape.map((_, axis) => (axis < at ? axis + 1 : axis === at ? 0 : axis));
  return transpose(added, order);
}

/** Moves `count` axes starting at `axis` before the others. */
function toFront(t: Tensor, axis: number, count: number): Tensor {
  const axes = t.shape.map((_, i) => i);
  const moved = axes.splice(axis, count);
  return transpose(t, [...moved, ...axes]);
}

// ---------------------------------------------------------------------------------------------------------
// Slices named by several coordinates

/**
 * x with the axes that coordinates address merged into one, and the coordinates as indices along it.
 *
 * The merged axes are x's first `batchDims + K`: coordinates of the batch are implied by an index's place.
 */
function addressed(op: string, x: Tensor, indices: Tensor, batchDims: number): [rows: Tensor, index: Tensor] {
  const k = indices.shape.at(-1);
  const depth = batchDims + Number(k);
  if (typeof k !== 'number' || k < 1 || depth > x.rank || batchDims >= indices.rank || batchDims < 0) {
    throw new TensorError(
      op,
      `indices ${shapeText(indices.shape)} do not address ${shapeText(x.shape)}${batchDims ? ` with ${batchDims} batch axes` : ''}`,
    );
  }
  const sizes = x.shape.slice(0, depth);
  const places = indices.shape.slice(0, -1);
  if (!sameShape(places.slice(0, batchDims), sizes.slice(0, batchDims))) {
    throw new TensorError(
      op,
      `the first ${batchDims} axes of indices ${shapeText(indices.shape)} and ${shapeText(x.shape)} differ`,
    );
  }
  const strides = sizes.map((_, axis) => sizeOfShape(sizes.slice(axis + 1)));
  const wrapped = where(less(indices, 0), add(indices, dimVector(sizes.slice(batchDims))), indices);
  const within = sum(mul(wrapped, dimVector(strides.slice(batchDims))), { axes: -1 });
  const index = places.slice(0, batchDims).reduce<Tensor>((sofar, size, axis) => {
    const starts = mul(arange(size), dimTensor(strides[axis]!));
    return add(sofar, reshape(starts, [size, ...places.slice(axis + 1).map(() => 1)]));
  }, within);
  return [reshape(x, [sizeOfShape(sizes), ...x.shape.slice(depth)]), index];
}

/** Dimensions' values as int32 [dims.length]. */
const dimVector = (dims: Shape): Tensor =>
  isStatic(dims)
    ? constant(array(dims, { dtype: 'int32' }))
    : concat(dims.map((d) => reshape(dimTensor(d), [1])));

/**
 * The slices of x that lists of coordinates name: `result[i] = x[indices[i, 0], …, indices[i, K-1]]`.
 *
 * @param x - `[...B, d1, …, dK, ...rest]`.
 * @param indices - integers `[...B, ...I, K]`: the last axis is a place along x's axes after the batch.
 * @param batchDims - number of leading axes `B` that x and the indices share.
 * @returns `[...B, ...I, ...rest]`.
 * @throws TensorError when K is symbolic or exceeds x's axes, or when the batch axes differ.
 */
export function gatherNd(x: TensorLike, indices: TensorLike, batchDims = 0): Tensor {
  const [rows, index] = addressed('gatherNd', asTensor(x), asIndices('gatherNd', indices), batchDims);
  return gather(rows, index);
}

/**
 * x with the slices at `indices` replaced by `updates`. Which of several updates of one place stays is
 * unspecified.
 *
 * @param x - `[d1, …, dK, ...rest]`.
 * @param indices - integers `[...I, K]`.
 * @param updates - `[...I, ...rest]`.
 * @throws TensorError when the shapes do not fit.
 */
export const scatterNd = (x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor =>
  writeNd('scatterNd', x, indices, updates, 'none');

/** As {@link scatterNd}, but adds the updates; those for the same place add up. */
export const scatterNdAdd = (x: TensorLike, indices: TensorLike, updates: TensorLike): Tensor =>
  writeNd('scatterNdAdd', x, indices, updates, 'add');

function writeNd(
  op: string,
  x: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  reduction: ScatterAttrs['reduction'],
): Tensor {
  const t = asTensor(x);
  const u = asTensor(updates, t.dtype);
  const [rows, index] = addressed(op, t, asIndices(op, indices), 0);
  expectSameDType(op, t, u);
  expectShape(op, 'updates', u, [...index.shape, ...rows.shape.slice(1)]);
  return reshape(scatterRows(rows, index, u, reduction), t.shape);
}

// ---------------------------------------------------------------------------------------------------------
// One index per element

/** Indices have x's rank, and no axis but `axis` may be longer than x's. */
function expectElementIndices(op: string, x: Tensor, indices: Tensor, axis: number): void {
  const longer = (d: Dim, i: number) =>
    i !== axis && typeof d === 'number' && typeof x.shape[i] === 'number' && d > x.shape[i];
  if (indices.rank !== x.rank || indices.shape.some(longer)) {
    throw new TensorError(
      op,
      `indices ${shapeText(indices.shape)} do not fit ${shapeText(x.shape)} along axis ${axis}`,
    );
  }
}

const gatherElementsOp: Op<{ axis: number }> = {
  name: 'gatherElements',
  infer: ([x, indices], { axis }) => {
    expectElementIndices('gatherElements', x!, indices!, axis);
    return [{ dtype: x!.dtype, shape: indices!.shape }];
  },
  vjp: ([g], { inputs: [x, indices], attrs: { axis } }) => [
    g && scatterAdd(zerosLike(x!), indices!, g, axis),
    undefined,
  ],
  lower: (l, node) => l.node('GatherElements', l.inputs(node), { axis: node.attrs.axis }),
};

/**
 * One element of x for each index: `result[i][j] = x[i][indices[i][j]]` for axis 1. PyTorch's `gather`,
 * NumPy's `take_along_axis`.
 *
 * @param indices - integers of x's rank; along other axes than `axis` at most as long as x.
 * @returns x's elements in the shape of `indices`.
 * @throws TensorError when the indices do not fit.
 */
export function gatherElements(x: TensorLike, indices: TensorLike, axis: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis('gatherElements', axis, t.rank);
  return apply(gatherElementsOp, [t, asIndices('gatherElements', indices)], { axis: at });
}

const scatterElementsOp: Op<ScatterAttrs & { axis: number }> = {
  name: 'scatterElements',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs: [, indices, updates], attrs: { axis, reduction } }) =>
    g
      ? [
          reduction === 'add' ? g : scatterElements(g, indices!, zerosLike(updates!), axis),
          undefined,
          gatherElements(g, indices!, axis),
        ]
      : [undefined, undefined, undefined],
  lower: (l, node) => l.node('ScatterElements', l.inputs(node), { ...node.attrs }),
};

function writeElements(
  op: string,
  x: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  axis: number,
  reduction: ScatterAttrs['reduction'],
): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis(op, axis, t.rank);
  const i = asIndices(op, indices);
  const u = asTensor(updates, t.dtype);
  expectElementIndices(op, t, i, at);
  expectSameDType(op, t, u);
  expectShape(op, 'updates', u, i.shape);
  return apply(scatterElementsOp, [t, i, u], { axis: at, reduction });
}

/**
 * x with `updates` added at `indices`: `x[i][indices[i][j]] += updates[i][j]` for axis 1. Updates of the
 * same place add up. PyTorch's `scatter_add`; the gradient of {@link gatherElements}.
 *
 * @param indices - integers of x's rank; along other axes than `axis` at most as long as x.
 * @param updates - of the indices' shape and x's dtype.
 * @throws TensorError when the shapes or dtypes do not fit.
 */
export const scatterAdd = (x: TensorLike, indices: TensorLike, updates: TensorLike, axis: number): Tensor =>
  writeElements('scatterAdd', x, indices, updates, axis, 'add');

/**
 * As {@link scatterAdd}, but replaces x's elements (PyTorch's `scatter`). Which of several updates of one
 * place stays is unspecified, and so is their gradient.
 */
export const scatterElements = (
  x: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  axis: number,
): Tensor => writeElements('scatterElements', x, indices, updates, axis, 'none');

/**
 * 1 at each id's place along a new last axis of size `depth`, 0 elsewhere: `[...I]` → `[...I, depth]`.
 * An id out of range (negative ones included) gives zeros only.
 *
 * @throws TensorError when the ids are not integers.
 */
export function oneHot(ids: TensorLike, depth: Dim, dtype: DType = 'float32'): Tensor {
  // Not ONNX's OneHot: that has no kernel for int32 ids of a float result, nor any on WebGPU.
  return cast(equal(expandDims(asIndices('oneHot', ids), -1), arange(depth)), dtype);
}
