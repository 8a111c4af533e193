import { describe, expect, it } from 'vitest';
import { gaussianQuantiles, quantileOfSorted, sampleQuantiles } from './quantiles.js';

describe('quantiles of samples', () => {
  it('linear: between neighbours of index ρ(S − 1)', () => {
    const x = [10, 20, 40, 80];
    expect(quantileOfSorted(x, 0.5, 'linear')).toBe(30);
    expect(quantileOfSorted(x, 0.9, 'linear')).toBeCloseTo(68, 12);
    expect(quantileOfSorted([7], 0.9, 'linear')).toBe(7);
  });
  it('order: the sample S − ⌈S(1 − ρ)⌉', () => {
    const x = Array.from({ length: 10 }, (_, i) => i);
    const found = [0.1, 0.5, 0.7, 0.9, 0.95].map((rho) => quantileOfSorted(x, rho, 'order'));
    expect(found).toEqual([1, 5, 7, 9, 9]);
  });
  it('of every cell: [S, cells] to [rhos, cells], whatever the number of cells', () => {
    const [count, cells] = [3, 37];
    const samples = Float32Array.from({ length: count * cells }, (_, i) => {
      const [s, cell] = [Math.floor(i / cells), i % cells];
      return cell + ((s * 2 + cell) % 3) / 4;
    });
    const found = sampleQuantiles(samples, count, [0.5, 0.75]);
    for (let cell = 0; cell < cells; cell++) {
      expect(found[cell]).toBe(cell + 0.25);
      expect(found[cells + cell]).toBe(cell + 0.375);
    }
  });
  it('with NaN are NaN, not the quantile of the rest', () => {
    const found = sampleQuantiles(Float64Array.of(1, 2, Number.NaN, 4), 2, [0.1]);
    expect(found[0]).toBe(Number.NaN);
    expect(found[1]).toBeCloseTo(2.2, 14);
  });
});

describe('quantiles of Gaussians', () => {
  it('are μ + σ Φ⁻¹(ρ), the median exactly μ', () => {
    const found = gaussianQuantiles([0, 10], [1, 2], [0.5, 0.9]);
    expect([...found.subarray(0, 2)]).toEqual([0, 10]);
    expect(found[2]).toBeCloseTo(1.2815515655446004, 13);
    expect(found[3]).toBeCloseTo(10 + 2 * 1.2815515655446004, 13);
  });
});
