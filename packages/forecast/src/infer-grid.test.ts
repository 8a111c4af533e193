import { describe, expect, it } from 'vitest';
import { inferGrid } from './infer-grid.js';
import { formatFrequency } from './time.js';

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
      undefined,
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
