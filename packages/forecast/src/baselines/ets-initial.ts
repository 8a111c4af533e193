/**
 * @module Initial states of exponential smoothing, by the heuristics of Hyndman et al. (2008), section 2.6.1.
 */
import { seasonalMeans } from './decomposition.js';
import type { EtsForm, EtsState } from './ets.js';

/** Seasons that the initial seasonal states are averages of. */
const SEASONS = 5;

/** Values that the line of the initial level and trend goes through; as many as a season where that is more. */
const VALUES = 10;

/**
 * Seasonal states: means over the first seasons of what a centred moving average leaves, made to sum to 0. Level and
 * trend: the line through the first seasonally adjusted values, at t = −1; their mean where there is no trend.
 */
export function initialState(y: Float64Array, { season: m, trend }: EtsForm): EtsState {
  const season = m > 0 ? seasonalMeans(y.subarray(0, SEASONS * m), m) : new Float64Array(0);
  let [n, meanT, meanY, tt, ty] = [0, 0, 0, 0, 0];
  for (let t = 0; t < y.length && n < Math.max(VALUES, m); t++) {
    const value = y[t]! - (m > 0 ? season[t % m]! : 0);
    if (Number.isNaN(value)) continue;
    n++;
    // Running sums about the running means.
    const [dt, dy] = [t - meanT, value - meanY];
    meanT += dt / n;
    meanY += dy / n;
    tt += dt * (t - meanT);
    ty += dt * (value - meanY);
  }
  if (trend === 'none' || n < 2) return { level: meanY, trend: 0, season };
  const slope = ty / tt;
  return { level: meanY - slope * (meanT + 1), trend: slope, season };
}
