import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { LastWindows, TrainingWindows, type WindowOptions, windowAt } from './data.js';
import type { SeriesTable } from './series.js';

const tableOf = (...values: number[][]): SeriesTable => ({
  series: values.map((v, i) => ({ id: `s${i}`, start: 0, values: Float64Array.from(v), covariates: [] })),
  covariates: [],
  grid: { frequency: { unit: 'index', count: 1 }, origin: 0 },
});

const options = (changes: Partial<WindowOptions> = {}): WindowOptions => ({
  history: 3,
  horizon: 2,
  scale: 'mean_plus_one',
  features: [
    { kind: 'observed', mean: 0, std: 1 },
    { kind: 'lag', steps: 2, mean: 0, std: 1 },
  ],
  likelihood: 'all',
  samplingPower: 1,
  direct: false,
  ...changes,
});

const { NaN: gap } = Number;
const list = (array: { readonly data: ArrayLike<number | bigint> }) =>
  Array.from(array.data as ArrayLike<number>);

describe('windowAt', () => {
  it('divides by 1 + the mean of the history, and shifts the inputs by a step', () => {
    const table = tableOf([2, 3, 4, 8, 12, 16]);
    const window = windowAt(table, 0, 0, options());
    expect(list(window.target)).toEqual([0.5, 0.75, 1, 2, 3]);
    expect(list(window.values)).toEqual([0, 0.5, 0.75, 1, 2]);
    expect(list(window.weight)).toEqual([1, 1, 1, 1, 1]);
    // Whether the value before is known, and the value two steps before; 1 where there is none yet.
    expect(list(window.covariates)).toEqual([0, 1, 1, 1, 1, 0.5, 1, 0.75, 1, 1]);
  });

  it('masks gaps, and lets the value before stand in', () => {
    const table = tableOf([2, gap, 4, gap, 12]);
    const { target, values, weight, covariates } = windowAt(table, 0, 0, options());
    expect(list(weight)).toEqual([1, 0, 1, 0, 1]);
    expect(list(target)).toEqual([0.5, 0.5, 1, 1, 3]);
    expect(list(values)).toEqual([0, 0.5, 0.5, 1, 1]);
    expect(list(covariates).filter((_, i) => i % 2 === 0)).toEqual([0, 1, 0, 1, 0]);
  });

  it('tells a direct network nothing of the horizon', () => {
    const one = tableOf([2, 3, 4, 8, 12]);
    const other = tableOf([2, 3, 4, 100, 1000]);
    const [a, b] = [one, other].map((t) =>
      windowAt(t, 0, 0, options({ direct: true, likelihood: 'horizon' })),
    );
    expect(list(a!.values)).toEqual(list(b!.values));
    expect(list(a!.covariates)).toEqual(list(b!.covariates));
    expect(list(a!.weight)).toEqual([0, 0, 0, 1, 1]);
    // Lag 2 at both steps of the horizon: the last two values of the history.
    expect(list(a!.covariates).filter((_, i) => i % 2 === 1)).toEqual([1, 1, 0.5, 0.75, 1]);
  });

  it('begins before a series that is shorter than a window', () => {
    const table = tableOf([6, 8]);
    const { weight, target } = windowAt(table, 0, -3, options());
    expect(list(weight)).toEqual([0, 0, 0, 1, 1]);
    // No history: the scale is 1.
    expect(list(target)).toEqual([0, 0, 0, 6, 8]);
  });
});

describe('TrainingWindows', () => {
  const table = tableOf(
    Array.from({ length: 20 }, () => 9),
    Array.from({ length: 20 }, () => 29),
  );
  const shareOfSecond = (samplingPower: number): number => {
    const windows = new TrainingWindows(table, options({ samplingPower }), 2000, 0);
    const random = new Generator(1);
    let second = 0;
    for (let i = 0; i < 2000; i++) second += list(windows.get(i, random.fork(String(i))).series)[0]!;
    return second / 2000;
  };

  it('draws series by their scales', () => {
    expect(shareOfSecond(1)).toBeCloseTo(30 / 40, 1);
    expect(shareOfSecond(0)).toBeCloseTo(1 / 2, 1);
  });

  it('never touches what is held out', () => {
    const rising = tableOf(Array.from({ length: 20 }, (_, i) => i));
    const windows = new TrainingWindows(rising, options({ scale: 'mean_plus_one' }), 1, 6);
    const random = new Generator(1);
    let largest = 0;
    for (let i = 0; i < 500; i++) {
      const { target } = windows.get(i, random);
      const [first, second] = list(target) as [number, number];
      // Values rise by 1: their scaled difference gives the scale.
      largest = Math.max(largest, Math.round(list(target)[4]! / (second - first)));
    }
    expect(largest).toBe(13);
  });

  it('refuses series of which nothing is left', () => {
    expect(() => new TrainingWindows(table, options(), 1, 20)).toThrow(/no series has values left/);
  });
});

it('LastWindows ends with every series that is longer than the horizon', () => {
  const table = tableOf([1, 2, 3, 4, 5, 6], [1, 2]);
  const windows = new LastWindows(table, options());
  expect(windows.length).toBe(1);
  const [second, , , , last] = list(windows.get(0).target);
  expect(last! / second!).toBeCloseTo(6 / 2);
});
