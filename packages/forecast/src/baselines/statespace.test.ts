import { add, array, mean, NDArray, program, square, type Tensor } from '@sextant/engine';
import { checkGradients, randomArray } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { kalmanFilter } from './statespace.js';

const row = (...values: number[]) => array([values], { dtype: 'float64' });

describe('the Kalman filter', () => {
  const filtered = program((z: Tensor, w: Tensor) =>
    kalmanFilter(
      {
        levelGain: row(0.5, 0.5, 1, 1) as never,
        offset: row(0, 0, 0, 10) as never,
        sigma: row(1, 1, 1, 2) as never,
        priorMean: row(3) as never,
        priorStd: row(2) as never,
      },
      z,
      w,
    ),
  );

  it('leaves out what is missing and forecasts what follows', async () => {
    const { mean, variance, logLikelihood } = await filtered(row(7, 1e6, 5), row(1, 0, 1));
    // Level ~ N(3, 4); after z = 7 of variance 1: mean 3 + 4/5 · 4, variance 4/5. Each step adds g².
    const second = { mean: 6.2, variance: 0.8 + 0.25 };
    const third = { mean: 6.2, variance: second.variance + 0.25 };
    const k = third.variance / (third.variance + 1);
    const fourth = { mean: 6.2 + k * (5 - 6.2), variance: third.variance * (1 - k) + 1 };
    for (const [t, expected] of [3, 6.2, 6.2, fourth.mean + 10].entries()) {
      expect(mean.data[t]).toBeCloseTo(expected, 10);
    }
    for (const [t, expected] of [5, second.variance + 1, third.variance + 1, fourth.variance + 4].entries()) {
      expect(variance.data[t]).toBeCloseTo(expected, 10);
    }
    expect(logLikelihood.shape).toEqual([1, 3]);
    expect(logLikelihood.data[0]).toBeCloseTo(-0.5 * Math.log(2 * Math.PI * 5) - 16 / 10, 10);
    expect(logLikelihood.data[1]).toBeCloseTo(0, 10);
  });

  it('has the right gradients', async () => {
    const positive = (shape: number[], seed: number) => randomArray(shape, { seed, low: 0.3, high: 1 });
    const index = new NDArray(Int32Array.of(0, 1, 2, 0, 1), [1, 5], 'int32');
    await checkGradients(
      (z, levelGain, trendGain, seasonGain, offset, sigma, priorMean, priorStd) => {
        const model = { levelGain, trendGain, seasonGain, offset, sigma, priorMean, priorStd };
        const found = kalmanFilter(
          { ...model, seasonIndex: index as never },
          z!,
          array([[1, 1, 0, 1]], { dtype: 'float64' }),
        );
        return add(mean(found.logLikelihood), mean(square(found.stateCovariance)));
      },
      [
        randomArray([1, 4], { seed: 1 }),
        ...[2, 3, 4].map((seed) => positive([1, 5], seed)),
        randomArray([1, 5], { seed: 5 }),
        positive([1, 5], 6),
        randomArray([1, 5], { seed: 7 }),
        positive([1, 5], 8),
      ],
    );
  });
});
