/**
 * @module Whether a picture is of the kind that a generator makes: faces, where it has learnt faces.
 */
import { NDArray } from '@sextant/engine';
import type { Image } from '@sextant/image/web';
import { planesOf } from './estimator/planes.js';
import type { Synthesizer } from './stylegan2/synthesizer.js';

/** How a picture and what a code makes compare. */
export interface Resemblance {
  /** Mean squared difference of their pixels, which go from -1 to 1. */
  readonly error: number;
  /**
   * The error as a share of what the generator's own pictures differ from that of the mean code, or, where that is less, of twice what the
   * picture differs from one colour: a blank one is missed by little, and yet all of it is missed.
   */
  readonly strangeness: number;
}

/**
 * Pictures that are stranger than this show something else than the generator makes. Measured with a toy generator of procedural heads of
 * 32 × 32 (fitted to their parameters, not adversarially) and an encoder of 1200 steps; least to most, and how many are refused:
 *
 * | pictures | nearest code in W | an encoder's code |
 * | --- | --- | --- |
 * | held-out heads | 0.22 to 0.44, 0 of 16 | 0.24 to 0.95, 0 of 40 |
 * | the generator's own | 0.02 to 0.04, 0 of 8 | 0.04 to 0.23, 0 of 40 |
 * | noise | 3.7 to 3.8, all 8 | 3.8 to 4.3, all 40 |
 * | one colour | 300 and more, all 8 | 740 and more, all 40 |
 * | gradients | 0.38 to 11, 6 of 8 | 0.59 to 13, 27 of 40 |
 * | painted landscapes | 0.56 to 1.1, 7 of 8 | 1.2 to 2.3, all 40 |
 * | photographs of CIFAR-10 | 0.49 to 1.9, 15 of 16 | 0.51 to 6.4, 33 of 40 |
 *
 * A face that is refused is the worse mistake, so both stand above the strangest head. At 1 the encoder's picture is as wrong as the mean
 * one is for the generator's own: it has recognised nothing. After 300 updates in W+ there is nothing to tell by: heads 0.13 to 0.33, gradients 0.02 to
 * 0.05, landscapes 0.10 to 0.33. `scripts/measure-strangeness.mjs` prints such a table for any model.
 */
export const STRANGEST = { inW: 0.6, byEncoder: 1 } as const;

/** Own pictures that a generator's variety is measured on. */
const OWN = 64;
/** Least variance of a picture, that of rounding to 256 levels: what has none is not divided by. */
const FLAT = 1e-5;

/** Compares pictures with what a generator makes of codes. */
export class Yardstick {
  private variety: Promise<number> | undefined;

  constructor(private readonly synthesizer: Synthesizer) {}

  /** @param code - [rows, D], found for the picture. */
  async measure(picture: Image, code: NDArray): Promise<Resemblance> {
    const { synthesizer } = this;
    this.variety ??= varietyOf(synthesizer);
    const rows = new NDArray(code.data as Float32Array<ArrayBuffer>, [1, ...code.shape], 'float32');
    const [made] = await synthesizer.images(rows);
    const pixels = planesOf(picture, synthesizer.config.size);
    const error = meanSquareApart(pixels, planesOf(made!, synthesizer.config.size));
    return {
      error,
      strangeness: error / Math.min(await this.variety, 2 * Math.max(varianceOf(pixels), FLAT)),
    };
  }
}

/** Mean squared difference of a generator's own pictures from that of the mean code. */
async function varietyOf(synthesizer: Synthesizer): Promise<number> {
  const { size } = synthesizer.config;
  const own = await synthesizer.images(await synthesizer.sample(OWN));
  const [middle] = await synthesizer.images(await synthesizer.sample(1, { truncation: 0 }));
  const centre = planesOf(middle!, size);
  return own.reduce((sum, picture) => sum + meanSquareApart(planesOf(picture, size), centre), 0) / OWN;
}

const meanSquareApart = ({ data: a }: NDArray<'float32'>, { data: b }: NDArray<'float32'>): number =>
  a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length;

/** Variance of a picture's pixels [3, S, S] about the mean of their colour. */
function varianceOf({ data, shape }: NDArray<'float32'>): number {
  const plane = data.length / shape[0]!;
  const colors = Float64Array.from({ length: shape[0]! }, (_, c) => {
    return data.subarray(c * plane, (c + 1) * plane).reduce((a, b) => a + b, 0) / plane;
  });
  return data.reduce((sum, v, i) => sum + (v - colors[Math.floor(i / plane)]!) ** 2, 0) / data.length;
}
