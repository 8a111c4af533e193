/**
 * @module The article's synthetic data: sinusoids whose last day repeats what was seen far before (section 4.1).
 */
import { Generator } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { SeriesTable } from './series.js';

/** Steps to forecast after the history of t₀. */
export const SYNTHETIC_HORIZON = 24;
const LEVEL = 72;
const DAY = 24;

/** Amplitudes A₁, A₂, A₃ of a series; the last day's A₄ is the larger of the first two. */
export type Amplitudes = readonly [number, number, number];

/**
 * One series of t₀ + 24 values, 72 + Aᵢ sin(π x / 6) + noise(x): A₁ in the first half day, A₂ in the second, A₃ until
 * t₀; from there on 72 + A₄ sin(π x / 12) + noise(x) with A₄ = max(A₁, A₂). x = 0, 1, … throughout.
 *
 * @param noise - t₀ + 24 numbers.
 * @throws InputError unless t₀ is a whole number of at least 24 and the noise has that many values.
 */
export function syntheticSeries(t0: number, amplitudes: Amplitudes, noise: ArrayLike<number>): Float64Array {
  if (!Number.isInteger(t0) || t0 < DAY) {
    throw new InputError(`t0 is ${t0}; give a whole number of at least ${DAY}`);
  }
  if (noise.length !== t0 + SYNTHETIC_HORIZON) {
    throw new InputError(`${noise.length} values of noise; t0 = ${t0} needs ${t0 + SYNTHETIC_HORIZON}`);
  }
  const [a1, a2, a3] = amplitudes;
  return Float64Array.from({ length: noise.length }, (_, x) => {
    const wave =
      x < t0
        ? (x < DAY / 2 ? a1 : x < DAY ? a2 : a3) * Math.sin((Math.PI * x) / 6)
        : lastAmplitude(amplitudes) * Math.sin((Math.PI * x) / 12);
    return LEVEL + wave + noise[x]!;
  });
}

/** A₄ = max(A₁, A₂). */
export const lastAmplitude = ([a1, a2]: Amplitudes): number => Math.max(a1, a2);

/**
 * `count` series of t₀ + 24 values with A₁ … A₃ ~ U[0, 60] and noise ~ N(0, 1), the same for the same seed.
 *
 * @throws InputError unless t₀ is a whole number of at least 24.
 */
export function syntheticTable(t0: number, count: number, seed: number): SeriesTable {
  const random = new Generator(seed);
  const series = Array.from({ length: count }, (_, i) => {
    const amplitudes: Amplitudes = [random.uniform(0, 60), random.uniform(0, 60), random.uniform(0, 60)];
    const noise = Float64Array.from({ length: t0 + SYNTHETIC_HORIZON }, () => random.normal());
    return { id: String(i), start: 0, values: syntheticSeries(t0, amplitudes, noise), covariates: [] };
  });
  return { series, covariates: [], grid: { frequency: { unit: 'index', count: 1 }, origin: 0 } };
}
