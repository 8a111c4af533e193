import { describe, expect, it } from 'vitest';
import { crpsGaussian, crpsSamples, PointErrors, QuantileErrors, ScaledErrors } from './metrics.js';

const missing = Number.NaN;

describe('point errors', () => {
  it('are ratios of sums, without cells that have no truth', () => {
    const errors = new PointErrors().add([2, missing, 0, 0], [1, 100, 0, 3]).add([-4], [-2]);
    expect(errors.nd).toBe(6 / 6);
    expect(errors.nrmse).toBeCloseTo(Math.sqrt((1 + 0 + 9 + 4) / 4) / (6 / 4), 14);
    // 0 against 0 is no error, 0 against 3 the greatest.
    expect(errors.smape).toBeCloseTo((200 / 4) * (1 / 3 + 0 + 1 + 2 / 6), 12);
  });
  it('of nothing are NaN', () => {
    const { nd, nrmse, smape } = new PointErrors().add([missing], [1]);
    expect([nd, nrmse, smape]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('quantile errors', () => {
  it('weigh what lies above by ρ and what lies below by 1 − ρ', () => {
    const errors = new QuantileErrors(0.9).add([10, 10, missing, -5], [8, 13, 0, -5]);
    expect(errors.loss).toBeCloseTo((2 * (0.9 * 2 + 0.1 * 3)) / 25, 14);
    expect(errors.coverage).toBeCloseTo(2 / 3, 14);
  });
  it('of the median are the normalised deviation', () => {
    const [z, m] = [
      [3, 1, 4, 1, 5],
      [2, 7, 1, 8, 2],
    ] as const;
    expect(new QuantileErrors(0.5).add(z, m).loss).toBeCloseTo(new PointErrors().add(z, m).nd, 14);
  });
  it('are least at the quantile of the truth', () => {
    const truth = Float64Array.from({ length: 101 }, (_, i) => i);
    const lossAt = (q: number) => new QuantileErrors(0.8).add(truth, new Float64Array(101).fill(q)).loss;
    const losses = Array.from(truth, lossAt);
    expect(losses.indexOf(Math.min(...losses))).toBe(80);
  });
});

describe('scaled errors', () => {
  it('are the mean over series, each relative to the steps of its own history', () => {
    const errors = new ScaledErrors(2).add([4, 6], [1, 6], [0, 0, 1, 3]).add([1], [2], [0, 0, 4]);
    expect(errors.mase).toBeCloseTo((1.5 / 2 + 1 / 4) / 2, 14);
    expect(errors.leftOut).toBe(0);
  });
  it('leave out histories that repeat or are too short, and count them', () => {
    const errors = new ScaledErrors(2)
      .add([1], [2], [3, 5, 3, 5])
      .add([1], [2], [1, 2])
      .add([1], [2], [1, 2, 2]);
    expect(errors.mase).toBe(1);
    expect(errors.leftOut).toBe(2);
  });
  it('leave out missing values: of the truth, and pairs of the history', () => {
    const errors = new ScaledErrors(1)
      .add([missing, 3], [9, 2], [1, missing, 5, 7, 8])
      .add([missing], [1], [1, 1]);
    expect(errors.mase).toBeCloseTo(1 / 1.5, 14);
    expect(errors.leftOut).toBe(0);
  });
});

describe('CRPS', () => {
  it('of samples is what all pairs give', () => {
    const x = [-1, 0.5, 2, 2, 7];
    const [s, z] = [x.length, 1.2];
    const mean = x.reduce((sum, a) => sum + Math.abs(a - z), 0) / s;
    const pairs = x.flatMap((a) => x.map((b) => Math.abs(a - b))).reduce((sum, d) => sum + d, 0) / (s * s);
    expect(crpsSamples(z, x)).toBeCloseTo(mean - pairs / 2, 14);
    expect(crpsSamples(z, [3])).toBeCloseTo(1.8, 14);
  });
  it('of a Gaussian is the integral of (Φ(x) − 1{x ≥ z})², and the distance where nothing spreads', () => {
    // ∫ in closed form at the mean: σ (√2 − 1) / √π.
    expect(crpsGaussian(5, 5, 3)).toBeCloseTo((3 * (Math.SQRT2 - 1)) / Math.sqrt(Math.PI), 14);
    expect(crpsGaussian(105, 5, 1e-3)).toBeCloseTo(100, 2);
    expect(crpsGaussian(2, 5, 0)).toBe(3);
  });
});
