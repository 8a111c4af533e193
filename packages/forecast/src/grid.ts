/**
 * @module From rows with times to arrays on one regular grid.
 */
import { InputError, quote } from '@sextant/io';
import { repeatsHours } from './clock-change.js';
import {
  daysInMonth,
  type Frequency,
  formatFrequency,
  frequencyOf,
  monthNumber,
  stepOf,
  type TimeGrid,
  timeOf,
  timeOfDay,
} from './time.js';
import type { TimeFormat } from './time-format.js';

/** Rows of one series, or of several that share their times. */
export interface TimedRows {
  /** For messages: the series, or undefined where a file's rows hold all series. */
  readonly id: string | undefined;
  /** In ascending order, none twice. */
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
}

const owner = (id: string | undefined): string => (id === undefined ? '' : `series ${quote(id)}: `);

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

/** Share of all differences from which on a difference is a step of its own and not an accident. */
const COMMON = 0.05;
/** So many steps, each a multiple of a longer one, are not left by chance where rows are missing. */
const SURE_STEPS = 8;
const DAY = 86_400;

/**
 * The grid that most rows follow: its step is the greatest common divisor of all differences where that occurs often
 * enough, and the most common difference otherwise. Months are recognised by their equal days, or last days.
 *
 * @throws InputError when no series has two rows, or series have different steps.
 */
export function inferGrid(all: readonly TimedRows[], unit: 'index' | undefined): TimeGrid {
  if (all.every(({ times }) => times.length < 2)) {
    throw new InputError('no series has two rows: what a step is cannot be told from one');
  }
  const monthly = unit === undefined ? monthDay(all) : undefined;
  // Whole numbers: differences are compared and divided.
  const ticks = monthly ? monthNumber : unit ? (t: number) => t : (t: number) => Math.round(t * 1000);
  const steps = all.map(({ times }) => stepsOf(times, ticks));
  const step = commonStep(steps);
  const frequency: Frequency = monthly
    ? { unit: 'month', count: step }
    : unit
      ? { unit, count: step }
      : frequencyOf(step / 1000);
  refuseMixed(all, steps, step, (ticks) => {
    const other = monthly || unit ? { ...frequency, count: ticks } : frequencyOf(ticks / 1000);
    return formatFrequency(other);
  });
  return gridFrom(all, frequency);
}

/** Differences of successive times of a series: how often each occurs, and their greatest common divisor. */
interface Steps {
  readonly counts: ReadonlyMap<number, number>;
  readonly divisor: number;
}

function stepsOf(times: Float64Array, ticks: (time: number) => number): Steps {
  const counts = new Map<number, number>();
  let last = ticks(times[0]!);
  let run = 0;
  let length = 0;
  for (let i = 1; i <= times.length; i++) {
    const tick = i < times.length ? ticks(times[i]!) : Number.NaN;
    if (tick - last !== run) {
      if (length > 0) counts.set(run, (counts.get(run) ?? 0) + length);
      run = tick - last;
      length = 0;
    }
    length++;
    last = tick;
  }
  return { counts, divisor: [...counts.keys()].reduce(gcd, 0) };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

function commonStep(steps: readonly Steps[]): number {
  const counts = new Map<number, number>();
  for (const own of steps) {
    for (const [step, count] of own.counts) counts.set(step, (counts.get(step) ?? 0) + count);
  }
  const total = [...counts.values()].reduce((a, b) => a + b);
  const [mode] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a));
  const divisor = [...counts.keys()].reduce(gcd, 0);
  return (counts.get(divisor) ?? 0) >= COMMON * total ? divisor : mode;
}

function refuseMixed(
  all: readonly TimedRows[],
  steps: readonly Steps[],
  step: number,
  words: (ticks: number) => string,
): void {
  for (const [i, { counts, divisor }] of steps.entries()) {
    if (divisor === 0 || divisor === step) continue;
    const total = [...counts.values()].reduce((a, b) => a + b);
    const regular = counts.size === 1 && total > 1;
    if (divisor % step === 0 ? total < SURE_STEPS : !regular) continue;
    throw new InputError(
      `mixed frequencies: ${owner(all[i]!.id)}steps of ${words(divisor)}, most others of ${words(step)}; split the file, or give --frequency`,
    );
  }
}

/** Whether all times are one day of different months at one time of day; `last` where it is each month's last. */
function monthDay(all: readonly TimedRows[]): 'same' | 'last' | undefined {
  let same = true;
  let last = true;
  let first: Date | undefined;
  for (const { times } of all) {
    for (let i = 0; i < times.length && (same || last); i++) {
      if (i > 0 && times[i]! - times[i - 1]! < 28 * DAY) return undefined;
      const date = new Date(times[i]! * 1000);
      first ??= date;
      if ((date.getTime() - first.getTime()) % (1000 * DAY) !== 0) return undefined;
      same &&= date.getUTCDate() === first.getUTCDate();
      last &&= date.getUTCDate() === daysInMonth(date.getUTCFullYear(), date.getUTCMonth() + 1);
    }
  }
  return last ? 'last' : same ? 'same' : undefined;
}

/**
 * The grid of a frequency through the rows: through the first one, or if that is off the grid of the others, through
 * the first two that are a step apart.
 */
export function gridFrom(all: readonly TimedRows[], frequency: Frequency): TimeGrid {
  const { unit, count } = frequency;
  const earliest = all.reduce((min, { times }) => Math.min(min, times[0]!), Number.POSITIVE_INFINITY);
  if (unit === 'month') {
    if (monthDay(all) !== 'last') return { frequency, origin: earliest };
    // The longest month that is a whole number of steps earlier: shorter ones count with their last day.
    const date = new Date(earliest * 1000);
    const candidates = Array.from({ length: 48 }, (_, i) => {
      const month = date.getUTCMonth() - i * count;
      return Date.UTC(date.getUTCFullYear(), month + 1, 0) / 1000 + timeOfDay(earliest);
    });
    const dayOf = (time: number) => new Date(time * 1000).getUTCDate();
    return { frequency, origin: candidates.reduce((a, b) => (dayOf(b) > dayOf(a) ? b : a)) };
  }
  const trial: TimeGrid = { frequency, origin: earliest };
  const step = timeOf(trial, 1) - earliest;
  for (const { times } of all) {
    const at = times.findIndex((time, i) => i > 0 && time - times[i - 1]! === step);
    if (at > 0) return { frequency, origin: times[at]! - Math.floor((times[at]! - earliest) / step) * step };
  }
  return trial;
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
