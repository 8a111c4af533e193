import { Generator, NDArray, program, type Tensor } from '@sextant/engine';
import { Adam, manualSeed } from '@sextant/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WindowBatch } from '../losses.js';
import { DeepState } from './deepstate.js';

const SMALL = {
  nCovariates: 1,
  nSeries: 3,
  embedding: 4,
  hidden: 6,
  layers: 1,
  dropout: 0,
  trend: true,
  season: 4,
};
const series = new NDArray(Int32Array.of(2, 0), [2], 'int32');
const of = (data: Float32Array, ...shape: number[]) => new NDArray(data, shape, 'float32');

beforeAll(() => manualSeed(2));

describe('DeepState', () => {
  it('learns a season of a few steps, forecasts it, and takes nothing from missing values', async () => {
    const model = new DeepState(SMALL);
    const [B, L, H] = [2, 16, 4];
    const noise = new Generator(5).normalArray([B, L], 0, 0.05).data;
    const season = (t: number) => 1 + 0.5 * Math.sin((2 * Math.PI * t) / 4);
    const target = Float32Array.from({ length: B * L }, (_, i) => season(i % L) + noise[i]!);
    const weight = Float32Array.from({ length: B * L }, (_, i) => (i % L === 9 ? 0 : 1));
    const batch = (missing: number) => ({
      values: of(new Float32Array(B * L), B, L),
      covariates: of(new Float32Array(B * L), B, L, 1),
      target: of(
        target.map((v, i) => (weight[i] === 0 ? missing : v)),
        B,
        L,
      ),
      weight: of(weight, B, L),
      series,
    });
    const loss = program((b: WindowBatch) => model.eval(() => model.loss(b)));
    const before = (await loss(batch(0))).item();
    expect((await loss(batch(1000))).item()).toBeCloseTo(before, 4);

    const adam = new Adam(model.parameters(), { learningRate: 0.03 });
    const step = program((b: WindowBatch) => {
      const value = model.loss(b);
      adam.minimize(value);
      return value;
    });
    for (let i = 0; i < 60; i++) await step(batch(0));
    expect((await loss(batch(0))).item()).toBeLessThan(before - 0.5);

    const forecast = program((v: Tensor, w: Tensor, c: Tensor, s: Tensor) =>
      model.eval(() => model.forecast({ values: v, weight: w, covariates: c, series: s }, H)),
    );
    const covariates = of(new Float32Array(B * (L + H)), B, L + H, 1);
    const { mu, sigma } = await forecast(of(target, B, L), of(weight, B, L), covariates, series);
    expect(mu.shape).toEqual([B, H]);
    for (const [i, m] of mu.data.entries()) {
      expect(Math.abs(m - season(L + (i % H)))).toBeLessThan(0.25);
      expect(sigma.data[i]).toBeGreaterThan(0);
    }
  });

  it('needs neither trend, season nor vectors of the series', async () => {
    const model = new DeepState({ ...SMALL, nSeries: 0, trend: false, season: 0 });
    const forecast = program((v: Tensor, w: Tensor, c: Tensor, s: Tensor) =>
      model.forecast({ values: v, weight: w, covariates: c, series: s }, 2),
    );
    const ones = of(new Float32Array(6).fill(1), 2, 3);
    const { sigma } = await forecast(ones, ones, of(new Float32Array(10), 2, 5, 1), series);
    expect(sigma.shape).toEqual([2, 2]);
    expect(sigma.data.every((s) => s > 0)).toBe(true);
  });
});
