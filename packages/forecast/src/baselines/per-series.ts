/**
 * @module Methods that forecast each series from its own history alone.
 */
import { InputError } from '@sextant/io';
import type { Forecast, Method, PredictOptions } from '../method.js';
import { gaussianQuantiles } from '../quantiles.js';
import type { Series } from '../series.js';

/** A normal distribution for each of the steps ahead. */
export interface GaussianPath {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Steps that a forecast has at most: beyond are slips of the pen, whose arrays would fill the memory. */
const MAX_HORIZON = 2 ** 20;

/** @throws InputError for a horizon or level that no forecast can have. */
export function checkPredictOptions({ horizon, quantiles }: PredictOptions): void {
  if (!(Number.isSafeInteger(horizon) && horizon > 0)) {
    throw new InputError(`the horizon must be a positive whole number of steps, not ${horizon}`);
  }
  if (horizon > MAX_HORIZON)
    throw new InputError(`a horizon of ${horizon} steps is too long: ask for ${MAX_HORIZON} at most`);
  const wrong = quantiles.find((level) => !(level > 0 && level < 1));
  if (wrong !== undefined)
    throw new InputError(`a quantile's level must lie between 0 and 1, not at ${wrong}`);
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
