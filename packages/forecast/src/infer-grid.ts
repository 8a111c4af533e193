/**
 * @module The regular grid that rows with times follow.
 */
import { InputError } from '@sextant/io';
import { owner, type TimedRows } from './grid.js';
import {
  businessDayNumber,
  daysInMonth,
  type Frequency,
  formatFrequency,
  frequencyOf,
  isWeekend,
  monthNumber,
  type TimeGrid,
  timeOf,
  timeOfDay,
} from './time.js';
import type { TimeFormat } from './time-format.js';

/** Share of all differences from which on a difference is a step of its own and not an accident. */
const COMMON = 0.05;
/** So many steps, each a multiple of a longer one or all of another length, are not left by chance where rows are missing. */
const SURE_STEPS = 8;
/** How likely it may be that missing rows are mistaken for something else. */
const CHANCE = 1e-3;
const DAY = 86_400;

/**
 * The grid that most rows follow: its step is the greatest common divisor of all differences where that occurs often
 * enough, and the most common difference otherwise. Months are recognised by their equal days, or last days; days are
 * business days where weekends have no rows.
 *
 * @throws InputError when no series has two rows, or steps differ between series or between parts of one.
 */
export function inferGrid(all: readonly TimedRows[], format: TimeFormat): TimeGrid {
  if (all.every(({ times }) => times.length < 2)) {
    throw new InputError('no series has two rows: what a step is cannot be told from one');
  }
  const unit = format.pattern === 'index' ? 'index' : undefined;
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
  const words = (ticks: number) =>
    formatFrequency(monthly || unit ? { ...frequency, count: ticks } : frequencyOf(ticks / 1000));
  refuseMixed(all, steps, step, words);
  for (const { id, times } of all) {
    const change = changeOfStep(times.map(ticks), step);
    if (!change) continue;
    throw new InputError(
      `${owner(id)}steps of ${words(change.before)} up to ${format.format(times[change.at]!)}, of ${words(change.after)} from there on; split the file, or give --frequency`,
    );
  }
  const isDaily = frequency.unit === 'day' && frequency.count === 1;
  return gridFrom(all, isDaily && skipsWeekends(all) ? { unit: 'business day', count: 1 } : frequency);
}

/** Weekends that must have been left out. */
const WEEKENDS = 2;

/** Whether rows are of Mondays to Fridays alone, and too many for chance. */
function skipsWeekends(all: readonly TimedRows[]): boolean {
  let [rows, days, weekends] = [0, 0, 0];
  for (const { times } of all) {
    if (times.some(isWeekend)) return false;
    const [first, last] = [businessDayNumber(times[0]!), businessDayNumber(times.at(-1)!)];
    rows += times.length;
    days += last - first + 1;
    weekends = Math.max(weekends, Math.floor(last / 5) - Math.floor(first / 5));
  }
  const missing = 1 - rows / days;
  return weekends >= WEEKENDS && missing ** (2 * weekends) < CHANCE;
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

/**
 * Where a series of one step goes over to another: the edge of its longest stretch of other steps, if most of these are
 * alike and it is too long to be one of missing rows.
 */
function changeOfStep(ticks: Float64Array, step: number): StepChange | undefined {
  const { from, to } = stretchOfOthers(ticks, step);
  const inside = new Map<number, number>();
  let [outside, others] = [0, 0];
  for (let i = 1; i < ticks.length; i++) {
    const own = ticks[i]! - ticks[i - 1]!;
    if (i > from && i <= to) inside.set(own, (inside.get(own) ?? 0) + 1);
    else if (own === step) outside++;
    else others++;
  }
  const chance = ticks.length * (others / (outside + others)) ** (to - from);
  if (to - from < SURE_STEPS || outside < SURE_STEPS || chance > CHANCE) return undefined;
  const [other, count] = [...inside].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (count < (to - from) / 2) return undefined;
  return from > 0 ? { at: from, before: step, after: other } : { at: to, before: other, after: step };
}

interface StepChange {
  /** Index of the time between the steps. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The times between which nearly all steps are others: the stretch of the largest sum, where a regular step weighs most. */
function stretchOfOthers(ticks: Float64Array, step: number): { readonly from: number; readonly to: number } {
  let best = { sum: 0, from: 0, to: 0 };
  let [sum, from] = [0, 0];
  for (let i = 1; i < ticks.length; i++) {
    if (sum === 0) from = i - 1;
    sum = Math.max(0, sum + (ticks[i]! - ticks[i - 1]! === step ? 1 - 1 / COMMON : 1));
    if (sum > best.sum) best = { sum, from, to: i };
  }
  return best;
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
  if (unit === 'business day') return trial;
  const step = timeOf(trial, 1) - earliest;
  for (const { times } of all) {
    const at = times.findIndex((time, i) => i > 0 && time - times[i - 1]! === step);
    if (at > 0) return { frequency, origin: times[at]! - Math.floor((times[at]! - earliest) / step) * step };
  }
  return trial;
}
