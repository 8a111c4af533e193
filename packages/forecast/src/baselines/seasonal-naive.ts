/**
 * @module Naive forecasts: the last value, or the last season, comes again.
 */
import type { Method } from '../method.js';
import { type GaussianPath, gaussianPerSeries, usableSeason } from './per-series.js';

/**
 * The value one season before, again and again; the variance is that of a seasonal random walk,
 * σ² (⌊(h − 1)/m⌋ + 1) at step h, with σ² the mean square of y_t − y_{t−m}. (Hyndman & Athanasopoulos, Forecasting:
 * Principles and Practice, 5.5.)
 *
 * A missing value is taken from the season before it. Histories shorter than two seasons repeat their last value.
 */
export const seasonalNaive = ({ season }: { readonly season: number }): Method =>
  gaussianPerSeries('seasonal naive', (y, horizon) =>
    seasonalWalk(y, usableSeason(season, y.length), horizon),
  );

/** The last value again and again; σ² h at step h, with σ² the mean square of y_t − y_{t−1}. */
export const naive = (): Method => gaussianPerSeries('naive', (y, horizon) => seasonalWalk(y, 1, horizon));

function seasonalWalk(y: Float64Array, m: number, horizon: number): GaussianPath {
  const [mean, variance] = [new Float64Array(horizon), new Float64Array(horizon)];
  let [squares, count] = [0, 0];
  for (let t = m; t < y.length; t++) {
    const change = y[t]! - y[t - m]!;
    if (Number.isNaN(change)) continue;
    squares += change * change;
    count++;
  }
  const last = y.findLast((v) => !Number.isNaN(v))!;
  for (let h = 0; h < horizon; h++) {
    let t = y.length + (h % m) - m;
    while (t >= 0 && Number.isNaN(y[t]!)) t -= m;
    mean[h] = y[t] ?? last;
    variance[h] = count === 0 ? 0 : (squares / count) * (Math.floor(h / m) + 1);
  }
  return { mean, variance };
}
