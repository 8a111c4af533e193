import { concat, Generator, NDArray, neg, program, slice, type Tensor } from '@sextant/engine';
import { Adam, manualSeed } from '@sextant/nn';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WindowBatch } from '../losses.js';
import { DeepAR } from './deepar.js';

const SMALL = { nCovariates: 2, nSeries: 3, embedding: 4, hidden: 6, layers: 2, dropout: 0 };
const random = new Generator(3);
const series = new NDArray(Int32Array.of(2, 0), [2], 'int32');

beforeAll(() => manualSeed(1));

describe('DeepAR', () => {
  it('draws each step from the distribution that the network gives after the steps drawn before it', async () => {
    const [history, horizon, samples] = [5, 4, 3];
    for (const head of ['top', 'all'] as const) {
      const model = new DeepAR({ ...SMALL, head });
      const values = random.normalArray([2, history]);
      const covariates = random.normalArray([2, history + horizon, 2]);
      const noise = random.normalArray([samples, 2, horizon]);
      const rollout = program((v: Tensor, c: Tensor, s: Tensor, e: Tensor) =>
        model.eval(() => model.rollout({ values: v, covariates: c, series: s, noise: e })),
      );
      const drawn = await rollout(values, covariates, series, noise);
      expect(drawn.shape).toEqual([samples, 2, horizon]);

      const forward = program((before: Tensor, c: Tensor, s: Tensor) => model.forward(before, c, s));
      for (let k = 0; k < samples; k++) {
        const of = (b: number, h: number) => (k * 2 + b) * horizon + h;
        const before = Array.from({ length: 2 }, (_, b) => [
          0,
          ...values.data.subarray(b * history, (b + 1) * history),
          ...drawn.data.subarray(of(b, 0), of(b, horizon - 1)),
        ]).flat();
        const shifted = new NDArray(Float32Array.from(before as number[]), [2, history + horizon], 'float32');
        const { mu, sigma } = await forward(shifted, covariates, series);
        for (let b = 0; b < 2; b++) {
          for (let h = 0; h < horizon; h++) {
            const at = b * (history + horizon) + history + h;
            const expected = Number(mu.data[at]) + Number(sigma.data[at]) * noise.data[of(b, h)]!;
            expect(drawn.data[of(b, h)]).toBeCloseTo(expected, 5);
          }
        }
      }
    }
  });

  it('sees neither the present value nor later ones', async () => {
    const model = new DeepAR({ ...SMALL, nSeries: 0, head: 'all' });
    const forward = program((v: Tensor, c: Tensor, s: Tensor) => {
      const later = concat([slice(v, 1, 0, 3), neg(slice(v, 1, 3))], 1);
      return [model.forward(v, c, s).mu, model.forward(later, c, s).mu];
    });
    const [a, b] = await forward(random.normalArray([2, 6]), random.normalArray([2, 6, 2]), series);
    const steps = (x: NDArray, from: number, to: number) =>
      [0, 6].flatMap((row) => [...x.data.subarray(row + from, row + to)]);
    expect(steps(a!, 0, 3)).toEqual(steps(b!, 0, 3));
    expect(steps(a!, 3, 4)).not.toEqual(steps(b!, 3, 4));
  });

  it('learns a wave, and takes nothing from targets that do not count', async () => {
    const model = new DeepAR({ ...SMALL, nCovariates: 1, head: 'all' });
    const [B, L] = [2, 12];
    const wave = (shift: number) => Float32Array.from({ length: B * L }, (_, i) => Math.sin((i % L) + shift));
    const weight = Float32Array.from({ length: B * L }, (_, i) => (i % L === 5 ? 0 : 1));
    const batch = (missing: number) => {
      const target = wave(1).map((v, i) => (weight[i] === 0 ? missing : v));
      const of = (data: Float32Array) => new NDArray(data, [B, L], 'float32');
      return {
        values: of(wave(0)),
        covariates: new NDArray(wave(2), [B, L, 1], 'float32'),
        target: of(target),
        weight: of(weight),
        series,
      };
    };
    const loss = program((b: WindowBatch) => model.eval(() => model.loss(b)));
    const before = (await loss(batch(0))).item();
    expect((await loss(batch(1000))).item()).toBe(before);

    const adam = new Adam(model.parameters(), { learningRate: 0.02 });
    const step = program((b: WindowBatch) => {
      const value = model.loss(b);
      adam.minimize(value);
      return value;
    });
    for (let i = 0; i < 30; i++) await step(batch(0));
    expect((await loss(batch(0))).item()).toBeLessThan(before - 0.5);
  });
});
