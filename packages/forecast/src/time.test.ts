import { describe, expect, it } from 'vitest';
import { defaultSeasons } from './season.js';
import {
  daysInMonth,
  formatFrequency,
  frequencyOf,
  parseFrequency,
  stepOf,
  type TimeGrid,
  timeOf,
} from './time.js';

const at = (iso: string) => Date.parse(`${iso}Z`) / 1000;

describe('grids', () => {
  const grids: [name: string, grid: TimeGrid][] = [
    ['hours', { frequency: { unit: 'hour', count: 1 }, origin: at('2016-07-01T00:30') }],
    ['15 minutes', { frequency: { unit: 'minute', count: 15 }, origin: at('1969-12-31T00:00') }],
    ['tenths of a second', { frequency: { unit: 'second', count: 0.1 }, origin: at('2020-01-01T00:00') }],
    ['months', { frequency: { unit: 'month', count: 1 }, origin: at('2019-05-15T06:00') }],
    ['month ends', { frequency: { unit: 'month', count: 1 }, origin: at('2019-01-31T00:00') }],
    ['quarters', { frequency: { unit: 'month', count: 3 }, origin: at('1969-11-30T00:00') }],
    ['business days', { frequency: { unit: 'business day', count: 1 }, origin: at('2019-05-15T06:00') }],
    ['two business days', { frequency: { unit: 'business day', count: 2 }, origin: at('1969-12-31T00:00') }],
    ['an index', { frequency: { unit: 'index', count: 2 }, origin: 5 }],
  ];
  it.each(grids)('the step of a step’s time is the step: %s', (_, grid) => {
    for (let step = -40; step < 40; step++) expect(stepOf(grid, timeOf(grid, step))).toBe(step);
  });
  it('times between steps have none', () => {
    const [, hours] = grids[0]!;
    expect(stepOf(hours, at('2016-07-01T05:00'))).toBeNaN();
    const [, ends] = grids[4]!;
    expect(stepOf(ends, at('2019-03-30T00:00'))).toBeNaN();
  });
  it('business days go from Friday to Monday; weekends have no step', () => {
    const grid: TimeGrid = { frequency: { unit: 'business day', count: 1 }, origin: at('2024-02-28T00:00') };
    const days = ['2024-02-23', '2024-02-26', '2024-02-28', '2024-03-01', '2024-03-04', '2024-03-11'];
    expect([-3, -2, 0, 2, 3, 8].map((step) => timeOf(grid, step))).toEqual(
      days.map((day) => at(`${day}T00:00`)),
    );
    expect(stepOf(grid, at('2024-03-02T00:00'))).toBeNaN();
    expect(stepOf(grid, at('2024-03-03T00:00'))).toBeNaN();
    expect(stepOf(grid, at('2024-03-04T01:00'))).toBeNaN();
  });
  it('months end with their last day', () => {
    const [, ends] = grids[4]!;
    expect([1, 3, 13].map((step) => timeOf(ends, step))).toEqual(
      ['2019-02-28', '2019-04-30', '2020-02-29'].map((day) => at(`${day}T00:00`)),
    );
  });
  it('days of months', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((m) => daysInMonth(2023, m))).toEqual([
      31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]);
    expect([2000, 2024, 2100].map((y) => daysInMonth(y, 2))).toEqual([29, 29, 28]);
  });
});

describe('frequencies', () => {
  it.each([
    ['1h', '1 hour', [24, 168]],
    ['15 min', '15 minutes', [96, 672]],
    ['D', '1 day', [7]],
    ['B', '1 business day', [5]],
    ['2 business days', '2 business days', []],
    ['30T', '30 minutes', [48, 336]],
    ['60s', '1 minute', [60, 1440]],
    ['10 seconds', '10 seconds', [6, 360]],
    ['24 hours', '1 day', [7]],
    ['w', '1 week', [52]],
    ['MS', '1 month', [12]],
    ['quarter', '3 months', [4]],
    ['1 year', '12 months', []],
    ['index', 'index', []],
    ['7h', '7 hours', [24]],
  ])('%s', (text, words, seasons) => {
    const frequency = parseFrequency(text);
    expect(formatFrequency(frequency)).toBe(words);
    expect(defaultSeasons(frequency)).toEqual(seasons);
  });
  it('in the longest unit', () => {
    expect(frequencyOf(1_209_600)).toEqual({ unit: 'week', count: 2 });
    expect(frequencyOf(0.5)).toEqual({ unit: 'second', count: 0.5 });
  });
  it.each(['', 'often', '0h', '-1h', '1.5h'])('%j is none', (text) => {
    expect(() => parseFrequency(text)).toThrow(/is not a frequency/);
  });
});
