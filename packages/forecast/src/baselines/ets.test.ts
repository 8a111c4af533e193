import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { autoEts, type EtsModel, type EtsState, fitEts, forecastEts, runEts } from './ets.js';

/** A series that the model itself makes from normal errors of variance 1. */
function simulated(model: EtsModel, initial: EtsState, length: number): Float64Array {
  const noise = new Generator(1).normalArray([length]).data;
  const season = initial.season.slice();
  let { level, trend } = initial;
  return Float64Array.from(noise, (e, t) => {
    const phase = model.season > 0 ? t % model.season : 0;
    const expected = level + model.phi * trend;
    const y = expected + (season[phase] ?? 0) + e;
    level = expected + model.alpha * e;
    trend = model.phi * trend + model.beta * e;
    if (model.season > 0) season[phase]! += model.gamma * e;
    return y;
  });
}

const NONE = { season: 0, trend: false, beta: 0, gamma: 0, phi: 1 };
const EMPTY = new Float64Array(0);

describe('exponential smoothing', () => {
  it('fits histories longer than a call has arguments', () => {
    const y = Float64Array.from({ length: 200_000 }, (_, t) => t % 7);
    expect(fitEts(y, { trend: 'none', season: 0 }).model.alpha).toBeGreaterThan(0);
  });

  it('smooths by hand', () => {
    const run = runEts(
      Float64Array.of(10, 14, Number.NaN, 12),
      { ...NONE, alpha: 0.5 },
      {
        level: 8,
        trend: 0,
        season: EMPTY,
      },
    );
    expect([...run.fitted]).toEqual([8, 9, 11.5, 11.5]);
    expect([...run.residuals]).toEqual([2, 5, 0, 0.5]);
    expect(run.last.level).toBe(11.75);
    expect(run.sigma2).toBeCloseTo((4 + 25 + 0.25) / 3, 12);
  });

  it('forecasts with the season in the order of use, wherever the history ends', () => {
    const initial = { level: 100, trend: 0, season: Float64Array.of(1, 2, -3) };
    const model = { ...NONE, season: 3, alpha: 0, gamma: 0 };
    const { last } = runEts(Float64Array.of(101, 102), model, initial);
    expect([...forecastEts(model, last, 1, 4).mean]).toEqual([97, 101, 102, 97]);
  });

  it('finds the parameters of simulated series', () => {
    const season = Float64Array.from({ length: 12 }, (_, i) => 10 * Math.sin((2 * Math.PI * i) / 12));
    const truth = { season: 12, trend: true, alpha: 0.4, beta: 0.06, gamma: 0.2, phi: 0.9 };
    const y = simulated(truth, { level: 50, trend: 0.1, season }, 3000);
    const { model, run } = fitEts(y, { season: 12, trend: 'damped' });
    expect(Math.abs(model.alpha - 0.4)).toBeLessThan(0.08);
    expect(Math.abs(model.beta - 0.06)).toBeLessThan(0.05);
    expect(Math.abs(model.gamma - 0.2)).toBeLessThan(0.05);
    expect(Math.abs(run.sigma2 - 1)).toBeLessThan(0.08);
  });

  it('chooses the components that made a series', () => {
    const walk = simulated({ ...NONE, alpha: 0.5 }, { level: 0, trend: 0, season: EMPTY }, 400);
    expect(autoEts(walk, 12).model).toMatchObject({ season: 0, trend: false });
    const season = Float64Array.from({ length: 12 }, (_, i) => 5 * Math.cos((2 * Math.PI * i) / 12));
    const seasonal = { ...NONE, season: 12, alpha: 0.2, gamma: 0.1 };
    expect(autoEts(simulated(seasonal, { level: 0, trend: 0, season }, 400), 12).model.season).toBe(12);
    const line = simulated(
      { ...NONE, trend: true, alpha: 0.2, beta: 0.001 },
      { level: 0, trend: 2, season: EMPTY },
      400,
    );
    expect(autoEts(line, 1).model.trend).toBe(true);
  });
});
