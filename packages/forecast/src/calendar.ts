/**
 * @module Covariates from timestamps (section 4.3).
 */
import { type Frequency, type TimeGrid, timeOf } from './time.js';

const DAY = 86_400;

/** Fields of a naive time in seconds since 1970: month 1 to 12, day 1 to 31, Monday = 0. */
const FIELDS = {
  year: (time: number) => new Date(time * 1000).getUTCFullYear(),
  month: (time: number) => new Date(time * 1000).getUTCMonth() + 1,
  day: (time: number) => new Date(time * 1000).getUTCDate(),
  // 1970-01-01 was a Thursday.
  weekday: (time: number) => modulo(Math.floor(time / DAY) + 3, 7),
  hour: (time: number) => Math.floor(modulo(time, DAY) / 3600),
  minute: (time: number) => Math.floor(modulo(time, 3600) / 60),
};

const modulo = (a: number, b: number): number => a - Math.floor(a / b) * b;

export type CalendarField = keyof typeof FIELDS;
export const CALENDAR_FIELDS = Object.keys(FIELDS) as readonly CalendarField[];

/** A field of every time. */
export function calendarField(times: Float64Array, field: CalendarField): Float64Array {
  return times.map(FIELDS[field]);
}

/** Steps t since a series' first observation at step `start`, 0 before it: max(0, t - start), t in 0..length-1. */
export const age = (length: number, start: number): Float64Array =>
  Float64Array.from({ length }, (_, t) => Math.max(0, t - start));

/**
 * (v - mean) / population deviation over the values from `start` on; 0 before it. A constant column is 0.
 */
export function zscore(values: Float64Array, start = 0): Float64Array {
  const own = values.subarray(Math.min(Math.max(start, 0), values.length));
  const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
  const deviation = Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length);
  return values.map((v, t) => (t < start || deviation === 0 ? 0 : (v - mean) / deviation));
}

/** The fields that vary within the steps of a frequency, from the finest to the coarsest; none for bare indices. */
export function calendarFields({ unit }: Frequency): readonly CalendarField[] {
  switch (unit) {
    case 'second':
    case 'minute':
      return ['minute', 'hour', 'weekday', 'month'];
    case 'hour':
      return ['weekday', 'hour', 'month'];
    case 'day':
    case 'business day':
      return ['weekday', 'day', 'month'];
    case 'week':
      return ['day', 'month'];
    case 'month':
      return ['month', 'year'];
    case 'index':
      return [];
  }
}

/** What covariates are made for. */
export interface CalendarOptions {
  /** Steps of the grid that covariates are wanted for: [first, first + length). The z-score is over them. */
  readonly first: number;
  readonly length: number;
  /** The grid's step of the series' first observation. */
  readonly start: number;
  /** Steps after which the series repeats; of them a grid of bare indices has its phases. */
  readonly seasons: readonly number[];
}

/** Names of the columns of `calendarCovariates`: `age`, then the fields of the frequency or the phases. */
export const calendarNames = (grid: TimeGrid, seasons: readonly number[]): string[] =>
  grid.frequency.unit === 'index'
    ? ['age', ...seasons.map((season) => `phase${season}`)]
    : ['age', ...calendarFields(grid.frequency)];

/**
 * Covariates of a series, each with zero mean and unit variance over all steps (section 4.3): its age, which is 0
 * before its start, and the fields of the calendar that its frequency has. A grid of bare indices has no calendar: the
 * phase (t - start) mod season stands in for it, counted from the series' own start, since phases differ between series.
 *
 * @returns row-major [length, C], C as `calendarNames` has them.
 */
export function calendarCovariates(grid: TimeGrid, options: CalendarOptions): Float32Array {
  const { first, length, start, seasons } = options;
  const steps = Float64Array.from({ length }, (_, t) => first + t);
  const ages = zscore(age(length, start - first), start - first);
  const columns =
    grid.frequency.unit === 'index'
      ? seasons.map((season) => zscore(steps.map((step) => modulo(step - start, season))))
      : calendarColumns(grid, steps);
  const all = [ages, ...columns];
  const result = new Float32Array(length * all.length);
  for (const [c, column] of all.entries()) {
    for (let t = 0; t < length; t++) result[t * all.length + c] = column[t]!;
  }
  return result;
}

function calendarColumns(grid: TimeGrid, steps: Float64Array): Float64Array[] {
  const times = steps.map((step) => timeOf(grid, step));
  return calendarFields(grid.frequency).map((field) => zscore(calendarField(times, field)));
}
