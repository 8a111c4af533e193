/**
 * @module The classical methods of the experiments' tables.
 */
import { arima } from '../baselines/auto-arima.js';
import { climatology } from '../baselines/climatology.js';
import { ets } from '../baselines/ets.js';
import { naive, seasonalNaive } from '../baselines/seasonal-naive.js';
import { trmf } from '../baselines/trmf.js';
import type { Method } from '../method.js';
import type { Series } from '../series.js';

const METHODS = { naive, seasonalNaive, climatology, ets, arima, trmf };

export interface ClassicalSettings {
  readonly method: keyof typeof METHODS;
  /** Steps of a season. */
  readonly season: number;
  /** Steps at the end of each history that the method sees; all of them where it is not given. */
  readonly recent?: number;
}

/** The method of some settings. */
export function classicalMethod({ method, season, recent }: ClassicalSettings): Method {
  const made = METHODS[method]({ season });
  if (recent === undefined) return made;
  return {
    name: made.name,
    predict: ({ series, ...table }, options) =>
      made.predict({ ...table, series: series.map((s) => ending(s, recent)) }, options),
  };
}

/** The last `steps` steps of a series; its known covariates go on behind them. */
function ending({ start, values, covariates, ...rest }: Series, steps: number): Series {
  const from = Math.max(0, values.length - steps);
  return {
    ...rest,
    start: start + from,
    values: values.subarray(from),
    covariates: covariates.map((c) => c.subarray(from)),
  };
}
