/**
 * @module Covariates of every step as the networks read them (section 4.3): each with zero mean and unit variance over
 * the data of training, whose figures are kept with the model.
 */
import { InputError } from '@sextant/io';
import { CALENDAR_FIELDS, type CalendarField, calendarField, calendarFields } from './calendar.js';
import type { Series, SeriesTable } from './series.js';
import { timeOf } from './time.js';

/**
 * A covariate and what it is standardised by. Names: `age` (steps since the series' first value), the calendar's
 * fields, `phase24` (age modulo 24; for grids of no known times), `observed` (whether the value before the step
 * was), `lag24` (the value 24 steps before, in units of the window's scale), and those of the table's known
 * covariates.
 */
export interface Feature {
  readonly name: string;
  readonly mean: number;
  readonly std: number;
}

/** What a table's networks read by default: age, calendar or phases, known covariates, gaps where there are some. */
export function defaultFeatures(table: SeriesTable, seasons: readonly number[]): string[] {
  const taken = table.covariates.find(isReserved);
  if (taken !== undefined) {
    throw new InputError(
      `the covariate '${taken}' has the name of one that every table has: rename its column, or choose others with --covariate`,
    );
  }
  const { unit } = table.grid.frequency;
  const gaps = table.series.some(({ values }) => values.some(Number.isNaN));
  return [
    'age',
    ...(unit === 'index' ? seasons.map((m) => `phase${m}`) : calendarFields(table.grid.frequency)),
    ...table.covariates,
    ...(gaps ? ['observed'] : []),
  ];
}

/** Names that features of the table's times and values have. */
const isReserved = (name: string): boolean =>
  /^(age|observed|(lag|phase)\d+)$/.test(name) || (CALENDAR_FIELDS as readonly string[]).includes(name);

/** How many steps before a `lag…` feature looks. */
export function lagOf(name: string): number | undefined {
  const found = /^lag(\d+)$/.exec(name);
  return found ? Number(found[1]) : undefined;
}

/** Measures the features of a table. @throws InputError for a name that it does not have. */
export const fitFeatures = (table: SeriesTable, names: readonly string[]): Feature[] =>
  names.map((name) => {
    if (name === 'observed' || lagOf(name) !== undefined) return { name, mean: 0, std: 1 };
    let [count, total, squares] = [0, 0, 0];
    for (const series of table.series) {
      for (const v of raw(table, series, name, 0, series.values.length)) {
        if (Number.isNaN(v)) continue;
        count++;
        total += v;
        squares += v * v;
      }
    }
    const mean = total / count;
    const std = Math.sqrt(Math.max(squares / count - mean * mean, 0));
    return { name, mean: count > 0 ? mean : 0, std: std > 1e-9 * Math.abs(mean) ? std : 1 };
  });

/** Which steps of a series features are wanted for, counted from its first value. */
export interface FeatureSpan {
  readonly from: number;
  readonly to: number;
  /** What lagged values are divided by. */
  readonly scale: number;
  /** Values from this step on are not known. */
  readonly end: number;
}

/** Features of a series' steps: row-major [to - from, features]. What is missing is 0, the mean. */
export function featureMatrix(
  table: SeriesTable,
  series: Series,
  features: readonly Feature[],
  span: FeatureSpan,
): Float32Array<ArrayBuffer> {
  const { from, to } = span;
  const matrix = new Float32Array((to - from) * features.length);
  for (const [c, { name, mean, std }] of features.entries()) {
    const lag = lagOf(name);
    const values =
      lag !== undefined
        ? lagged(series, lag, span)
        : name === 'observed'
          ? observed(series, span)
          : raw(table, series, name, from, to);
    for (let t = 0; t < to - from; t++) {
      const v = (values[t]! - mean) / std;
      matrix[t * features.length + c] = Number.isNaN(v) ? 0 : v;
    }
  }
  return matrix;
}

/** 1 where the value before a step is known; samples, after the last one, count as known. */
function observed({ values }: Series, { from, to, end }: FeatureSpan): Float64Array {
  return Float64Array.from({ length: to - from }, (_, t) => {
    const before = from + t - 1;
    return before < 0 || before >= end || Number.isNaN(values[before]) ? 0 : 1;
  });
}

/**
 * Values `lag` steps before, of those before the step `end` the latest that is a multiple of the lag before. Where one
 * is missing, the one before it counts; where there is none, the scale.
 */
function lagged({ values }: Series, lag: number, { from, to, scale, end }: FeatureSpan): Float64Array {
  let last = 1;
  return Float64Array.from({ length: to - from }, (_, t) => {
    const step = from + t;
    const seasons = step - lag < end ? 1 : Math.floor((step - end) / lag) + 1;
    const z = values[step - lag * seasons] ?? Number.NaN;
    if (!Number.isNaN(z)) last = z / scale;
    return last;
  });
}

function raw(table: SeriesTable, series: Series, name: string, from: number, to: number): Float64Array {
  const steps = Float64Array.from({ length: to - from }, (_, t) => from + t);
  if (name === 'age') return steps;
  const phase = /^phase(\d+)$/.exec(name);
  if (phase) {
    const season = Number(phase[1]);
    return steps.map((t) => ((t % season) + season) % season);
  }
  const known = table.covariates.indexOf(name);
  if (known >= 0) return steps.map((t) => series.covariates[known]![t] ?? Number.NaN);
  if (!(CALENDAR_FIELDS as readonly string[]).includes(name)) {
    throw new InputError(
      `there is no covariate '${name}' in these data: known ones are ${table.covariates.join(', ') || 'none'}`,
    );
  }
  if (table.grid.frequency.unit === 'index') {
    throw new InputError(`the covariate '${name}' needs timestamps, which these data do not have`);
  }
  return calendarField(
    steps.map((t) => timeOf(table.grid, series.start + t)),
    name as CalendarField,
  );
}
