import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { inferGrid } from './infer-grid.js';
import { formatFrequency } from './time.js';
import { timeFormat } from './time-format.js';

const DAY = 86_400;
/** A Thursday. */
const FROM = Date.UTC(2024, 1, 1) / 1000;

const rows = (times: Iterable<number>, id = 'a') => ({ id, times: Float64Array.from(times), columns: [] });
/** Days from the first, of those that are kept. */
const days = (count: number, keep: (day: Date, i: number) => boolean = () => true) =>
  Array.from({ length: count }, (_, i) => FROM + i * DAY).filter((time, i) => keep(new Date(time * 1000), i));
const isWorkday = (day: Date) => day.getUTCDay() % 6 !== 0;
const stepOf = (...all: readonly Iterable<number>[]) =>
  formatFrequency(
    inferGrid(
      all.map((times, i) => rows(times, `s${i}`)),
      timeFormat('YYYY-MM-DD HH:mm'),
    ).frequency,
  );

describe('business days', () => {
  it('are days without weekends, also with holidays, in all series', () => {
    expect(stepOf(days(13, isWorkday))).toBe('1 business day');
    expect(stepOf(days(60, (day, i) => isWorkday(day) && i % 9 !== 0))).toBe('1 business day');
    expect(stepOf(days(60, isWorkday), days(5, isWorkday))).toBe('1 business day');
  });
  it.each([
    ['one weekend is too few', [days(8, isWorkday)]],
    ['a row is of a weekend', [[...days(60, isWorkday), FROM + 65 * DAY]]],
    ['another series has weekends', [days(60, isWorkday), days(60)]],
    ['weekends may be missing by accident', [days(15, (day, i) => isWorkday(day) && (i < 2 || i % 3 === 0))]],
  ])('not where %s', (_, all) => {
    expect(stepOf(...all)).toBe('1 day');
  });
  it('Mondays are weeks', () => {
    expect(stepOf(days(60, (day) => day.getUTCDay() === 1))).toBe('1 week');
  });
});

describe('a series that changes its step', () => {
  const HOUR = 3_600;
  /** Times of `count` steps of so many hours each, one part after the other. */
  const parts = (...all: readonly (readonly [hours: number, count: number])[]) => {
    const times = [FROM];
    for (const [hours, count] of all)
      for (let i = 0; i < count; i++) times.push(times.at(-1)! + hours * HOUR);
    return times;
  };
  const months = Array.from({ length: 12 }, (_, i) => Date.UTC(2025, 2 + i, 1) / 1000);
  it.each([
    [
      'to a shorter one',
      parts([1, 48], [0.25, 96]),
      /^series "s0": steps of 1 hour up to 2024-02-03 00:00, of 15 minutes from there on; split the file, or give --frequency$/,
    ],
    ['to a longer one', parts([0.25, 96], [1, 48]), /of 15 minutes up to 2024-02-02 00:00, of 1 hour from/],
    [
      'to a few of a shorter one',
      parts([24, 900], [1, 12]),
      /of 1 day up to 2026-07-20 00:00, of 1 hour from/,
    ],
    ['for a while', parts([1, 50], [3, 20], [1, 50]), /of 1 hour up to 2024-02-03 02:00, of 3 hours from/],
    ['with gaps', parts([1, 30], [5, 1], [1, 30], [2, 60]), /of 1 hour up to 2024-02-03 17:00, of 2 hours/],
    ['to months', [...parts([24, 360]), ...months], /of 1 day up to 2025-01-26 00:00, of 31 days from/],
  ])('is refused: %s', (_, times, message) => {
    expect(() => stepOf(times)).toThrow(message);
  });
  it('is told from one with missing rows', () => {
    const random = new Generator(3);
    for (const kept of [0.9, 0.7, 0.4]) {
      const times = parts([1, 3000]).filter(() => random.uniform(0, 1) < kept);
      expect(stepOf(times)).toBe('1 hour');
    }
    expect(stepOf(parts([1, 50], [2, 7], [1, 50]))).toBe('1 hour');
    expect(stepOf(parts([1, 50], [700, 1], [1, 50]))).toBe('1 hour');
    const shop = parts([1, 24 * 30]).filter((time) => new Date(time * 1000).getUTCHours() % 12 < 5);
    expect(stepOf(shop)).toBe('1 hour');
  });
});
