/**
 * @module Seasonal ARIMA by conditional sums of squares.
 *
 * φ(B) Φ(B^s) (w_t − mean) = θ(B) Θ(B^s) e_t with w = (1 − B)^d (1 − B^s)^D y, where φ(B) = 1 − Σ φ_i B^i and
 * θ(B) = 1 + Σ θ_i B^i (Box & Jenkins). Innovations e are 0 before the series, for its first p + P s differences, and
 * where a difference is missing: there w is what the model expected of it.
 */
import type { GaussianPath } from './per-series.js';

export interface ArimaModel {
  readonly d: number;
  readonly seasonalD: number;
  /** s, in steps; of no meaning where nothing is seasonal. */
  readonly season: number;
  readonly ar: readonly number[];
  readonly ma: readonly number[];
  readonly seasonalAr: readonly number[];
  readonly seasonalMa: readonly number[];
  /** Of the differences. */
  readonly mean: number;
}

export interface ArimaRun {
  /** w [T − d − D s]. */
  readonly differenced: Float64Array;
  /** e, as long as w. */
  readonly residuals: Float64Array;
  /** Σ e² after the first p + P s. */
  readonly css: number;
  /** css / n, n the innovations that are neither among the first p + P s nor missing. */
  readonly sigma2: number;
  /** −n/2 (log(2π σ²) + 1). */
  readonly loglik: number;
}

/** Runs a model over y [T], NaN where missing. */
export function runArima(y: Float64Array, model: ArimaModel): ArimaRun {
  const differenced = difference(y, model);
  const residuals = new Float64Array(differenced.length);
  innovations(differenced, model, residuals);
  const first = conditioned(model);
  const n = differenced.reduce((count, w, t) => (t < first || Number.isNaN(w) ? count : count + 1), 0);
  const css = residuals.reduce((sum, e) => sum + e * e, 0);
  const sigma2 = n === 0 ? 0 : css / n;
  return { differenced, residuals, css, sigma2, loglik: (-n / 2) * (Math.log(2 * Math.PI * sigma2) + 1) };
}

/** The first p + P s differences, whose innovations are taken as 0. */
export const conditioned = ({ ar, seasonalAr, season }: ArimaModel): number =>
  ar.length + seasonalAr.length * season;

/** w [T − d − D s] of y [T]: NaN where a value that it depends on is missing. */
export function difference(
  y: Float64Array,
  model: Pick<ArimaModel, 'd' | 'seasonalD' | 'season'>,
): Float64Array {
  const { lags, weights, degree } = taps(differencing(model));
  return Float64Array.from({ length: Math.max(0, y.length - degree) }, (_, i) =>
    lags.reduce((sum, lag, j) => sum + weights[j]! * y[i + degree - lag]!, y[i + degree]!),
  );
}

/**
 * Writes the innovations of the differences w into `into`, as long as w.
 *
 * @returns w − mean with missing values and `ahead` more steps as the model expects them.
 */
export function innovations(w: Float64Array, model: ArimaModel, into: Float64Array, ahead = 0): Float64Array {
  const ar = taps(autoregression(model));
  const ma = taps(movingAverage(model));
  const first = conditioned(model);
  // Zeros before the series, so that every lag can be read.
  const pad = Math.max(ar.degree, ma.degree);
  const x = new Float64Array(pad + w.length + ahead);
  const e = new Float64Array(x.length);
  const [arCount, maCount] = [ar.lags.length, ma.lags.length];
  for (let t = 0, at = pad; at < x.length; t++, at++) {
    const value = t < w.length ? w[t]! - model.mean : Number.NaN;
    if (t < first) {
      x[at] = Number.isNaN(value) ? 0 : value;
      continue;
    }
    let expected = 0;
    for (let i = 0; i < arCount; i++) expected -= ar.weights[i]! * x[at - ar.lags[i]!]!;
    for (let i = 0; i < maCount; i++) expected += ma.weights[i]! * e[at - ma.lags[i]!]!;
    if (Number.isNaN(value)) x[at] = expected;
    else {
      x[at] = value;
      e[at] = value - expected;
    }
  }
  into.set(e.subarray(pad, pad + w.length));
  return x.subarray(pad);
}

