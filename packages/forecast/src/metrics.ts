/**
 * @module Measures of a forecast against the truth, in the units of the data and in double precision (spec, section 3).
 *
 * Each is a ratio of sums over all series and steps, so it is an accumulator: windows are added one after the other.
 * Cells whose truth is NaN are left out. A measure of no cells is NaN.
 */
import { normalCdf, normalPdf } from './normal.js';

/** Measures of point forecasts m of the truth z. */
export class PointErrors {
  private cells = 0;
  private magnitude = 0;
  private absolute = 0;
  private squared = 0;
  private symmetric = 0;

  /** Counts cells: two arrays of one length. */
  add(truth: ArrayLike<number>, point: ArrayLike<number>): this {
    for (let i = 0; i < truth.length; i++) {
      const [z, m] = [truth[i]!, point[i]!];
      if (Number.isNaN(z)) continue;
      const error = Math.abs(z - m);
      const size = Math.abs(z) + Math.abs(m);
      this.cells += 1;
      this.magnitude += Math.abs(z);
      this.absolute += error;
      this.squared += error * error;
      this.symmetric += size === 0 ? 0 : error / size;
    }
    return this;
  }

  /** Normalised deviation: Σ|z − m| / Σ|z|. */
  get nd(): number {
    return this.absolute / this.magnitude;
  }

  /** Normalised root of the mean squared error: √(mean (z − m)²) / mean |z|. */
  get nrmse(): number {
    return Math.sqrt(this.squared / this.cells) / (this.magnitude / this.cells);
  }

  /** Symmetric mean absolute percentage error, 0 to 200: mean 200 |z − m| / (|z| + |m|), where 0/0 counts as 0. */
  get smape(): number {
    return (200 * this.symmetric) / this.cells;
  }
}

/** Measures of the forecast ρ-quantile ẑ of the truth z. */
export class QuantileErrors {
  private cells = 0;
  private covered = 0;
  private magnitude = 0;
  private pinball = 0;

  constructor(readonly rho: number) {}

  /** Counts cells: two arrays of one length. */
  add(truth: ArrayLike<number>, quantile: ArrayLike<number>): this {
    for (let i = 0; i < truth.length; i++) {
      const [z, q] = [truth[i]!, quantile[i]!];
      if (Number.isNaN(z)) continue;
      const below = z <= q ? 1 : 0;
      this.cells += 1;
      this.covered += below;
      this.magnitude += Math.abs(z);
      this.pinball += (this.rho - below) * (z - q);
    }
    return this;
  }

  /** Quantile loss R_ρ = 2 Σ (ρ − 1{z ≤ ẑ})(z − ẑ) / Σ|z|. */
  get loss(): number {
    return (2 * this.pinball) / this.magnitude;
  }

  /** Share of the truth at or below the quantile: ρ where forecasts are calibrated. */
  get coverage(): number {
    return this.covered / this.cells;
  }
}

/** Mean absolute scaled error: the mean over series of mean |z − m| / mean |y_t − y_{t−s}| of the history y. */
export class ScaledErrors {
  private series = 0;
  private sum = 0;
  private left = 0;

  /** @param season - s, in steps. */
  constructor(readonly season: number) {}

  /** Counts one series: truth and point forecast of one length, and its history, NaN where values are missing. */
  add(truth: ArrayLike<number>, point: ArrayLike<number>, history: ArrayLike<number>): this {
    const error = meanDistance(truth, point, 0);
    if (Number.isNaN(error)) return this;
    const scale = meanDistance(history, history, this.season);
    if (scale > 0) {
      this.series += 1;
      this.sum += error / scale;
    } else this.left += 1;
    return this;
  }

  get mase(): number {
    return this.sum / this.series;
  }

  /** Series that have no such scale and do not count: they repeat exactly, or no two values lie a season apart. */
  get leftOut(): number {
    return this.left;
  }
}

/** Mean |a_{t+lag} − b_t| over the pairs where a and b are not missing; NaN where there is none. */
function meanDistance(a: ArrayLike<number>, b: ArrayLike<number>, lag: number): number {
  let [pairs, sum] = [0, 0];
  for (let t = lag; t < a.length; t++) {
    if (Number.isNaN(a[t]!) || (lag > 0 && Number.isNaN(b[t - lag]!))) continue;
    pairs += 1;
    sum += Math.abs(a[t]! - b[t - lag]!);
  }
  return sum / pairs;
}

/** The levels of the mean weighted quantile loss. */
export const DECILES: readonly number[] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * Continuous ranked probability score of N(mu, sigma²) at z: σ (u (2Φ(u) − 1) + 2φ(u) − 1/√π), u = (z − μ)/σ;
 * |z − μ| where sigma is 0.
 */
export function crpsGaussian(z: number, mu: number, sigma: number): number {
  if (sigma === 0) return Math.abs(z - mu);
  const u = (z - mu) / sigma;
  return sigma * (u * (2 * normalCdf(u) - 1) + 2 * normalPdf(u) - 1 / Math.sqrt(Math.PI));
}

/** Continuous ranked probability score of S samples at z: mean |X − z| − ½ mean |X − X′| over all S² pairs. */
export function crpsSamples(z: number, sorted: ArrayLike<number>): number {
  const { length } = sorted;
  let [distance, spread] = [0, 0];
  for (let i = 0; i < length; i++) {
    distance += Math.abs(sorted[i]! - z);
    // Of all pairs, the i-th smallest is the larger one 2i + 1 − S times more often than the smaller one.
    spread += (2 * i + 1 - length) * sorted[i]!;
  }
  return distance / length - spread / (length * length);
}
