import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { type ArimaModel, difference, forecastArima, runArima } from './arima.js';
import { autoArima, fitArima } from './auto-arima.js';

const NOISE: ArimaModel = {
  d: 0,
  seasonalD: 0,
  season: 1,
  ar: [],
  ma: [],
  seasonalAr: [],
  seasonalMa: [],
  mean: 0,
};

/** (1 − 0.6 B)(1 − 0.3 B^4) y = (1 + 0.4 B) e + c, with mean `mean`. */
function simulated(length: number, mean: number): Float64Array {
  const e = new Generator(5).normalArray([length]).data;
  const y = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    const past = (lag: number) => (t < lag ? 0 : y[t - lag]! - mean);
    y[t] = mean + 0.6 * past(1) + 0.3 * past(4) - 0.18 * past(5) + e[t]! + (t > 0 ? 0.4 * e[t - 1]! : 0);
  }
  return y;
}

const cumulated = (w: Float64Array): Float64Array => {
  let sum = 0;
  return w.map((v) => (sum += v));
};

describe('ARIMA', () => {
  it('differences, and forecasts a line from two differences', () => {
    const squares = Float64Array.of(0, 1, 4, 9, 16, 25);
    expect([...difference(squares, { d: 2, seasonalD: 0, season: 1 })]).toEqual([2, 2, 2, 2]);
    expect([...difference(squares, { d: 1, seasonalD: 1, season: 2 })]).toEqual([4, 4, 4]);
    expect([...forecastArima(squares, { ...NOISE, d: 2, mean: 2 }, 1, 3).mean]).toEqual([36, 49, 64]);
  });

  it('has the variance of a random walk, and of an autoregression', () => {
    const y = Float64Array.of(1, 2, 3);
    expect([...forecastArima(y, { ...NOISE, d: 1 }, 2, 3).variance]).toEqual([2, 4, 6]);
    expect([...forecastArima(y, { ...NOISE, ar: [0.5] }, 1, 3).variance]).toEqual([1, 1.25, 1.3125]);
  });

  it('takes no innovation from a missing value', () => {
    const { residuals, sigma2 } = runArima(Float64Array.of(8, 4, Number.NaN, 2), { ...NOISE, ar: [0.5] });
    expect([...residuals]).toEqual([0, 0, 0, 1]);
    expect(sigma2).toBe(0.5);
    expect([
      ...forecastArima(Float64Array.of(3, Number.NaN, Number.NaN), { ...NOISE, d: 1, mean: 2 }, 1, 2).mean,
    ]).toEqual([9, 11]);
  });

  it('finds the coefficients of a simulated series, with missing values too', () => {
    const y = simulated(3000, 20);
    const order = { p: 1, d: 0, q: 1, seasonalP: 1, seasonalD: 0, seasonalQ: 0, season: 4, mean: true };
    for (const series of [y, y.map((v, t) => (t % 50 === 7 ? Number.NaN : v))]) {
      const { model, sigma2 } = fitArima(series, order);
      expect(Math.abs(model.ar[0]! - 0.6)).toBeLessThan(0.08);
      expect(Math.abs(model.ma[0]! - 0.4)).toBeLessThan(0.08);
      expect(Math.abs(model.seasonalAr[0]! - 0.3)).toBeLessThan(0.08);
      expect(Math.abs(model.mean - 20)).toBeLessThan(0.5);
      expect(Math.abs(sigma2 - 1)).toBeLessThan(0.1);
    }
  });

  it('chooses differences and orders', () => {
    const w = simulated(1000, 0);
    expect(autoArima(w, 1).model).toMatchObject({ d: 0, seasonalD: 0 });
    const { model, sigma2 } = autoArima(cumulated(w), 1);
    expect(model.d).toBe(1);
    expect(model.ar.length + model.ma.length).toBeGreaterThan(0);
    expect(Math.abs(sigma2 - 1)).toBeLessThan(0.2);
    const seasonal = w.map((v, t) => v + 20 * Math.sin((Math.PI * t) / 6));
    expect(autoArima(seasonal, 12).model.seasonalD).toBe(1);
  });
});
