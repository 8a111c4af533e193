/**
 * @module Writing forecasts.
 */
import { InputError, type OutputFile, type OutputStream, writeCsv } from '@sextant/io';
import type { Forecast } from './method.js';
import { lengthOf, type Series, type SeriesTable } from './series.js';
import { type TimeGrid, timeOf } from './time.js';
import { type TimeFormat, timeFormat } from './time-format.js';

/** The form of timestamps where none is known: with the time of day unless steps are whole days. */
function defaultFormat(grid: TimeGrid): TimeFormat {
  const { unit } = grid.frequency;
  if (unit === 'index') return timeFormat('index');
  const isDaily = unit === 'day' || unit === 'business day' || unit === 'week' || unit === 'month';
  return timeFormat(isDaily && grid.origin % 86_400 === 0 ? 'YYYY-MM-DD' : 'YYYY-MM-DD HH:mm:ss');
}

/** The step of a series' h-th forecast value, counted from 0. */
const stepAt = (series: Series, h: number): number => series.start + lengthOf(series) + h;

/** A forecast with its series and timestamps. */
export interface NamedForecast {
  readonly table: SeriesTable;
  readonly forecast: Forecast;
  /** How timestamps are written: as in the file that the table came from. */
  readonly format?: TimeFormat | undefined;
}

/**
 * Writes a forecast as CSV: a row for each series and step, a column for each quantile (`series,timestamp,0.1,0.5`;
 * `index` instead of `timestamp` where there are no times). The caller commits or aborts the output.
 */
export async function writeForecastCsv(
  output: OutputFile | OutputStream,
  named: NamedForecast,
): Promise<void> {
  await writeCsv(output, rowsOf(named));
}

function* rowsOf({ table, forecast, format }: NamedForecast): Generator<(string | number)[]> {
  const { quantiles, horizon } = forecast;
  const written = format ?? defaultFormat(table.grid);
  yield ['series', timeName(table.grid), ...quantiles.map(String)];
  for (const [series, values] of pairs(table, forecast)) {
    for (let h = 0; h < horizon; h++) {
      const time = written.format(timeOf(table.grid, stepAt(series, h)));
      yield [series.id, time, ...quantiles.map((_, q) => values[q * horizon + h]!)];
    }
  }
}

/** A forecast as JSON: timestamps (or indices) and quantiles of each series, missing numbers null. */
export interface ForecastJson {
  readonly horizon: number;
  readonly quantiles: readonly number[];
  readonly series: readonly {
    readonly id: string;
    /** `timestamp` or `index`: of each step. */
    readonly timestamp?: readonly string[];
    readonly index?: readonly number[];
    /** By the level of the quantile, `horizon` values each. */
    readonly values: Readonly<Record<string, readonly number[]>>;
  }[];
}

/** The forecast as an object for `JSON.stringify`. */
export function forecastJson({ table, forecast, format }: NamedForecast): ForecastJson {
  const { quantiles, horizon } = forecast;
  const { grid } = table;
  const written = format ?? defaultFormat(grid);
  const series = pairs(table, forecast).map(([series, values]) => {
    const times = Array.from({ length: horizon }, (_, h) => timeOf(grid, stepAt(series, h)));
    const levels = quantiles.map(
      (level, q) => [String(level), Array.from(values.subarray(q * horizon, (q + 1) * horizon))] as const,
    );
    return {
      id: series.id,
      ...(grid.frequency.unit === 'index'
        ? { index: times }
        : { timestamp: times.map((t) => written.format(t)) }),
      values: Object.fromEntries(levels),
    };
  });
  return { horizon, quantiles, series };
}

const timeName = (grid: TimeGrid): string => (grid.frequency.unit === 'index' ? 'index' : 'timestamp');

/** Series with their values. @throws InputError when the forecast is not one of this table. */
function pairs(table: SeriesTable, forecast: Forecast): (readonly [Series, Float64Array])[] {
  if (table.series.length !== forecast.values.length) {
    throw new InputError(
      `the forecast is of ${forecast.values.length} series, the table of ${table.series.length}; forecast this table`,
    );
  }
  return table.series.map((series, i) => [series, forecast.values[i]!] as const);
}

/**
 * Writes a table in the long layout that `readTable` reads: a row for each series and step, NaN as an empty cell; known
 * future covariates follow with empty values.
 */
export async function writeTableCsv(
  output: OutputFile | OutputStream,
  table: SeriesTable,
  format: TimeFormat = defaultFormat(table.grid),
): Promise<void> {
  await writeCsv(output, tableRows(table, format));
}

function* tableRows(table: SeriesTable, format: TimeFormat): Generator<(string | number)[]> {
  yield ['series', 'timestamp', 'value', ...table.covariates];
  for (const { id, start, values, covariates } of table.series) {
    const length = Math.max(values.length, ...covariates.map((c) => c.length));
    for (let t = 0; t < length; t++) {
      const time = format.format(timeOf(table.grid, start + t));
      yield [id, time, values[t] ?? Number.NaN, ...covariates.map((c) => c[t] ?? Number.NaN)];
    }
  }
}
