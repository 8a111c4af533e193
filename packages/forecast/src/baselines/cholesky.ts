/**
 * @module Small dense systems of equations.
 */

/**
 * Solves A x = b in place for a symmetric positive definite A: `b` becomes x, and A's lower triangle its Cholesky
 * factor. The upper triangle is not read.
 *
 * @param a - [n, n], row-major.
 * @param b - [n].
 * @returns false, with both arrays in an undefined state, where A is not positive definite.
 */
export function solvePositiveDefinite(a: Float64Array, b: Float64Array): boolean {
  if (!choleskyFactor(a, b.length)) return false;
  choleskySolve(a, b);
  return true;
}

/** Replaces the lower triangle of A [n, n] by L with A = L Lᵀ; false where A is not positive definite. */
export function choleskyFactor(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      if (i !== j) a[i * n + j] = sum / a[j * n + j]!;
      else if (sum > 0) a[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L Lᵀ x = b in place, L the lower triangle of [n, n]. */
export function choleskySolve(l: Float64Array, b: Float64Array): void {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * n + k]! * b[k]!;
    b[i] = sum / l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * b[k]!;
    b[i] = sum / l[i * n + i]!;
  }
}
