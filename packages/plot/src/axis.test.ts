import { describe, expect, it } from 'vitest';
import { numberAxis, numberLabel, timeAxis } from './axis.js';

const labels = (axis: ReturnType<typeof numberAxis>, length = 400, spacing = 70) =>
  axis.fit(0, length, spacing).ticks.flatMap(({ label }) => (label ? [label] : []));

describe('an axis of numbers', () => {
  it('labels round numbers alike', () => {
    expect(labels(numberAxis([0, 1]))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels(numberAxis([-1500, 4000]))).toEqual(['−1,000', '0', '1,000', '2,000', '3,000', '4,000']);
    expect(labels(numberAxis([0, 3e6]))).toContain('1.5M');
  });
  it('has room for a constant, and for nothing', () => {
    const constant = numberAxis([5, 5]).fit(100, 0, 40);
    expect(constant.position(5)).toBeCloseTo(50, 9);
    expect(numberAxis([Number.NaN]).fit(0, 100, 40).ticks.length).toBeGreaterThan(1);
  });
  it('goes a little beyond its values, or not where it is tight', () => {
    const ends = (tight: boolean) => {
      const axis = numberAxis([0, 10], { tight }).fit(0, 100, 40);
      return [axis.position(0), axis.position(10)];
    };
    expect(ends(true)).toEqual([0, 100]);
    expect(ends(false)[0]).toBeGreaterThan(2);
    expect(ends(false)[1]).toBeLessThan(98);
  });
});

describe('a log axis', () => {
  it('labels 1, 2, 5 of few decades, powers of ten of more, and some of these of many', () => {
    const axis = (low: number, high: number) => numberAxis([low, high], { scale: 'log' });
    expect(labels(axis(1, 10))).toEqual(['1', '2', '5', '10']);
    expect(labels(axis(0.01, 1000))).toEqual(['0.01', '0.1', '1', '10', '100', '1,000']);
    expect(labels(axis(1, 1e20))).toEqual(['1', '1,000', '10⁶', '10⁹', '10¹²', '10¹⁵', '10¹⁸']);
  });
  it('puts powers at equal distances, and marks the steps between them', () => {
    const axis = numberAxis([1, 10, 100], { scale: 'log' }).fit(0, 200, 70);
    expect(axis.position(100) - axis.position(10)).toBeCloseTo(axis.position(10) - axis.position(1), 9);
    expect(axis.ticks.filter(({ label }) => label === '').length).toBe(1 + 8 + 8);
  });
  it('has no place for what is not positive', () => {
    const axis = numberAxis([-1, 0, 1, 10, Number.NaN], { scale: 'log' }).fit(0, 100, 70);
    expect([-1, 0, Number.NaN, 1].map((v) => axis.has(v))).toEqual([false, false, false, true]);
  });
  it('labels the numbers that it is told to', () => {
    const ticks = [512, 1024, 16384];
    expect(labels(numberAxis(ticks, { scale: 'log', ticks }))).toEqual(['512', '1,024', '16,384']);
  });
});

it('numbers read well', () => {
  const written = [0, -1234.5, 0.05, 1e-3, 1e6, 2.5e7, -1e-5, 999999].map(numberLabel);
  expect(written).toEqual(['0', '−1,234.5', '0.05', '0.001', '10⁶', '2.5 × 10⁷', '−1 × 10⁻⁵', '999,999']);
});

describe('an axis of times', () => {
  const from = Date.UTC(2017, 11, 30) / 1000;
  const told = (hours: number) =>
    timeAxis([from, from + 3600 * hours])
      .fit(0, 400, 70)
      .ticks.map(({ label, below }) => (below ? `${label}/${below}` : label));
  it('says days, and the year where it is new', () => {
    expect(told(24 * 4)).toEqual(['30 Dec/2017', '31 Dec', '1 Jan/2018', '2 Jan', '3 Jan']);
  });
  it('says hours, and the day where it is new', () => {
    expect(told(30)).toEqual(['00:00/30 Dec 2017', '06:00', '12:00', '18:00', '00:00/31 Dec 2017', '06:00']);
  });
  it('says months, and years', () => {
    expect(told(24 * 150)).toEqual(['Jan/2018', 'Feb', 'Mar', 'Apr', 'May']);
    expect(told(24 * 366 * 5)).toEqual(['2018', '2019', '2020', '2021', '2022', '2023']);
  });
  it('says seconds, and stands a single time', () => {
    expect(told(1 / 60)[1]).toBe('00:00:15');
    expect(timeAxis([from]).fit(0, 100, 70).position(from)).toBe(0);
  });
});
