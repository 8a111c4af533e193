import { describe, expect, it } from 'vitest';
import { repeatsHours, skippedHours } from './clock-change.js';
import type { TimeGrid } from './time.js';

const at = (text: string) => Date.parse(`${text}Z`) / 1000;
const times = (...texts: string[]) => Float64Array.from(texts, at);
const hours = (from: string, count: number, step = 1) =>
  Float64Array.from({ length: count }, (_, i) => at(from) + i * step * 3600);
const without = (all: Float64Array, ...texts: string[]) =>
  all.filter((time) => !texts.some((t) => at(t) === time));
const grid = (count: number, unit: 'minute' | 'hour' | 'day' = 'hour'): TimeGrid => ({
  frequency: { unit, count },
  origin: 0,
});

describe('hours that are there twice', () => {
  it('where clocks are set back', () => {
    const back = ['2020-10-25T01:00', '2020-10-25T02:00', '2020-10-25T02:00', '2020-10-25T03:00'];
    expect(repeatsHours(times(...back))).toBe(true);
    expect(
      repeatsHours(times('2020-10-25T02:00', '2020-10-25T02:00', '2021-10-31T02:00', '2021-10-31T02:00')),
    ).toBe(true);
  });
  it.each([
    ['none', times('2020-10-25T02:00', '2020-10-25T03:00')],
    ['on another day', times('2020-10-25T02:00', '2020-10-25T02:00', '2020-10-26T02:00', '2020-10-26T02:00')],
    ['thrice', times('2020-10-25T02:00', '2020-10-25T02:00', '2020-10-25T02:00')],
    ['of days', times('2020-10-25T00:00', '2020-10-25T00:00')],
  ])('not where: %s', (_, some) => {
    expect(repeatsHours(some)).toBe(false);
  });
});

describe('hours that are missing', () => {
  const night = hours('2020-03-28T20:00', 24);
  const skipped = without(night, '2020-03-29T02:00');
  it('where clocks are set forward, in all series that are there', () => {
    expect(skippedHours([skipped], grid(1))).toEqual([at('2020-03-29T02:00')]);
    expect(skippedHours([skipped, hours('2020-04-01T00:00', 9)], grid(1))).toEqual([at('2020-03-29T02:00')]);
    const quarters = hours('2020-03-28T20:00', 60, 0.25).filter(
      (time) => time < at('2020-03-29T02:00') || time >= at('2020-03-29T03:00'),
    );
    expect(skippedHours([quarters], grid(15, 'minute'))).toEqual([at('2020-03-29T02:00')]);
  });
  it.each([
    ['a series has them', [skipped, night], grid(1)],
    ['they are of another day', [without(night, '2020-03-29T08:00')], grid(1)],
    ['more is missing', [without(night, '2020-03-29T02:00', '2020-03-29T03:00')], grid(1)],
    ['steps are days', [times('2020-03-28', '2020-03-29', '2020-03-30')], grid(1, 'day')],
  ])('not where %s', (_, all, of) => {
    expect(skippedHours(all, of)).toEqual([]);
  });
});
