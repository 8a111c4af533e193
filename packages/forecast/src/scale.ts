/**
 * @module The scale ν of a series: what its window is divided by (spec, section 4.2).
 */
import { InputError } from '@sextant/io';

/** 1 + the mean of the history, of its values that are not zero, or of their magnitudes. */
export const SCALE_VARIANTS = ['mean_plus_one', 'nonzero_mean_plus_one', 'mean_abs_plus_one'] as const;
export type ScaleVariant = (typeof SCALE_VARIANTS)[number];

/**
 * ν of a window, from its history alone: `mean_plus_one` 1 + Σz/n (the paper), `nonzero_mean_plus_one`
 * 1 + Σz/#{z ≠ 0}, `mean_abs_plus_one` 1 + Σ|z|/n. Missing values (NaN) are left out; 1 where nothing is left.
 *
 * @throws InputError where ν is not positive: negative values need `mean_abs_plus_one`.
 */
export function seriesScale(history: ArrayLike<number>, variant: ScaleVariant): number {
  let [sum, count] = [0, 0];
  for (let t = 0; t < history.length; t++) {
    const z = history[t]!;
    if (Number.isNaN(z) || (variant === 'nonzero_mean_plus_one' && z === 0)) continue;
    sum += variant === 'mean_abs_plus_one' ? Math.abs(z) : z;
    count += 1;
  }
  const scale = count === 0 ? 1 : 1 + sum / count;
  if (!(scale > 0))
    throw new InputError(
      `scale ${variant} is ${scale.toPrecision(3)}, which is not positive: use mean_abs_plus_one for data with negative values`,
    );
  return scale;
}

/** With what probability a window of each series is drawn: in proportion to its scale. */
export function samplingProbabilities(scales: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const drawn = Float64Array.from(scales);
  const total = drawn.reduce((sum, v) => sum + v, 0);
  return drawn.map((v) => v / total);
}
