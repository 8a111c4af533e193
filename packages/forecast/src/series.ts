/**
 * @module The data of forecasting: many series on one regular time grid.
 */
import type { TimeGrid } from './time.js';

/** One series. Index i of its arrays is step `start + i` of the table's grid. */
export interface Series {
  readonly id: string;
  /** The grid's step of the first value: series may begin and end at different times. */
  readonly start: number;
  /** Observations, NaN where they are missing. */
  readonly values: Float64Array;
  /**
   * Known covariates, one array for each of the table's `covariates`: as long as `values`, or longer where they
   * are known for the future. NaN where missing.
   */
  readonly covariates: readonly Float64Array[];
}

/** Related series, which one model forecasts together. */
export interface SeriesTable {
  readonly series: readonly Series[];
  /** Names of the known covariates. */
  readonly covariates: readonly string[];
  /** What time a step of the grid is; steps are a bare index where the data tell no time. */
  readonly grid: TimeGrid;
}

/** Number of steps from the series' first value to its last. */
export const lengthOf = (series: Series): number => series.values.length;

/** The same series as known `steps` steps before the end of each: what came later is cut off; known covariates stay. */
export const withoutLast = (table: SeriesTable, steps: number): SeriesTable =>
  steps === 0
    ? table
    : {
        ...table,
        series: table.series.map((s) => ({
          ...s,
          values: s.values.subarray(0, Math.max(0, s.values.length - steps)),
        })),
      };
