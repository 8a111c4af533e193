import { describe, expect, it } from 'vitest';
import { age, calendarCovariates, calendarField, calendarNames, zscore } from './calendar.js';
import type { TimeGrid } from './time.js';

const at = (iso: string) => Date.parse(`${iso}Z`) / 1000;

describe('calendar', () => {
  it('fields of a naive time, also before 1970', () => {
    const times = Float64Array.of(at('2024-02-29T23:59:58'), at('1969-12-31T22:07:00'));
    const fields = ['year', 'month', 'day', 'weekday', 'hour', 'minute'] as const;
    expect(fields.map((field) => [...calendarField(times, field)])).toEqual([
      [2024, 1969],
      [2, 12],
      [29, 31],
      [3, 2],
      [23, 22],
      [59, 7],
    ]);
  });
  it('z-scores over a series’ own time; constants are 0', () => {
    expect([...age(5, 2)]).toEqual([0, 0, 0, 1, 2]);
    const d = Math.sqrt(2 / 3);
    expect([...zscore(age(5, 2), 2)]).toEqual([0, 0, -1 / d, 0, 1 / d]);
    expect([...zscore(Float64Array.of(4, 4))]).toEqual([0, 0]);
  });
  it('of an hourly grid: age, weekday, hour, month', () => {
    const grid: TimeGrid = { frequency: { unit: 'hour', count: 1 }, origin: at('2020-01-01T00:00') };
    expect(calendarNames(grid, [24])).toEqual(['age', 'weekday', 'hour', 'month']);
    const covariates = calendarCovariates(grid, { first: -24, length: 48, start: 0, seasons: [24] });
    const column = (c: number) => Array.from({ length: 48 }, (_, t) => covariates[t * 4 + c]!);
    expect(column(0).slice(0, 25)).toEqual([
      ...new Array(24).fill(0),
      Math.fround(-11.5 / Math.sqrt(575 / 12)),
    ]);
    // Tuesday, then Wednesday; December, then January.
    expect(column(1)).toEqual([...new Array(24).fill(-1), ...new Array(24).fill(1)]);
    expect(column(2).slice(0, 24)).toEqual(column(2).slice(24));
    expect(column(3)).toEqual([...new Array(24).fill(1), ...new Array(24).fill(-1)]);
  });
  it('of a bare index: age and phases, from the series’ own start', () => {
    const grid: TimeGrid = { frequency: { unit: 'index', count: 1 }, origin: 0 };
    expect(calendarNames(grid, [2])).toEqual(['age', 'phase2']);
    const covariates = calendarCovariates(grid, { first: 3, length: 4, start: 4, seasons: [2] });
    const d = Math.fround(1 / Math.sqrt(2 / 3));
    expect([...covariates]).toEqual([0, 1, -d, -1, 0, 1, d, -1]);
  });
});
