/**
 * @module Temporal regularized matrix factorization: the objective and its alternating minimisation (Yu, Rao & Dhillon,
 * NeurIPS 2016).
 *
 * Observations Y [N, T] are F X: F [N, k] and X [k, T], whose rows are autoregressive with the weights W [k, lags].
 * Minimised is
 *
 *     ½ Σ_observed (Y − F X)² + λf/2 |F|² + λx Σ_r (½ Σ_{t≥m} (x_rt − Σ_l w_rl x_{r,t−l})² + η/2 |x_r|²) + λw/2 |W|²
 *
 * with m the largest lag. Given two of F, X and W the third is a linear least-squares problem; each is solved exactly.
 */
import { choleskyFactor, choleskySolve, solvePositiveDefinite } from './cholesky.js';

export interface FactorizationOptions {
  /** k. */
  readonly rank: number;
  readonly lags: readonly number[];
  /** All four are above 0. */
  readonly lambdaF: number;
  readonly lambdaX: number;
  readonly lambdaW: number;
  readonly eta: number;
}

export interface Factors {
  /** F [N, k]. */
  readonly f: Float64Array;
  /** X by time [T, k]. */
  readonly x: Float64Array;
  /** W [k, lags]. */
  readonly w: Float64Array;
}

/** The residual of the equations of X, relative to their right side, at which they count as solved. */
const TOLERANCE = 1e-9;

/** The objective of Y, given as N rows [T], NaN where not observed. */
export function objective(y: readonly Float64Array[], factors: Factors, o: FactorizationOptions): number {
  const { f, x, w } = factors;
  const k = o.rank;
  let squares = 0;
  for (const [i, row] of y.entries()) {
    for (let t = 0; t < row.length; t++) {
      const error = row[t]! - dot(f, i * k, x, t * k, k);
      if (!Number.isNaN(error)) squares += error * error;
    }
  }
  const recursion = sum2(recursionErrors(x, w, o));
  return (
    squares / 2 +
    (o.lambdaF / 2) * sum2(f) +
    (o.lambdaX / 2) * (recursion + o.eta * sum2(x)) +
    (o.lambdaW / 2) * sum2(w)
  );
}

/** x_rt − Σ_l w_rl x_{r,t−l} by time [T, k]; 0 before the largest lag. */
export function recursionErrors(
  x: Float64Array,
  w: Float64Array,
  { rank: k, lags }: FactorizationOptions,
): Float64Array {
  const errors = new Float64Array(x.length);
  for (let at = Math.max(...lags) * k; at < x.length; at += k) {
    for (let r = 0; r < k; r++) errors[at + r] = x[at + r]!;
    for (let j = 0; j < lags.length; j++) {
      const past = at - lags[j]! * k;
      for (let r = 0; r < k; r++) errors[at + r]! -= w[r * lags.length + j]! * x[past + r]!;
    }
  }
  return errors;
}

/** X [T, k] followed by `steps` more by its recursion; values before the first are 0. */
export function extended(
  { x, w }: Factors,
  { rank: k, lags }: FactorizationOptions,
  steps: number,
): Float64Array {
  const longer = new Float64Array(x.length + steps * k);
  longer.set(x);
  for (let at = x.length; at < longer.length; at += k) {
    for (let j = 0; j < lags.length; j++) {
      const past = at - lags[j]! * k;
      for (let r = 0; past >= 0 && r < k; r++) longer[at + r]! += w[r * lags.length + j]! * longer[past + r]!;
    }
  }
  return longer;
}

/** One sweep: the best F for X, then the best X, then the best W. */
export function sweep(y: readonly Float64Array[], before: Factors, options: FactorizationOptions): Factors {
  const f = loadings(y, before.x, options);
  const x = latentSeries(y, { ...before, f }, options);
  return { f, x, w: recursionWeights(x, options) };
}

/** The best F for X: one ridge regression for each series. */
export function loadings(
  y: readonly Float64Array[],
  x: Float64Array,
  { rank: k, lambdaF }: FactorizationOptions,
): Float64Array {
  const f = new Float64Array(y.length * k);
  const gram = new Float64Array(k * k);
  for (const [i, row] of y.entries()) {
    const solution = f.subarray(i * k, (i + 1) * k);
    gram.fill(0);
    for (let r = 0; r < k; r++) gram[r * k + r] = lambdaF;
    for (let t = 0; t < row.length; t++) {
      if (!Number.isNaN(row[t]!)) accumulate(gram, solution, x, t * k, row[t]!);
    }
    solvePositiveDefinite(gram, solution);
  }
  return f;
}

/** The best W for X: one ridge regression for each latent series. */
function recursionWeights(
  x: Float64Array,
  { rank: k, lags, lambdaX, lambdaW }: FactorizationOptions,
): Float64Array {
  const count = lags.length;
  const w = new Float64Array(k * count);
  const past = new Float64Array(count);
  for (let r = 0; r < k; r++) {
    const solution = w.subarray(r * count, (r + 1) * count);
    const gram = new Float64Array(count * count);
    for (let j = 0; j < count; j++) gram[j * count + j] = lambdaW / lambdaX;
    for (let at = Math.max(...lags) * k + r; at < x.length; at += k) {
      for (let j = 0; j < count; j++) past[j] = x[at - lags[j]! * k]!;
      accumulate(gram, solution, past, 0, x[at]!);
    }
    solvePositiveDefinite(gram, solution);
  }
  return w;
}

