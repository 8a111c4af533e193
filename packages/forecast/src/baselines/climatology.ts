/**
 * @module Climatology: what the same phase of the season was like lately.
 */
import type { Method } from '../method.js';
import { quantileOfSorted } from '../quantiles.js';
import { perSeries, usableSeason } from './per-series.js';

/**
 * Empirical quantiles of each phase (hour of the day, for hourly data of season 24) over the last `seasons` seasons,
 * interpolated linearly. The same for every season ahead.
 *
 * Missing values are left out; a phase that was never observed has the quantiles of all phases. Histories shorter than
 * two seasons have one phase.
 */
export const climatology = ({
  season,
  seasons = 28,
}: {
  readonly season: number;
  readonly seasons?: number;
}): Method =>
  perSeries('climatology', (y, { horizon, quantiles }) => {
    const m = usableSeason(season, y.length);
    const recent = y.subarray(Math.max(0, y.length - seasons * Math.max(1, season)));
    const observed = (values: Float64Array) => values.filter((v) => !Number.isNaN(v)).sort();
    const everything = observed(recent);
    // Phase 0 is that of the first step ahead.
    const phases = Array.from({ length: Math.min(m, horizon) }, (_, phase) => {
      const same = observed(recent.filter((_, i) => (recent.length - i + phase) % m === 0));
      return same.length > 0 ? same : everything;
    });
    const values = new Float64Array(quantiles.length * horizon);
    for (const [i, level] of quantiles.entries()) {
      for (let h = 0; h < horizon; h++)
        values[i * horizon + h] = quantileOfSorted(phases[h % m]!, level, 'linear');
    }
    return values;
  });
