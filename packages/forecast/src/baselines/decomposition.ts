/**
 * @module Classical decomposition of a series into trend, season and remainder.
 */

/** For each of m phases the mean distance from the centred moving average of a season; they sum to 0. */
export function seasonalMeans(y: Float64Array, m: number): Float64Array {
  const trend = movingAverage(y, m);
  const means = new Float64Array(m);
  for (let phase = 0; phase < m; phase++) {
    let [sum, n] = [0, 0];
    for (let t = phase; t < y.length; t += m) {
      const distance = y[t]! - trend[t]!;
      if (Number.isNaN(distance)) continue;
      sum += distance;
      n++;
    }
    means[phase] = n > 0 ? sum / n : 0;
  }
  const centre = means.reduce((a, b) => a + b, 0) / m;
  return means.map((v) => v - centre);
}

/**
 * Centred moving average over m steps; for even m with half weight at both of m + 1 ends. Missing values are left out
 * of it; NaN where the window reaches over an end of the series or holds no value.
 */
export function movingAverage(y: Float64Array, m: number): Float64Array {
  const reach = Math.floor(m / 2);
  const average = new Float64Array(y.length).fill(Number.NaN);
  for (let t = reach; t + reach < y.length; t++) {
    let [sum, weights] = [0, 0];
    for (let j = -reach; j <= reach; j++) {
      const value = y[t + j]!;
      if (Number.isNaN(value)) continue;
      const weight = m % 2 === 0 && Math.abs(j) === reach ? 0.5 : 1;
      sum += weight * value;
      weights += weight;
    }
    if (weights > 0) average[t] = sum / weights;
  }
  return average;
}

/**
 * Strength of the season, 0 to 1: 1 − Var(remainder) / Var(season + remainder) (Wang, Smith & Hyndman 2006); 0 where
 * nothing but the trend varies.
 */
export function seasonalStrength(y: Float64Array, m: number): number {
  const trend = movingAverage(y, m);
  const season = seasonalMeans(y, m);
  const detrended = y.map((v, t) => v - trend[t]!);
  const total = variance(detrended);
  return total > 0 ? Math.max(0, 1 - variance(detrended.map((v, t) => v - season[t % m]!)) / total) : 0;
}

/** Of the values that are not missing. */
function variance(values: Float64Array): number {
  const known = values.filter((v) => !Number.isNaN(v));
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  return known.reduce((sum, v) => sum + (v - mean) ** 2, 0) / known.length;
}
