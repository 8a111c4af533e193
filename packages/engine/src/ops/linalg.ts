/**
 * @module Products of matrices, and their triangles.
 */
import { type Dim, mulDims, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { apply, asTensor, asTensors, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { add, broadcastShapes, greaterEqual, lessEqual, mul, where } from './elementwise.js';
import { sum, sumTo } from './reduce.js';
import { arange, expandDims, reshape, squeeze, swapAxes, transpose } from './shape.js';

const matmulOp: Op = {
  name: 'matmul',
  infer: ([a, b]) => {
    if (a!.dtype !== b!.dtype) throw new TensorError('matmul', `dtypes differ: ${a!.dtype} and ${b!.dtype}`);
    const [k, n] = [b!.shape.at(-2)!, b!.shape.at(-1)!];
    if (!sameDim(a!.shape.at(-1)!, k)) {
      throw new TensorError(
        'matmul',
        `shapes ${shapeText(a!.shape)} and ${shapeText(b!.shape)} do not align: ${a!.shape.at(-1)} ≠ ${k}`,
      );
    }
    const batch = broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: a!.dtype, shape: [...batch, a!.shape.at(-2)!, n] }];
  },
  vjp: ([g], { inputs: [a, b] }) => {
    if (!g) return [undefined, undefined];
    return [
      sumTo(matmul(g, swapAxes(b!, -1, -2)), a!.shape),
      // One large product where b is shared by the whole batch, instead of a batch of small ones to be summed.
      b!.rank === 2 && a!.rank > 2
        ? matmul(transpose(rows(a!), [1, 0]), rows(g))
        : sumTo(matmul(swapAxes(a!, -1, -2), g), b!.shape),
    ];
  },
  lower: (l, node) => l.node('MatMul', l.inputs(node)),
};

/** All leading axes merged: [..., n] → [rows, n]. */
const rows = (t: Tensor): Tensor => reshape(t, [-1, t.shape.at(-1)!]);

/**
 * Matrix product [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast. A vector operand is a row
 * on the left, a column on the right.
 *
 * @throws TensorError when the inner sizes differ.
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asTensors(a, b) as [Tensor, Tensor];
  if (x.rank === 0 || y.rank === 0)
    throw new TensorError('matmul', 'a scalar has no matrix product: use mul');
  if (x.rank === 1) return squeeze(matmul(expandDims(x, 0), y), -2 + (y.rank === 1 ? 1 : 0));
  if (y.rank === 1) return squeeze(matmul(x, expandDims(y, 1)), -1);
  return apply(matmulOp, [x, y], {});
}

const triangle =
  (op: string, within: (column: Tensor, row: Tensor) => Tensor) =>
  (x: TensorLike, diagonal = 0): Tensor => {
    const t = asTensor(x);
    const [rows, columns] = t.shape.slice(-2);
    if (rows === undefined || columns === undefined) {
      throw new TensorError(op, `${shapeText(t.shape)} are not matrices [..., rows, columns]`);
    }
    return where(within(arange(columns), add(expandDims(arange(rows), 1), diagonal)), t, 0);
  };
/** Matrices `[..., rows, columns]` with zeros above a diagonal: the main one, or so many to the right of it. */
export const tril = triangle('tril', lessEqual);
/** Matrices `[..., rows, columns]` with zeros below a diagonal: the main one, or so many to the right of it. */
export const triu = triangle('triu', greaterEqual);

/**
 * Sums of products over named axes, as NumPy's einsum: `einsum('bik,bjk->bij', a, b)`. Composed of
 * transposes, reshapes and one matrix product per pair of operands (or, of a pair with the same axes, one product
 * of elements).
 *
 * @throws TensorError for a malformed equation, a repeated letter within one operand, or sizes that differ.
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  const tensors = asTensors(...operands);
  const [left, output] = equation.replaceAll(' ', '').split('->');
  const inputs = left!.split(',');
  if (output === undefined) throw new TensorError('einsum', `equation '${equation}' needs '->'`);
  if (inputs.length !== tensors.length) {
    throw new TensorError(
      'einsum',
      `equation '${equation}' names ${inputs.length} operands, ${tensors.length} given`,
    );
  }
  const sizes = new Map<string, Dim>();
  for (const [i, letters] of inputs.entries()) {
    const t = tensors[i]!;
    if (
      letters.length !== t.rank ||
      new Set(letters).size !== letters.length ||
      !/^[A-Za-z]*$/.test(letters)
    ) {
      throw new TensorError(
        'einsum',
        `'${letters}' does not name the ${t.rank} axes of operand ${i}, each once`,
      );
    }
    [...letters].forEach((c, axis) => {
      const known = sizes.get(c);
      if (known !== undefined && !sameDim(known, t.shape[axis]!)) {
        throw new TensorError('einsum', `axis '${c}' has sizes ${known} and ${t.shape[axis]}`);
      }
      sizes.set(c, t.shape[axis]!);
    });
  }
  for (const c of output)
    if (!sizes.has(c)) throw new TensorError('einsum', `output axis '${c}' is in no operand`);

  let letters = inputs[0]!;
  let result = tensors[0]!;
  for (let i = 1; i < tensors.length; i++) {
    const later = output + inputs.slice(i + 1).join('');
    [letters, result] = contract(letters, result, inputs[i]!, tensors[i]!, later, sizes);
  }
  return permuteTo(sumOut(letters, result, output), output);
}

type Labelled = readonly [letters: string, tensor: Tensor];

/** Sums the axes that `keep` does not name. */
function sumOut(letters: string, t: Tensor, keep: string): Labelled {
  const axes = [...letters].flatMap((c, i) => (keep.includes(c) ? [] : [i]));
  return axes.length === 0
    ? [letters, t]
    : [[...letters].filter((c) => keep.includes(c)).join(''), sum(t, { axes })];
}

const permuteTo = ([letters, t]: Labelled, order: string): Tensor =>
  transpose(
    t,
    [...order].map((c) => letters.indexOf(c)),
  );

/** The product of two operands, summed over what neither the output nor a later operand names. */
function contract(
  la: string,
  a: Tensor,
  lb: string,
  b: Tensor,
  later: string,
  sizes: ReadonlyMap<string, Dim>,
): [string, Tensor] {
  const [ka, ta] = sumOut(la, a, later + lb);
  const [kb, tb] = sumOut(lb, b, later + la);
  const shared = [...ka].filter((c) => kb.includes(c));
  const batch = shared.filter((c) => later.includes(c)).join('');
  const inner = shared.filter((c) => !later.includes(c)).join('');
  const rowsOf = [...ka].filter((c) => !kb.includes(c)).join('');
  const columns = [...kb].filter((c) => !ka.includes(c)).join('');
  const size = (letters: string): Dim[] => [...letters].map((c) => sizes.get(c)!);
  const merge = (letters: string): Dim => mulDims(...size(letters));
  if (rowsOf + columns === '') {
    // A matrix product would be one of single rows with single columns, each computed for itself.
    const product = mul(permuteTo([ka, ta], batch + inner), permuteTo([kb, tb], batch + inner));
    return inner === ''
      ? [batch, product]
      : [batch, sum(product, { axes: [...inner].map((_, i) => batch.length + i) })];
  }
  const x = reshape(permuteTo([ka, ta], batch + rowsOf + inner), [
    ...size(batch),
    merge(rowsOf),
    merge(inner),
  ]);
  const y = reshape(permuteTo([kb, tb], batch + inner + columns), [
    ...size(batch),
    merge(inner),
    merge(columns),
  ]);
  return [batch + rowsOf + columns, reshape(matmul(x, y), size(batch + rowsOf + columns))];
}