/**
 * The best X for F and W, all its k T values together, by conjugate gradients from the X before: the equations couple
 * times up to the largest lag apart, and a factor of such a band would be far larger than the lags are many. The
 * preconditioner is the k × k blocks of each time, exactly.
 */
function latentSeries(
  y: readonly Float64Array[],
  { f, x: start, w }: Factors,
  options: FactorizationOptions,
): Float64Array {
  const { rank: k, lambdaX, eta } = options;
  const steps = start.length / k;
  // Of each time: Σ f fᵀ and Σ f y over the series observed then.
  const grams = Array.from({ length: steps }, () => new Float64Array(k * k));
  const right = new Float64Array(start.length);
  for (const [i, row] of y.entries()) {
    for (let t = 0; t < steps; t++) {
      if (!Number.isNaN(row[t]!))
        accumulate(grams[t]!, right.subarray(t * k, (t + 1) * k), f, i * k, row[t]!);
    }
  }
  const apply = (x: Float64Array): Float64Array => {
    const result = recursionAdjoint(recursionErrors(x, w, options), w, options);
    for (let t = 0, at = 0; t < steps; t++, at += k) {
      const gram = grams[t]!;
      for (let r = 0; r < k; r++) {
        let sum = lambdaX * (result[at + r]! + eta * x[at + r]!);
        for (let c = 0; c < k; c++) sum += gram[Math.max(r, c) * k + Math.min(r, c)]! * x[at + c]!;
        result[at + r] = sum;
      }
    }
    return result;
  };
  const diagonal = recursionDiagonal(steps, w, options);
  const blocks = grams.map((gram, t) => {
    const block = gram.slice();
    for (let r = 0; r < k; r++) block[r * k + r]! += lambdaX * (diagonal[t * k + r]! + eta);
    choleskyFactor(block, k);
    return block;
  });
  const precondition = (residual: Float64Array): Float64Array => {
    const result = residual.slice();
    for (const [t, block] of blocks.entries()) choleskySolve(block, result.subarray(t * k, (t + 1) * k));
    return result;
  };
  return conjugateGradients(apply, precondition, right, start);
}

/** The transpose of the map from X to its {@link recursionErrors}. */
function recursionAdjoint(
  errors: Float64Array,
  w: Float64Array,
  { rank: k, lags }: FactorizationOptions,
): Float64Array {
  const result = errors.slice();
  for (let at = Math.max(...lags) * k; at < errors.length; at += k) {
    for (let j = 0; j < lags.length; j++) {
      const past = at - lags[j]! * k;
      for (let r = 0; r < k; r++) result[past + r]! -= w[r * lags.length + j]! * errors[at + r]!;
    }
  }
  return result;
}

/** Diagonal of Aᵀ A with A the map from X to its {@link recursionErrors}. */
function recursionDiagonal(
  steps: number,
  w: Float64Array,
  { rank: k, lags }: FactorizationOptions,
): Float64Array {
  const diagonal = new Float64Array(steps * k);
  for (let t = Math.max(...lags); t < steps; t++) {
    for (let r = 0; r < k; r++) {
      diagonal[t * k + r]! += 1;
      for (let j = 0; j < lags.length; j++) diagonal[(t - lags[j]!) * k + r]! += w[r * lags.length + j]! ** 2;
    }
  }
  return diagonal;
}

/** Solves A x = b for a symmetric positive definite A, from `start`. */
function conjugateGradients(
  apply: (x: Float64Array) => Float64Array,
  precondition: (residual: Float64Array) => Float64Array,
  b: Float64Array,
  start: Float64Array,
): Float64Array {
  const x = start.slice();
  const applied = apply(x);
  const residual = b.map((v, i) => v - applied[i]!);
  const direction = precondition(residual);
  let energy = inner(residual, direction);
  const enough = TOLERANCE ** 2 * sum2(b);
  // In exact arithmetic as many steps as unknowns suffice.
  for (let step = 0; step < x.length && sum2(residual) > enough; step++) {
    const image = apply(direction);
    const length = energy / inner(direction, image);
    for (let i = 0; i < x.length; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * image[i]!;
    }
    const steepest = precondition(residual);
    const next = inner(residual, steepest);
    for (let i = 0; i < x.length; i++) direction[i] = steepest[i]! + (next / energy) * direction[i]!;
    energy = next;
  }
  return x;
}

/** Adds v vᵀ to the lower triangle of `gram` and `target` v to `right`, v the k values of `from` at `at`. */
function accumulate(
  gram: Float64Array,
  right: Float64Array,
  from: Float64Array,
  at: number,
  target: number,
): void {
  const k = right.length;
  for (let r = 0; r < k; r++) {
    const v = from[at + r]!;
    right[r]! += target * v;
    for (let c = 0; c <= r; c++) gram[r * k + c]! += v * from[at + c]!;
  }
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, k: number): number {
  let sum = 0;
  for (let r = 0; r < k; r++) sum += a[i + r]! * b[j + r]!;
  return sum;
}

const inner = (a: Float64Array, b: Float64Array): number => dot(a, 0, b, 0, a.length);

const sum2 = (a: Float64Array): number => inner(a, a);
