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
 * Pictures that are stranger than this show something else than the generator makes. Measured with the embedded weights; least to most, and
 * how many are refused:
 *
 * | pictures | nearest code in W | an encoder's code |
 * | --- | --- | --- |
 * | held-out heads | 0.14 to 0.34, 0 of 16 | 0.10 to 0.64, 0 of 200 |
 * | the generator's own | 0.02 to 0.20, 0 of 16 | 0.01 to 0.13, 0 of 200 |
 * | noise | 2.7 to 2.8, all 16 | 5.0 to 5.6, all 200 |
 * | one colour | 800 and more, all 16 | 320 and more, all 200 |
 * | gradients | 0.42 to 4.4, 15 of 16 | 0.26 to 47, 159 of 200 |
 * | painted landscapes | 0.63 to 0.89, all 16 | 0.68 to 1.7, 192 of 200 |
 * | photographs of CIFAR-10 | 0.46 to 1.8, all 16 | 0.34 to 3.2, 162 of 200 |
 *
 * A face that is refused is the worse mistake, so both stand above the strangest head. After 300 updates in W+ there is nothing to tell by: with a toy
 * generator heads were at 0.13 to 0.33, gradients at 0.02 to 0.05, landscapes at 0.10 to 0.33. `scripts/measure-strangeness.mjs` prints such a table for
 * any model.
 */
export const STRANGEST = { inW: 0.45, byEncoder: 0.75 } as const;

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
