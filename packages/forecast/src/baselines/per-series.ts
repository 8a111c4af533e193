/**
 * @module Methods that forecast each series from its own history alone.
 */
import { InputError } from '@sextant/io';
import { checkPredictOptions, type Forecast, type Method, type PredictOptions } from '../method.js';
import { gaussianQuantiles } from '../quantiles.js';
import type { Series } from '../series.js';

/** A normal distribution for each of the steps ahead. */
export interface GaussianPath {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** The values from the first observation on. @throws InputError where there is none. */
export function history({ id, values }: Series): Float64Array {
  const first = values.findIndex((v) => !Number.isNaN(v));
  if (first < 0) throw new InputError(`series '${id}' has no value to forecast from: leave it out`);
  return values.subarray(first);
}

/** A season that a history of `length` steps shows at least twice, or 1. */
export const usableSeason = (season: number, length: number): number =>
  season > 1 && length >= 2 * season ? season : 1;

/**
 * A method of a function from one history (NaN where missing, but not its first value) to quantiles [levels, horizon].
 */
export const perSeries = (
  name: string,
  quantilesOf: (history: Float64Array, options: PredictOptions) => Float64Array,
): Method => ({
  name,
  async predict({ series }, options): Promise<Forecast> {
    checkPredictOptions(options);
    const { horizon, quantiles } = options;
    return { horizon, quantiles, values: series.map((s) => quantilesOf(history(s), options)) };
  },
});

/** A method of a function from one history to normal distributions. */
export const gaussianPerSeries = (
  name: string,
  pathOf: (history: Float64Array, horizon: number) => GaussianPath,
): Method =>
  perSeries(name, (values, { horizon, quantiles }) => {
    const { mean, variance } = pathOf(values, horizon);
    return gaussianQuantiles(mean, variance.map(Math.sqrt), quantiles);
  });