/** What a model expects after y. */
export interface ArimaForecast extends GaussianPath {
  /** Weights of the innovations in y [horizon]: variance_h = σ² Σ_{j<h} ψ_j². */
  readonly psi: Float64Array;
}

/**
 * Forecasts after y [T].
 *
 * @param sigma2 - of the innovations.
 */
export function forecastArima(
  y: Float64Array,
  model: ArimaModel,
  sigma2: number,
  horizon: number,
): ArimaForecast {
  const w = difference(y, model);
  const x = innovations(w, model, new Float64Array(w.length), horizon);
  const { lags, weights, degree } = taps(differencing(model));
  const filled = new Float64Array(y.length + horizon).fill(Number.NaN);
  filled.set(y);
  for (let t = 0; t < filled.length; t++) {
    if (!Number.isNaN(filled[t]!)) continue;
    if (t < degree) filled[t] = filled[t - 1]!;
    else {
      const past = lags.reduce((sum, lag, j) => sum + weights[j]! * filled[t - lag]!, 0);
      filled[t] = x[t - degree]! + model.mean - past;
    }
  }
  const psi = impulseResponse(model, horizon);
  let sum = 0;
  const variance = psi.map((v) => {
    sum += v * v;
    return sigma2 * sum;
  });
  return { mean: filled.slice(y.length), variance, psi };
}

/** ψ(B) = θ(B) Θ(B^s) / (φ(B) Φ(B^s) (1 − B)^d (1 − B^s)^D), its first `count` coefficients. */
function impulseResponse(model: ArimaModel, count: number): Float64Array {
  const denominator = taps(product(autoregression(model), differencing(model)));
  const numerator = movingAverage(model);
  const psi = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    psi[j] = denominator.lags.reduce(
      (sum, lag, i) => (lag > j ? sum : sum - denominator.weights[i]! * psi[j - lag]!),
      numerator[j] ?? 0,
    );
  }
  return psi;
}

/** A polynomial in B: element i is the coefficient of B^i. */
type Polynomial = Float64Array;

/** (1 − B)^d (1 − B^s)^D. */
const differencing = ({ d, seasonalD, season }: Pick<ArimaModel, 'd' | 'seasonalD' | 'season'>): Polynomial =>
  [...Array(d).fill(1), ...Array(seasonalD).fill(season)].reduce(
    (all: Polynomial, lag: number) => product(all, polynomial([1], lag, -1)),
    Float64Array.of(1),
  );

const autoregression = ({ ar, seasonalAr, season }: ArimaModel): Polynomial =>
  product(polynomial(ar, 1, -1), polynomial(seasonalAr, season, -1));

const movingAverage = ({ ma, seasonalMa, season }: ArimaModel): Polynomial =>
  product(polynomial(ma, 1, 1), polynomial(seasonalMa, season, 1));

/** 1 + sign Σ c_i B^(i lag), i from 1. */
function polynomial(coefficients: readonly number[], lag: number, sign: 1 | -1): Polynomial {
  const result = new Float64Array(coefficients.length * lag + 1);
  result[0] = 1;
  for (const [i, c] of coefficients.entries()) result[(i + 1) * lag] = sign * c;
  return result;
}

function product(a: Polynomial, b: Polynomial): Polynomial {
  const result = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; a[i] !== 0 && j < b.length; j++) result[i + j]! += a[i]! * b[j]!;
  }
  return result;
}

/** The coefficients of a polynomial that are not 0, without that of B^0. */
function taps(p: Polynomial): { lags: number[]; weights: number[]; degree: number } {
  const lags = Array.from(p.keys()).filter((i) => i > 0 && p[i] !== 0);
  return { lags, weights: lags.map((i) => p[i]!), degree: p.length - 1 };
}
