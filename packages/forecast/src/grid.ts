/**
 * @module From rows with times to arrays on one regular grid.
 */
import { InputError, quote } from '@sextant/io';
import { repeatsHours } from './clock-change.js';
import { formatFrequency, stepOf, type TimeGrid, timeOf } from './time.js';
import type { TimeFormat } from './time-format.js';

/** Rows of one series, or of several that share their times. */
export interface TimedRows {
  /** For messages: the series, or undefined where a file's rows hold all series. */
  readonly id: string | undefined;
  /** In ascending order, none twice. */
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** Whose rows they are, for the beginning of a message. */
export const owner = (id: string | undefined): string => (id === undefined ? '' : `series ${quote(id)}: `);

/**
 * Rows in ascending order of time.
 *
 * @throws InputError when a time occurs twice.
 */
export function sorted(rows: TimedRows, format: TimeFormat): TimedRows {
  const { times } = rows;
  let ascending = true;
  for (let i = 1; i < times.length && ascending; i++) ascending = times[i]! > times[i - 1]!;
  if (ascending) return rows;
  const order = Uint32Array.from(times, (_, i) => i).sort((a, b) => times[a]! - times[b]!);
  const take = (column: Float64Array) => Float64Array.from(order, (i) => column[i]!);
  const result = { id: rows.id, times: take(times), columns: rows.columns.map(take) };
  const twice = result.times.findIndex((time, i) => time === result.times[i + 1]);
  if (twice >= 0) {
    const time = format.format(result.times[twice]!);
    if (!format.zoned && repeatsHours(result.times)) {
      throw new InputError(
        `${owner(rows.id)}there are two rows for ${time}, an hour that clocks repeat when they are set back: write times in UTC or with their offset (${time}+02:00), or keep one of them`,
      );
    }
    const several = rows.id === undefined ? ', or name the column of the series with --series-column' : '';
    throw new InputError(`${owner(rows.id)}there are two rows for ${time}; keep one of them${several}`);
  }
  return result;
}

/** Arrays on a grid from step `start` on, NaN where a row is missing. */
export interface Placed {
  readonly start: number;
  readonly columns: readonly Float64Array[];
}

/** Where fewer than one step in a hundred of more than a thousand have a row, a date is more likely wrong. */
const SPARSE = { steps: 1000, filled: 0.01 };

/**
 * Puts rows on a grid.
 *
 * @throws InputError naming the first time that is off the grid; when nearly all steps have no row.
 */
export function place(rows: TimedRows, grid: TimeGrid, format: TimeFormat): Placed {
  const { id, times } = rows;
  const steps = times.map((time) => stepOf(grid, time));
  const off = steps.findIndex(Number.isNaN);
  if (off >= 0) {
    throw new InputError(
      `${owner(id)}${format.format(times[off]!)} is off the grid of ${formatFrequency(grid.frequency)} through ${format.format(timeOf(grid, 0))}; correct or remove it, or give --frequency`,
    );
  }
  const start = steps[0]!;
  const length = steps.at(-1)! - start + 1;
  if (length > SPARSE.steps && times.length < SPARSE.filled * length) {
    const widest = steps.reduce(
      (best, s, i) => (i > 0 && s - steps[i - 1]! > steps[best]! - steps[best - 1]! ? i : best),
      1,
    );
    throw new InputError(
      `${owner(id)}${length} steps of ${formatFrequency(grid.frequency)} for ${times.length} rows, the widest gap from ${format.format(times[widest - 1]!)} to ${format.format(times[widest]!)}; correct the dates, or give --frequency`,
    );
  }
  const columns = rows.columns.map((column) => {
    if (length === times.length) return column;
    const onGrid = new Float64Array(length).fill(Number.NaN);
    for (let i = 0; i < steps.length; i++) onGrid[steps[i]! - start] = column[i]!;
    return onGrid;
  });
  return { start, columns };
}
