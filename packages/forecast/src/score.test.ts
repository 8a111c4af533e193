import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import type { Forecast } from './method.js';
import { Scorer, score } from './score.js';

const forecast = (...values: number[][]): Forecast => ({
  horizon: 2,
  quantiles: [0.5, 0.9],
  values: values.map((v) => Float64Array.from(v)),
});
const rows = (...values: number[][]) => values.map((v) => Float64Array.from(v));

describe('score', () => {
  it('measures every quantile, and the median', () => {
    const found = score(forecast([1, 2, 3, 3], [10, 10, 12, 12]), rows([2, 2], [9, Number.NaN]), {
      insample: rows([1, 2, 3], [5, 5, 5]),
      season: 1,
    });
    expect(found.nd).toBeCloseTo(2 / 13, 14);
    expect(found.quantileLoss.get(0.5)).toBeCloseTo(2 / 13, 14);
    expect(found.quantileLoss.get(0.9)).toBeCloseTo((2 * 0.1 * (1 + 1 + 3)) / 13, 14);
    expect(found.coverage).toEqual(
      new Map([
        [0.5, 2 / 3],
        [0.9, 1],
      ]),
    );
    expect(found.smape).toBeCloseTo((200 / 3) * (1 / 3 + 1 / 19), 12);
    expect(found.mase).toBe(0.5);
    expect(found.withoutMase).toBe(1);
  });
  it('of several windows divides sums, not averages', () => {
    const scorer = new Scorer([0.5, 0.9], 1);
    const insample = rows([1, 2]);
    scorer.add(forecast([1, 1, 1, 1]), rows([2, 2]), insample);
    scorer.add(forecast([100, 100, 100, 100]), rows([100, 100]), insample);
    expect(scorer.score.nd).toBeCloseTo(2 / 204, 14);
    expect(scorer.score.mase).toBe(0.5);
  });
  it('needs the median, and truth of the forecast’s shape', () => {
    expect(() => new Scorer([0.1, 0.9], 24)).toThrow(InputError);
    const options = { insample: rows([1, 2]), season: 1 };
    expect(() => score(forecast([1, 1, 1, 1]), rows([1]), options)).toThrow('1 steps of truth');
    expect(() => score(forecast([1, 1, 1, 1]), rows([1, 1], [1, 1]), options)).toThrow('2 truths');
  });
});
