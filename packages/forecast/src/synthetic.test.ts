import { describe, expect, it } from 'vitest';
import { syntheticSeries, syntheticTable } from './synthetic.js';

const silence = (t0: number) => new Float64Array(t0 + 24);

describe('synthetic series', () => {
  it('have one amplitude after the other, and the larger of the first two at twice the period at the end', () => {
    const values = syntheticSeries(48, [10, 20, 30], silence(48));
    // Crests of sin(π x / 6) at x = 3, 15 and 27; of sin(π x / 12) at x = 54.
    expect([3, 15, 27, 54].map((x) => values[x])).toEqual([82, 92, 102, 92]);
    expect(values[66]).toBe(52);
    expect(syntheticSeries(48, [20, 10, 30], silence(48))[54]).toBe(92);
  });

  it('have no third part when t0 is 24', () => {
    const [a, b] = [0, 60].map((a3) => syntheticSeries(24, [10, 20, a3], silence(24)));
    expect(a).toEqual(b);
  });

  it('come from a seed', () => {
    const table = syntheticTable(24, 200, 7);
    expect(syntheticTable(24, 200, 7)).toEqual(table);
    expect(syntheticTable(24, 200, 8)).not.toEqual(table);
    // At x = 3 a value is 72 + A + noise of mean 102 and variance 300 + 1.
    const crests = table.series.map((s) => s.values[3]!);
    const mean = crests.reduce((s, v) => s + v, 0) / 200;
    const variance = crests.reduce((s, v) => s + (v - mean) ** 2, 0) / 200;
    expect(Math.abs(mean - 102)).toBeLessThan(5);
    expect(Math.abs(variance - 301)).toBeLessThan(90);
  });

  it('need a t0 of a day and as much noise as values', () => {
    expect(() => syntheticSeries(23, [1, 1, 1], silence(23))).toThrow('at least 24');
    expect(() => syntheticSeries(24, [1, 1, 1], silence(25))).toThrow('49 values of noise; t0 = 24 needs 48');
  });
});
