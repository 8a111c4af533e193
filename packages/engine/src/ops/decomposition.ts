/**
 * @module Cholesky factors and triangular systems, batched, as blocks of matrix products.
 *
 * Both rest on elimination of small blocks, a loop of one step per column that yields a block's factor and the
 * factor's inverse at once; larger matrices are halved until the blocks are small, and their parts joined by
 * matrix products. Gradients are the standard formulas (Murray 2016), made of the same operations, so that
 * they have gradients too.
 */
import { sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType, isFloat } from '../ndarray.js';
import {
  apply,
  applyMany,
  asTensor,
  asTensors,
  constant,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { add, broadcastShapes, div, greater, greaterEqual, mul, sub, where } from './elementwise.js';
import { neg, sqrt } from './functions.js';
import { gather } from './indexing.js';
import { matmul } from './linalg.js';
import { sum, sumTo } from './reduce.js';
import { scan } from './scan.js';
import { arange, broadcastTo, expandDims, reshape, swapAxes } from './shape.js';
import { concat, pad, slice } from './slicing.js';

// ---------------------------------------------------------------------------------------------------------
// Matrices and their parts

const transposed = (a: Tensor): Tensor => swapAxes(a, -1, -2);

/** Rows `r0`..`r1` - 1 and columns `c0`..`c1` - 1. */
const block = (a: Tensor, r0: number, r1: number, c0: number, c1: number): Tensor =>
  slice(slice(a, -2, r0, r1), -1, c0, c1);

/** [[a, 0], [b, c]]. */
function joined(a: Tensor, b: Tensor, c: Tensor): Tensor {
  const zeros = broadcastTo(constant(array(0, { dtype: a.dtype })), [
    ...a.shape.slice(0, -1),
    c.shape.at(-1)!,
  ]);
  return concat([concat([a, zeros], -1), concat([b, c], -1)], -2);
}

function identity(n: number, dtype: DType): Tensor {
  const values = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  return constant(array(values, { dtype, shape: [n, n] }));
}

/** The lower triangle, without the diagonal if `strict`; zeros above. */
function lowerPart(a: Tensor, strict = false): Tensor {
  const index = arange(a.shape.at(-1)!);
  const inside = (strict ? greater : greaterEqual)(expandDims(index, 1), expandDims(index, 0));
  return where(inside, a, 0);
}

/** The size of square matrices `[..., n, n]`. @throws TensorError for other shapes, dtypes or a free size. */
function sizeOfSquare(op: string, a: Tensor): number {
  const [rows, columns] = a.shape.slice(-2);
  if (!isFloat(a.dtype)) throw new TensorError(op, `is not defined for ${a.dtype}`);
  if (rows === undefined || columns === undefined || !sameDim(rows, columns)) {
    throw new TensorError(op, `${shapeText(a.shape)} is not a square matrix or a batch of them`);
  }
  if (typeof rows !== 'number') throw new TensorError(op, `the size of ${shapeText(a.shape)} must be fixed`);
  return rows;
}

// ---------------------------------------------------------------------------------------------------------
// Elimination

/** Matrices up to this size are eliminated column by column, larger ones by halves (measured: 16 to 32). */
const BLOCK = 32;

/** The constants of an elimination, shared by blocks of one size. */
interface Steps {
  /** The number of the column of each step, int32 `[n, 1]`. */
  readonly pivots: Tensor;
  /** For each step, 1 in the rows below its own, `[n, n, 1]`. */
  readonly below: Tensor;
  readonly identity: Tensor;
}

function stepsFor(n: number, dtype: DType): Steps {
  const below = Array.from({ length: n * n }, (_, i) => (i % n > Math.floor(i / n) ? 1 : 0));
  return {
    pivots: reshape(arange(n), [n, 1]),
    below: constant(array(below, { dtype, shape: [n, n, 1] })),
    identity: identity(n, dtype),
  };
}

/**
 * Gaussian elimination without pivoting, of a together with the identity: E a = U with U upper triangular and
 * E unit lower triangular.
 */
function eliminate(
  a: Tensor,
  { pivots, below, identity }: Steps,
): { u: Tensor; e: Tensor; diagonal: Tensor } {
  const n = a.shape.at(-1) as number;
  const [reduced] = scan(
    (w: Tensor, [pivot, rows]: readonly [Tensor, Tensor]) => {
      const row = gather(w, pivot, -2);
      const factors = mul(div(gather(w, pivot, -1), gather(row, pivot, -1)), rows);
      return [sub(w, mul(factors, row)), []] as const;
    },
    concat([a, broadcastTo(identity, a.shape)], -1),
    [pivots, below] as const,
  );
  const u = slice(reduced, -1, 0, n);
  return { u, e: slice(reduced, -1, n), diagonal: sum(mul(u, identity), { axes: -1 }) };
}

/** The inverse of [[l11, 0], [l21, l22]] from those of its diagonal blocks. */
const joinedInverse = (x11: Tensor, l21: Tensor, x22: Tensor): Tensor =>
  joined(x11, neg(matmul(x22, matmul(l21, x11))), x22);

/** Where to halve a matrix: at a whole number of blocks. */
const middle = (n: number): number => Math.ceil(n / BLOCK / 2) * BLOCK;

// ---------------------------------------------------------------------------------------------------------
// Cholesky

interface Factor {
  readonly l: Tensor;
  /** l⁻¹. */
  readonly x: Tensor;
}

/** The Cholesky factor of a and its inverse. */
function factorize(a: Tensor, steps: (n: number) => Steps): Factor {
  const n = a.shape.at(-1) as number;
  if (n <= BLOCK) {
    // Of a symmetric a = M D Mᵀ, elimination makes U = D Mᵀ and E = M⁻¹: the roots of D make that L = M √D.
    const { u, e, diagonal } = eliminate(a, steps(n));
    const roots = sqrt(diagonal);
    return {
      l: lowerPart(div(transposed(u), expandDims(roots, -2))),
      x: div(e, expandDims(roots, -1)),
    };
  }
  const half = middle(n);
  const first = factorize(block(a, 0, half, 0, half), steps);
  const l21 = matmul(block(a, half, n, 0, half), transposed(first.x));
  const second = factorize(sub(block(a, half, n, half, n), matmul(l21, transposed(l21))), steps);
  return { l: joined(first.l, l21, second.l), x: joinedInverse(first.x, l21, second.x) };
}

/** Inputs: the factor, its inverse, the matrix. Outputs: the first two, with a gradient by the third. */
const choleskyOp: Op = {
  name: 'cholesky',
  infer: ([l, x]) => [l!, x!],
  vjp: ([ofL, ofX], { outputs }) => {
    const [l, x] = outputs as readonly [Tensor, Tensor];
    const byInverse = ofX && inverseGradient(ofX, x);
    const byFactor = ofL && byInverse ? add(ofL, byInverse) : (ofL ?? byInverse);
    if (!byFactor) return [];
    const product = matmul(transposed(l), byFactor);
    // Φ: the lower triangle with half the diagonal.
    const phi = mul(add(lowerPart(product), lowerPart(product, true)), 0.5);
    return [undefined, undefined, matmul(transposed(x), matmul(phi, x))];
  },
  lower: (l, node) => l.inputs(node).slice(0, 2),
};

/**
 * The lower triangular L with L Lᵀ = a, for symmetric positive definite a `[..., n, n]`; of another a, its
 * symmetric part (a + aᵀ) / 2 is factorised. Where that is not positive definite, L has NaN on its diagonal,
 * and so the sum of its elements is NaN.
 *
 * @throws TensorError when a is not square, not of floats, or n is a free dimension.
 */
export function cholesky(a: TensorLike): Tensor {
  const t = asTensor(a);
  sizeOfSquare('cholesky', t);
  const symmetric = mul(add(t, transposed(t)), 0.5);
  const bySize = new Map<number, Steps>();
  const steps = (n: number): Steps => {
    const known = bySize.get(n) ?? stepsFor(n, t.dtype);
    bySize.set(n, known);
    return known;
  };
  const { l, x } = factorize(symmetric, steps);
  return applyMany(choleskyOp, [l, x, symmetric], {})[0]!;
}

// ---------------------------------------------------------------------------------------------------------
// Triangular matrices

/** Gradient by l from that by its inverse x: -xᵀ g xᵀ, of which only the lower triangle counts. */
const inverseGradient = (g: Tensor, x: Tensor): Tensor => {
  const xt = transposed(x);
  return neg(lowerPart(matmul(xt, matmul(g, xt))));
};

/** Inputs: the inverse, the matrix. Output: the first, with a gradient by the second. */
const inverseOp: Op = {
  name: 'triangularInverse',
  infer: ([x]) => [x!],
  vjp: ([g], { outputs: [x] }) => [undefined, g && inverseGradient(g, x!)],
  lower: (l, node) => l.inputs(node).slice(0, 1),
};

/** The inverse of a lower triangular matrix whose upper part is zero. */
function inverseOf(l: Tensor): Tensor {
  // Cholesky's factor comes with its inverse.
  if (l.node.op === choleskyOp && l.index === 0) return l.node.outputs[1]!;
  const n = l.shape.at(-1) as number;
  const count = Math.ceil(n / BLOCK);
  const size = Math.ceil(n / count);
  const full = paddedWithIdentity(l, count * size);
  // All diagonal blocks are inverted at once, as one batch.
  const batch = l.shape.slice(0, -2);
  const blocks = reshape(full, [...batch, count, size, count, size]);
  const chosen = mul(blocks, reshape(identity(count, l.dtype), [count, 1, count, 1]));
  const { e, diagonal } = eliminate(sum(chosen, { axes: -2 }), stepsFor(size, l.dtype));
  const inverses = div(e, expandDims(diagonal, -1));
  const part = (from: number, to: number): Tensor => {
    if (to - from === 1) return reshape(slice(inverses, -3, from, to), [...batch, size, size]);
    const half = Math.ceil((from + to) / 2);
    const l21 = block(full, half * size, to * size, from * size, half * size);
    return joinedInverse(part(from, half), l21, part(half, to));
  };
  return apply(inverseOp, [block(part(0, count), 0, n, 0, n), l], {});
}

/** [[l, 0], [0, 1]] of a given size. */
function paddedWithIdentity(l: Tensor, size: number): Tensor {
  const n = l.shape.at(-1) as number;
  if (n === size) return l;
  const rest = new Float64Array(size * size);
  for (let i = n; i < size; i++) rest[i * size + i] = 1;
  const corner = constant(array(rest, { dtype: l.dtype, shape: [size, size] }));
  const widths = [0, size - n] as const;
  return add(pad(l, [widths, widths]), corner);
}

/** Which matrix a triangle of numbers stands for. */
export interface TriangularOptions {
  /** Whether a's lower triangle is read, or its upper one; the other is ignored. True by default. */
  readonly lower?: boolean;
  /** Whether the diagonal is taken to be ones, whatever a says. */
  readonly unitDiagonal?: boolean;
}

/** The triangle that the options name, as a lower triangular matrix: the upper one is transposed. */
function lowerTriangle(a: Tensor, { lower = true, unitDiagonal = false }: TriangularOptions): Tensor {
  if (a.node.op === choleskyOp && lower && !unitDiagonal) return a;
  const l = lower ? a : transposed(a);
  return unitDiagonal ? add(lowerPart(l, true), identity(l.shape.at(-1) as number, l.dtype)) : lowerPart(l);
}

/**
 * The inverse of triangular matrices `[..., n, n]`, triangular on the same side.
 *
 * @throws TensorError when a is not square, not of floats, or n is a free dimension.
 */
export function triangularInverse(a: TensorLike, options: TriangularOptions = {}): Tensor {
  const t = asTensor(a);
  sizeOfSquare('triangularInverse', t);
  const x = inverseOf(lowerTriangle(t, options));
  return options.lower === false ? transposed(x) : x;
}

/** Inputs: a lower triangular matrix, its inverse, right-hand sides. The gradient by the inverse goes to the matrix. */
const solveOp: Op<{ transpose: boolean }> = {
  name: 'triangularSolve',
  infer: ([, x, b]) => {
    const batch = broadcastShapes('triangularSolve', x!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ dtype: b!.dtype, shape: [...batch, ...b!.shape.slice(-2)] }];
  },
  vjp: ([g], { inputs: [l, x, b], outputs: [y], attrs: { transpose } }) => {
    if (!g) return [];
    const byB = apply(solveOp, [l!, x!, g], { transpose: !transpose });
    const [left, right] = transpose ? [y!, byB] : [byB, y!];
    const byL = neg(lowerPart(matmul(left, transposed(right))));
    return [sumTo(byL, l!.shape), undefined, sumTo(byB, b!.shape)];
  },
  lower: (l, node) => {
    const [x, b] = node.inputs.slice(1) as [Tensor, Tensor];
    const last = x.rank - 1;
    const perm = x.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
    const factor = node.attrs.transpose ? l.node('Transpose', [l.value(x)], { perm }) : l.value(x);
    return l.node('MatMul', [factor, l.value(b)]);
  },
};

/**
 * Solves a y = b, or aᵀ y = b, for triangular a `[..., n, n]` and b `[..., n, m]`; leading axes broadcast.
 * A zero on the diagonal gives infinities or NaN.
 *
 * @param options.transpose - solve aᵀ y = b.
 * @throws TensorError when a is not square, the sizes do not align, or n is a free dimension.
 */
export function triangularSolve(
  a: TensorLike,
  b: TensorLike,
  { transpose = false, ...triangle }: TriangularOptions & { readonly transpose?: boolean } = {},
): Tensor {
  const [matrix, sides] = asTensors(a, b) as [Tensor, Tensor];
  const n = sizeOfSquare('triangularSolve', matrix);
  if (sides.rank < 2 || sides.shape.at(-2) !== n) {
    throw new TensorError(
      'triangularSolve',
      `right-hand sides ${shapeText(sides.shape)} do not align with ${shapeText(matrix.shape)}: expected [..., ${n}, m]`,
    );
  }
  const l = lowerTriangle(matrix, triangle);
  // An upper triangle was transposed into a lower one, so its system is the transposed one.
  return apply(solveOp, [l, inverseOf(l), sides], { transpose: transpose !== (triangle.lower === false) });
}
