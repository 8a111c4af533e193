/**
 * @module Regular time grids.
 */
import { InputError, quote } from '@sextant/io';

export const FREQUENCY_UNITS = [
  'second',
  'minute',
  'hour',
  'day',
  'business day',
  'week',
  'month',
  'index',
] as const;

/**
 * The length of a step: `count` units. Months have different lengths, business days (Monday to Friday) are one or three days
 * apart; all others are fixed.
 */
export interface Frequency {
  readonly unit: (typeof FREQUENCY_UNITS)[number];
  readonly count: number;
}

/** Steps of equal length from an origin. Times are naive: seconds since 1970-01-01 00:00, with no time zone. */
export interface TimeGrid {
  readonly frequency: Frequency;
  /**
   * The time of step 0 in seconds; where the unit is `index`, its index. Where steps are months and the day of the origin is
   * the 29th or later, shorter months count with their last day.
   */
  readonly origin: number;
}

/** Seconds of each unit of fixed length, from the longest to the shortest. */
const SECONDS = { week: 604_800, day: 86_400, hour: 3_600, minute: 60, second: 1 } as const;

/** Number of days of a month (1 to 12). */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : 30 + ((month + (month > 7 ? 1 : 0)) % 2);

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Seconds of a step; undefined for months, business days and bare indices. */
export const stepSeconds = ({ unit, count }: Frequency): number | undefined =>
  unit === 'month' || unit === 'business day' || unit === 'index' ? undefined : count * SECONDS[unit];

/** The frequency of steps of so many seconds, in the longest unit that divides them: 86,400 are one day. */
export function frequencyOf(seconds: number): Frequency {
  for (const unit of ['week', 'day', 'hour', 'minute'] as const) {
    if (seconds % SECONDS[unit] === 0) return { unit, count: seconds / SECONDS[unit] };
  }
  return { unit: 'second', count: seconds };
}

/** Whether steps are equally long, whatever their units: 60 minutes are an hour. */
export const isSameFrequency = (a: Frequency, b: Frequency): boolean => {
  const seconds = stepSeconds(a);
  return seconds === undefined ? a.unit === b.unit && a.count === b.count : seconds === stepSeconds(b);
};

/** The time of a step in seconds; the index itself where the unit is `index`. */
export function timeOf(grid: TimeGrid, index: number): number {
  const { frequency, origin } = grid;
  if (frequency.unit === 'index') return origin + index * frequency.count;
  const seconds = stepSeconds(frequency);
  // Milliseconds are whole; sums of fractional steps would not be.
  if (seconds !== undefined) return Math.round((origin + index * seconds) * 1000) / 1000;
  if (frequency.unit === 'business day') {
    const days = businessDayNumber(origin) + index * frequency.count;
    const week = Math.floor(days / 5);
    return (MONDAY + 7 * week + (days - 5 * week)) * SECONDS.day + timeOfDay(origin);
  }
  const months = monthNumber(origin) + index * frequency.count;
  const year = 1970 + Math.floor(months / 12);
  const month = months - (year - 1970) * 12;
  const day = Math.min(new Date(origin * 1000).getUTCDate(), daysInMonth(year, month + 1));
  return Date.UTC(year, month, day) / 1000 + timeOfDay(origin);
}

/** Seconds since midnight. */
export const timeOfDay = (time: number): number => time - Math.floor(time / SECONDS.day) * SECONDS.day;

/** The step of a time: the inverse of `timeOf`. NaN when the time is not on the grid. */
export function stepOf(grid: TimeGrid, time: number): number {
  const { frequency, origin } = grid;
  const whole = Math.round(stepsBetween(frequency, origin, time));
  return timeOf(grid, whole) === time ? whole : Number.NaN;
}

/** How many steps a time is after the origin; where it is on no grid of the frequency, about how many. */
function stepsBetween(frequency: Frequency, origin: number, time: number): number {
  const { unit, count } = frequency;
  switch (unit) {
    case 'index':
      return (time - origin) / count;
    case 'month':
      return (monthNumber(time) - monthNumber(origin)) / count;
    case 'business day':
      return (businessDayNumber(time) - businessDayNumber(origin)) / count;
    default:
      return (time - origin) / (count * SECONDS[unit]);
  }
}

/** The first Monday's day since 1970. */
const MONDAY = 4;

/** Business days since the first Monday of 1970; of weekends, those of the Friday before. */
export function businessDayNumber(time: number): number {
  const day = Math.floor(time / SECONDS.day) - MONDAY;
  const week = Math.floor(day / 7);
  return 5 * week + Math.min(day - 7 * week, 4);
}

/** Whether a time is on a Saturday or Sunday. */
export const isWeekend = (time: number): boolean => new Date(time * 1000).getUTCDay() % 6 === 0;

/** Months since January 1970. */
export function monthNumber(time: number): number {
  const date = new Date(time * 1000);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** A frequency in words: `1 hour`, `15 minutes`, `index`. */
export function formatFrequency({ unit, count }: Frequency): string {
  if (unit === 'index') return count === 1 ? 'index' : `every ${count} of an index`;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Names of units: ours, and the letters that pandas uses. */
const UNITS: Readonly<Record<string, Frequency>> = {
  s: { unit: 'second', count: 1 },
  sec: { unit: 'second', count: 1 },
  second: { unit: 'second', count: 1 },
  t: { unit: 'minute', count: 1 },
  min: { unit: 'minute', count: 1 },
  minute: { unit: 'minute', count: 1 },
  h: { unit: 'hour', count: 1 },
  hour: { unit: 'hour', count: 1 },
  d: { unit: 'day', count: 1 },
  day: { unit: 'day', count: 1 },
  b: { unit: 'business day', count: 1 },
  bday: { unit: 'business day', count: 1 },
  'business day': { unit: 'business day', count: 1 },
  w: { unit: 'week', count: 1 },
  week: { unit: 'week', count: 1 },
  m: { unit: 'month', count: 1 },
  ms: { unit: 'month', count: 1 },
  me: { unit: 'month', count: 1 },
  month: { unit: 'month', count: 1 },
  q: { unit: 'month', count: 3 },
  quarter: { unit: 'month', count: 3 },
  y: { unit: 'month', count: 12 },
  year: { unit: 'month', count: 12 },
  index: { unit: 'index', count: 1 },
};

/**
 * A frequency from text: `1 hour`, `15min`, `D`, `B`, `MS`, `2 weeks`, `index`.
 *
 * @throws InputError when it is not one.
 */
export function parseFrequency(text: string): Frequency {
  const [, count, name] = /^\s*(\d*)\s*([a-z]+(?: [a-z]+)?)\s*$/i.exec(text) ?? [];
  const lower = name?.toLowerCase() ?? '';
  const unit = UNITS[lower] ?? UNITS[lower.replace(/s$/, '')];
  const times = count ? Number(count) : 1;
  if (!unit || times === 0) {
    throw new InputError(
      `${quote(text)} is not a frequency; write for example 15min, 1h, 1d, B (business days), 1w, 1 month, index`,
    );
  }
  const seconds = stepSeconds({ ...unit, count: unit.count * times });
  return seconds === undefined ? { unit: unit.unit, count: unit.count * times } : frequencyOf(seconds);
}
