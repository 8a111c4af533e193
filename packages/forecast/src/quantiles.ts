/**
 * @module Quantiles of forecast distributions: of samples, and of Gaussians.
 */
import { normalQuantile } from './normal.js';

/**
 * How a quantile is read from S sorted samples: `linear` interpolates at index ρ(S − 1); `order` takes the sample
 * S − ⌈S(1 − ρ)⌉, counted from 0.
 */
export type Estimator = 'linear' | 'order';

/** The ρ-quantile of sorted samples. */
export function quantileOfSorted(sorted: ArrayLike<number>, rho: number, estimator: Estimator): number {
  const { length } = sorted;
  // 10 · (1 − 0.7) is a little above 3 in floating point.
  if (estimator === 'order') return sorted[length - Math.ceil(length * (1 - rho) - 1e-9)]!;
  const index = rho * (length - 1);
  const below = Math.floor(index);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, length - 1)]!];
  return a + (index - below) * (b - a);
}

/** Cells that are gathered together, so that each cache line of the samples is read once. */
const BLOCK = 16;

/** Calls `visit` with the sorted samples of every cell of samples [S, cells], in order; the array is reused. */
export function forEachCell(
  samples: Float32Array | Float64Array,
  count: number,
  visit: (sorted: Float64Array, cell: number) => void,
): void {
  const cells = samples.length / count;
  const block = Array.from({ length: BLOCK }, () => new Float64Array(count));
  for (let first = 0; first < cells; first += BLOCK) {
    const width = Math.min(BLOCK, cells - first);
    for (let s = 0; s < count; s++)
      for (let j = 0; j < width; j++) block[j]![s] = samples[s * cells + first + j]!;
    for (let j = 0; j < width; j++) visit(block[j]!.sort(), first + j);
  }
}

/**
 * Quantiles of every cell over its samples; NaN where a sample is NaN.
 *
 * @param samples - [S, cells], row-major.
 * @param count - S.
 * @returns [rhos, cells].
 */
export function sampleQuantiles(
  samples: Float32Array | Float64Array,
  count: number,
  rhos: readonly number[],
  estimator: Estimator = 'linear',
): Float64Array<ArrayBuffer> {
  const cells = samples.length / count;
  const quantiles = new Float64Array(rhos.length * cells);
  forEachCell(samples, count, (sorted, cell) => {
    // Sorting puts NaN last.
    const broken = Number.isNaN(sorted[count - 1]!);
    for (let r = 0; r < rhos.length; r++)
      quantiles[r * cells + cell] = broken ? Number.NaN : quantileOfSorted(sorted, rhos[r]!, estimator);
  });
  return quantiles;
}

/** Quantiles μ + σ Φ⁻¹(ρ) of Gaussians: [rhos, cells] from means and deviations of one length. */
export function gaussianQuantiles(
  mu: ArrayLike<number>,
  sigma: ArrayLike<number>,
  rhos: readonly number[],
): Float64Array<ArrayBuffer> {
  const quantiles = new Float64Array(rhos.length * mu.length);
  for (const [r, rho] of rhos.entries()) {
    // Exactly the mean: a rounding error beside a mean and a truth of 0 is an error of 200 % to sMAPE.
    const u = rho === 0.5 ? 0 : normalQuantile(rho);
    for (let i = 0; i < mu.length; i++) quantiles[r * mu.length + i] = mu[i]! + sigma[i]! * u;
  }
  return quantiles;
}
