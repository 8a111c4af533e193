import { describe, expect, it } from 'vitest';
import { normalCdf, normalPdf, normalQuantile } from './normal.js';

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

describe('the normal distribution', () => {
  it('has the known values', () => {
    expect(normalPdf(0)).toBeCloseTo(0.3989422804014327, 15);
    expect(normalPdf(-1)).toBeCloseTo(0.24197072451914337, 15);
    expect(normalCdf(0)).toBe(0.5);
    expect(relative(normalCdf(1), 0.8413447460685429)).toBeLessThan(5e-15);
    expect(relative(normalCdf(-1.5), 0.06680720126885809)).toBeLessThan(5e-15);
    expect(relative(normalCdf(-2.9999), 0.0013503412829549248)).toBeLessThan(1e-12);
    expect(relative(normalCdf(-3), 0.0013498980316300957)).toBeLessThan(1e-14);
    expect(relative(normalCdf(-10), 7.61985302416059e-24)).toBeLessThan(1e-13);
    expect(relative(normalQuantile(0.9), 1.2815515655446004)).toBeLessThan(5e-15);
    expect(relative(normalQuantile(0.975), 1.959963984540054)).toBeLessThan(5e-15);
    expect(relative(normalQuantile(1e-10), -6.3613409024040557)).toBeLessThan(1e-14);
  });

  it('has a quantile function that inverts the distribution function, and no quantile outside [0, 1]', () => {
    for (let p = 1e-300; p < 1; p = Math.min(p * 10, p + 0.01)) {
      expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-12);
    }
    expect(normalQuantile(0.5)).toBeCloseTo(0, 15);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalCdf(Number.NaN)]).toEqual([NaN, NaN, NaN]);
    expect([normalCdf(Number.NEGATIVE_INFINITY), normalCdf(Number.POSITIVE_INFINITY)]).toEqual([0, 1]);
  });
});
