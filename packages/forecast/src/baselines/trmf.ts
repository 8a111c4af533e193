/**
 * @module TRMF as a forecasting method: all series at once, from a few latent series with autoregressions.
 */
import { Generator } from '@sextant/engine';
import { checkPredictOptions, type Forecast, type Method } from '../method.js';
import { gaussianQuantiles } from '../quantiles.js';
import type { Series } from '../series.js';
import {
  extended,
  type FactorizationOptions,
  type Factors,
  loadings,
  recursionErrors,
  sweep,
} from './factorization.js';
import { history } from './per-series.js';

export interface TrmfOptions extends Partial<FactorizationOptions> {
  /** Steps of the season, which the default lags come from. */
  readonly season: number;
  /** Alternating sweeps over F, X and W. */
  readonly sweeps?: number;
}

const RANK = 16;

/**
 * Weights of the penalties that grow with the sums they stand beside, for N series of T steps and variance 1. The
 * shares were chosen on the 48 hours before the test part of M4-Hourly.
 */
const penalties = (series: number, steps: number) => {
  const lambdaX = series / 4;
  return { lambdaF: steps / 50, lambdaX, lambdaW: (lambdaX * steps) / 100, eta: 0.01 };
};

/**
 * Temporal regularized matrix factorization (`factorization.ts`) of all series of a table, each scaled to mean 0 and
 * variance 1, on the table's grid: what lies before or after a series' values is missing there. A series that ends
 * before others is forecast from what they show of the latent series then.
 *
 * The article gives points only. The quantiles here are Gaussian: the variance is that of the series' own residuals,
 * Y − F X, plus what the innovations of the latent autoregressions add up to.
 */
export const trmf = ({ season, sweeps = 10, ...given }: TrmfOptions): Method => ({
  name: 'TRMF',
  async predict({ series }, options): Promise<Forecast> {
    checkPredictOptions(options);
    const { horizon, quantiles } = options;
    const origin = series.reduce((min, s) => Math.min(min, s.start), Number.POSITIVE_INFINITY);
    const steps = series.reduce((max, s) => Math.max(max, s.start - origin + s.values.length), 0);
    const scaled = series.map((s) => ({ ...standardized(s), end: s.start - origin + s.values.length }));
    const rows = scaled.map(({ values, end }) => {
      const row = new Float64Array(steps).fill(Number.NaN);
      row.set(values, end - values.length);
      return row;
    });
    const chosen = {
      rank: Math.min(RANK, series.length, steps),
      lags: seasonalLags(season, steps),
      ...penalties(series.length, steps),
      ...given,
    };
    let factors = start(rows, chosen, options.seed ?? 0);
    for (let i = 0; i < sweeps; i++) factors = sweep(rows, factors, chosen);

    const latent = extended(factors, chosen, horizon);
    const spread = latentVariance(factors, chosen, horizon);
    const values = scaled.map(({ mean, deviation, end }, i) => {
      const f = factors.f.subarray(i * chosen.rank, (i + 1) * chosen.rank);
      const at = (t: number) => f.reduce((sum, v, r) => sum + v * latent[t * chosen.rank + r]!, 0);
      const residual = meanSquare(rows[i]!.map((v, t) => v - at(t)));
      const path = Float64Array.from({ length: horizon }, (_, h) => mean + deviation * at(end + h));
      const sigma = path.map((_, h) => {
        const ahead = end + h - steps;
        const added =
          ahead < 0 ? 0 : f.reduce((sum, v, r) => sum + v * v * spread[ahead * chosen.rank + r]!, 0);
        return deviation * Math.sqrt(residual + added);
      });
      return gaussianQuantiles(path, sigma, quantiles);
    });
    return { horizon, quantiles, values };
  },
});

/** Lags 1 … m and, where the history is long enough for them, 7 m … 8 m − 1: a day and a week, for hourly data. */
export function seasonalLags(season: number, steps: number): readonly number[] {
  const m = Math.max(season, 2);
  const lags = Array.from({ length: m }, (_, i) => i + 1).flatMap((lag) => [lag, 7 * m + lag - 1]);
  // The recursion has to be seen more often than its largest lag.
  return lags.filter((lag) => lag === 1 || 3 * lag <= steps).sort((a, b) => a - b);
}

/** The values with mean 0 and variance 1; a constant series keeps its (zero) variance. */
function standardized(series: Series) {
  const known = history(series).filter((v) => !Number.isNaN(v));
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const deviation = Math.sqrt(meanSquare(known.map((v) => v - mean))) || 1;
  return { mean, deviation, values: series.values.map((v) => (v - mean) / deviation) };
}

/** Of the values that are not missing. */
function meanSquare(values: Float64Array): number {
  const known = values.filter((v) => !Number.isNaN(v));
  return known.reduce((sum, v) => sum + v * v, 0) / known.length;
}

/** X as random mixtures of the series, which lie close to their principal ones; W = 0. */
function start(rows: readonly Float64Array[], options: FactorizationOptions, seed: number): Factors {
  const { rank: k, lags } = options;
  const mixture = new Generator(seed).normalArray([rows.length, k]).data;
  const x = new Float64Array(rows[0]!.length * k);
  for (const [i, row] of rows.entries()) {
    for (let t = 0; t < row.length; t++) {
      for (let r = 0; !Number.isNaN(row[t]!) && r < k; r++)
        x[t * k + r]! += (mixture[i * k + r]! * row[t]!) / Math.sqrt(rows.length);
    }
  }
  return { f: loadings(rows, x, options), x, w: new Float64Array(k * lags.length) };
}

/** Variance of each latent series at each step ahead [horizon, k], from the mean square of its recursion's errors. */
function latentVariance({ x, w }: Factors, options: FactorizationOptions, horizon: number): Float64Array {
  const { rank: k, lags } = options;
  const errors = recursionErrors(x, w, options);
  const first = Math.max(...lags) * k;
  const variance = new Float64Array(horizon * k);
  for (let r = 0; r < k; r++) {
    let squares = 0;
    for (let at = first + r; at < errors.length; at += k) squares += errors[at]! ** 2;
    const sigma2 = squares / Math.max(1, (errors.length - first) / k);
    const psi = new Float64Array(horizon);
    psi[0] = 1;
    let total = 0;
    for (let h = 0; h < horizon; h++) {
      for (const [j, lag] of lags.entries()) if (lag <= h) psi[h]! += w[r * lags.length + j]! * psi[h - lag]!;
      total += psi[h]! ** 2;
      variance[h * k + r] = sigma2 * total;
    }
  }
  return variance;
}
