/**
 * @module Eigenvalues and eigenvectors of symmetric matrices in double precision.
 *
 * Householder reflections to tridiagonal form, then QL steps with implicit shifts (Golub and Van Loan, Matrix
 * Computations, sections 8.3.1 and 8.3.3): 512 × 512 take about a second with vectors.
 */

export interface SymmetricEigen {
  /** In descending order [n]. */
  readonly values: Float64Array;
  /** Unit eigenvectors by rows, in the order of the values [n, n]; undefined where they were not asked for. */
  readonly vectors: Float64Array | undefined;
}

/** More QL steps for one eigenvalue than finite matrices ever need. */
const MAX_STEPS = 60;

/**
 * All eigenvalues of a symmetric matrix, with eigenvectors where they are asked for.
 *
 * @param matrix - [n, n]; the lower triangle is read.
 * @throws RangeError when a value is not finite.
 */
export function symmetricEigen(matrix: Float64Array, n: number, { vectors = false } = {}): SymmetricEigen {
  if (!matrix.every(Number.isFinite)) throw new RangeError('symmetricEigen: a value is not finite');
  const a = matrix.slice();
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const reflections = tridiagonalize(a, n, diagonal, off);
  const q = vectors ? accumulated(a, reflections, n) : undefined;
  diagonalize(diagonal, off, q);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j]! - diagonal[i]!);
  return {
    values: Float64Array.from(order, (i) => diagonal[i]!),
    vectors: q && rowsOf(q, order, n),
  };
}

function rowsOf(q: Float64Array, order: readonly number[], n: number): Float64Array {
  const rows = new Float64Array(n * n);
  for (const [to, from] of order.entries()) rows.set(q.subarray(from * n, (from + 1) * n), to * n);
  return rows;
}

/**
 * Reflects `a` to tridiagonal form from its last row up. Row i keeps its reflection's vector v (of i elements), and the
 * result its factors h, with P = I - v vᵀ / h; h is 0 where there is nothing to reflect.
 */
function tridiagonalize(a: Float64Array, n: number, diagonal: Float64Array, off: Float64Array): Float64Array {
  const factors = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i);
    diagonal[i] = a[i * n + i]!;
    const scale = v.subarray(0, i - 1).reduce((s, x) => s + Math.abs(x), 0);
    if (scale === 0) {
      off[i] = v[i - 1]!;
      continue;
    }
    // Scaled so that squares neither overflow nor vanish.
    const whole = scale + Math.abs(v[i - 1]!);
    let squares = 0;
    for (let k = 0; k < i; k++) {
      v[k]! /= whole;
      squares += v[k]! * v[k]!;
    }
    const last = v[i - 1]!;
    const length = last >= 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    off[i] = whole * length;
    const h = squares - last * length;
    v[i - 1] = last - length;
    factors[i] = h;
    rankTwoUpdate(a, n, v, h, p);
  }
  diagonal[0] = a[0]!;
  return factors;
}

/** A ← P A P for the leading block of v's size, the lower triangle only; `p` is scratch. */
function rankTwoUpdate(a: Float64Array, n: number, v: Float64Array, h: number, p: Float64Array): void {
  const size = v.length;
  p.fill(0, 0, size);
  for (let r = 0; r < size; r++) {
    let sum = a[r * n + r]! * v[r]!;
    for (let c = 0; c < r; c++) {
      const value = a[r * n + c]!;
      sum += value * v[c]!;
      p[c]! += value * v[r]!;
    }
    p[r]! += sum;
  }
  let inner = 0;
  for (let r = 0; r < size; r++) {
    p[r]! /= h;
    inner += p[r]! * v[r]!;
  }
  const half = inner / (2 * h);
  for (let r = 0; r < size; r++) p[r]! -= half * v[r]!;
  for (let r = 0; r < size; r++) for (let c = 0; c <= r; c++) a[r * n + c]! -= v[r]! * p[c]! + p[r]! * v[c]!;
}

/** The product of the reflections, transposed: row j is the image of the j-th basis vector of the tridiagonal form. */
function accumulated(a: Float64Array, factors: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let i = 1; i < n; i++) {
    const h = factors[i]!;
    if (h === 0) continue;
    const v = a.subarray(i * n, i * n + i);
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = 0; k < i; k++) sum += q[j * n + k]! * v[k]!;
      sum /= h;
      for (let k = 0; k < i; k++) q[j * n + k]! -= sum * v[k]!;
    }
  }
  return q;
}

/** QL with implicit shifts: `d` becomes the eigenvalues, rows of `q` their vectors; `e[i]` couples i - 1 and i. */
function diagonalize(d: Float64Array, e: Float64Array, q: Float64Array | undefined): void {
  const n = d.length;
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (step === MAX_STEPS) throw new RangeError('symmetricEigen: the iteration does not converge');
      qlStep(d, e, q, l, m);
    }
  }
}

/** One step on the unreduced block l..m. */
function qlStep(d: Float64Array, e: Float64Array, q: Float64Array | undefined, l: number, m: number): void {
  const n = d.length;
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    if (q) rotate(q, i * n, n, c, s);
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

/** Turns two successive rows of n numbers, of which the first begins at `at`. */
function rotate(q: Float64Array, at: number, n: number, c: number, s: number): void {
  for (let k = at; k < at + n; k++) {
    const [x, y] = [q[k]!, q[k + n]!];
    q[k + n] = s * x + c * y;
    q[k] = c * x - s * y;
  }
}
