import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { place, sorted, type TimedRows } from './grid.js';
import type { TimeGrid } from './time.js';
import { timeFormat } from './time-format.js';

const format = timeFormat('YYYY-MM-DD HH:mm');
const at = (text: string) => format.parse(text);
const GRID: TimeGrid = { frequency: { unit: 'hour', count: 1 }, origin: at('2024-01-01 00:00') };

const rows = (
  times: readonly string[],
  values: readonly number[],
  id: string | undefined = 'a',
): TimedRows => ({
  id,
  times: Float64Array.from(times, at),
  columns: [Float64Array.from(values), Float64Array.from(values, (v) => -v)],
});

describe('sorted', () => {
  it('brings rows into the order of their times, with all their columns', () => {
    const { id, times, columns } = sorted(
      rows(['2024-01-01 02:00', '2024-01-01 00:00', '2024-01-01 01:00'], [2, 0, 1]),
      format,
    );
    expect([id, ...times]).toEqual(['a', ...[0, 1, 2].map((h) => GRID.origin + 3600 * h)]);
    expect(columns.map((c) => [...c])).toEqual([
      [0, 1, 2],
      [-0, -1, -2],
    ]);
  });
  it('leaves rows in order as they are', () => {
    const given = rows(['2024-01-01 00:00', '2024-01-01 05:00'], [1, 2]);
    expect(sorted(given, format)).toBe(given);
  });
  it('names a time that is there twice, and what may be meant where rows have no series', () => {
    const times = ['2024-01-01 05:00', '2024-01-01 06:00', '2024-01-01 05:00'];
    expect(() => sorted(rows(times, [1, 2, 3]), format)).toThrow(
      new InputError('series "a": there are two rows for 2024-01-01 05:00; keep one of them'),
    );
    expect(() => sorted({ ...rows(times, [1, 2, 3]), id: undefined }, format)).toThrow(
      new InputError(
        'there are two rows for 2024-01-01 05:00; keep one of them, or name the column of the series with --series-column',
      ),
    );
  });
});

describe('place', () => {
  it('fills steps that have no row with NaN, from the first row on', () => {
    const { start, columns } = place(
      rows(['2024-01-01 02:00', '2024-01-01 03:00', '2024-01-01 06:00'], [7, 8, 9]),
      GRID,
      format,
    );
    expect(start).toBe(2);
    const { NaN: gap } = Number;
    expect(columns.map((c) => [...c])).toEqual([
      [7, 8, gap, gap, 9],
      [-7, -8, gap, gap, -9],
    ]);
  });
  it('keeps the arrays of rows without gaps', () => {
    const given = rows(['2023-12-31 23:00', '2024-01-01 00:00'], [1, 2]);
    const { start, columns } = place(given, GRID, format);
    expect(start).toBe(-1);
    expect(columns[0]).toBe(given.columns[0]);
  });
  it('names the first time that is off the grid', () => {
    expect(() => place(rows(['2024-01-01 02:00', '2024-01-01 03:20'], [1, 2]), GRID, format)).toThrow(
      new InputError(
        'series "a": 2024-01-01 03:20 is off the grid of 1 hour through 2024-01-01 00:00; correct or remove it, or give --frequency',
      ),
    );
  });
  it('takes a row in thousands of steps for a wrong date, and names the widest gap', () => {
    const times = ['2024-01-01 00:00', '2024-01-01 01:00', '2025-01-01 00:00', '2025-01-02 00:00'];
    expect(() => place(rows(times, [1, 2, 3, 4]), GRID, format)).toThrow(
      /8809 steps of 1 hour for 4 rows, the widest gap from 2024-01-01 01:00 to 2025-01-01 00:00; correct the dates/,
    );
    expect(place(rows([times[0]!, '2024-02-11 00:00'], [1, 2]), GRID, format).columns[0]).toHaveLength(985);
  });
});
