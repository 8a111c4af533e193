/**
 * @module Nonlinear least squares.
 */
import { solvePositiveDefinite } from './cholesky.js';

export interface LeastSquaresOptions {
  /** Number of residuals. */
  readonly count: number;
  readonly start: readonly number[];
  /** Stops when a step lowers the sum of squares by less than this share of it. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
}

export interface LeastSquaresResult {
  readonly parameters: Float64Array;
  readonly sumOfSquares: number;
}

/** Relative width of the differences that derivatives are taken from: about the root of the double's precision. */
const WIDTH = 1e-7;

/** Step that is tried for a parameter which no residual depends on. */
const FLAT = 1e-12;

/**
 * Minimises Σ r_i(θ)² by the Levenberg–Marquardt method: steps solve (JᵀJ + μ diag JᵀJ) δ = −Jᵀr with forward
 * differences for J; μ falls while steps succeed and grows where they do not.
 *
 * Maximum likelihood under normal errors of one variance is this problem. Limits belong into the parameters' own
 * transformation; a sum of squares that is not finite counts as a failed step.
 *
 * @param residuals - writes r(θ) into `into` [count].
 */
export function leastSquares(
  residuals: (theta: Float64Array, into: Float64Array) => void,
  { count, start, tolerance = 1e-7, maxIterations = 50 }: LeastSquaresOptions,
): LeastSquaresResult {
  const n = start.length;
  let theta = Float64Array.from(start);
  let r = new Float64Array(count);
  residuals(theta, r);
  let sumOfSquares = dot(r, r);
  let trial = new Float64Array(n);
  let trialResiduals = new Float64Array(count);
  const columns = Array.from({ length: n }, () => new Float64Array(count));
  const [normal, damped, gradient] = [new Float64Array(n * n), new Float64Array(n * n), new Float64Array(n)];
  let damping = 1e-3;

  for (let iteration = 0; n > 0 && iteration < maxIterations && sumOfSquares > 0; iteration++) {
    for (const [j, column] of columns.entries()) {
      const width = WIDTH * Math.max(1, Math.abs(theta[j]!));
      trial.set(theta);
      trial[j]! += width;
      residuals(trial, column);
      for (let i = 0; i < count; i++) column[i] = (column[i]! - r[i]!) / width;
    }
    for (let j = 0; j < n; j++) {
      gradient[j] = dot(columns[j]!, r);
      for (let k = 0; k <= j; k++) normal[j * n + k] = dot(columns[j]!, columns[k]!);
    }
    let gain = 0;
    for (; damping < 1e8; damping *= 4) {
      damped.set(normal);
      for (let j = 0; j < n; j++) damped[j * n + j]! += damping * normal[j * n + j]! + FLAT * sumOfSquares;
      const step = gradient.slice();
      if (!solvePositiveDefinite(damped, step)) continue;
      for (let j = 0; j < n; j++) trial[j] = theta[j]! - step[j]!;
      residuals(trial, trialResiduals);
      const lower = dot(trialResiduals, trialResiduals);
      if (lower < sumOfSquares) {
        gain = 1 - lower / sumOfSquares;
        sumOfSquares = lower;
        [theta, trial] = [trial, theta];
        [r, trialResiduals] = [trialResiduals, r];
        damping = Math.max(damping / 10, 1e-10);
        break;
      }
    }
    if (gain < tolerance) break;
  }
  return { parameters: theta, sumOfSquares };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
