/**
 * @module What every forecasting method has in common, from seasonal naive to the Transformer.
 */
import { InputError } from '@sextant/io';
import type { SeriesTable } from './series.js';

export interface PredictOptions {
  /** Steps after each series' last value. */
  readonly horizon: number;
  /** Levels of the quantiles, each in (0, 1). */
  readonly quantiles: readonly number[];
  /** Seed of what is drawn at random. */
  readonly seed?: number;
}

/** Forecast quantiles of every series of a table, in its order. */
export interface Forecast {
  readonly horizon: number;
  readonly quantiles: readonly number[];
  /** For each series: row-major [quantiles, horizon], in the units of the data. */
  readonly values: readonly Float64Array[];
}

/** A way to forecast, ready to be used: fitted before, or fitting itself to the history that it is given. */
export interface Method {
  readonly name: string;
  /**
   * Forecasts what follows each series' last value from the table's values alone.
   *
   * @throws InputError when a series is one that the method cannot forecast.
   */
  predict(table: SeriesTable, options: PredictOptions): Promise<Forecast>;
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
