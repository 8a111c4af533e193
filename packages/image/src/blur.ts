/**
 * @module Pillow's Gaussian blur: three box blurs along each axis, of a box whose ends count in part.
 *
 * P. Gwosdek, S. Grewenig, A. Bruhn, J. Weickert, "Theoretical foundations of Gaussian convolution by extended box
 * filtering", SSVM 2011.
 */
import type { Image } from './image.js';

const PASSES = 3;
const FRACTION_BITS = 24;
const HALF = 1 << (FRACTION_BITS - 1);
const { fround } = Math;

/** The radius of the box, whose whole part counts fully, that in three passes has a standard deviation; in float32. */
function boxRadius(sigma: number): number {
  const variance = fround(fround(fround(sigma) * fround(sigma)) / PASSES);
  const length = fround(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const end = fround((2 * whole + 1) * fround(whole * (whole + 1) - 3 * variance));
  return fround(whole + fround(end / fround(6 * fround(variance - (whole + 1) * (whole + 1)))));
}

/**
 * Blurred by a Gaussian; pixels of the edge stand for those beyond it.
 *
 * @param sigma - standard deviation in pixels. @throws RangeError where it is negative or not finite.
 */
export function gaussianBlur(image: Image, sigma: number): Image {
  if (!(sigma >= 0) || sigma === Number.POSITIVE_INFINITY)
    throw new RangeError(`gaussianBlur: sigma ${sigma} is not a width`);
  const radius = boxRadius(sigma);
  if (radius === 0) return image;
  const { width, height } = image;
  const rows = boxBlur(image.data, radius, { lines: height, length: width, line: width * 3, step: 3 });
  return {
    width,
    height,
    data: boxBlur(rows, radius, { lines: width, length: height, line: 3, step: width * 3 }),
  };
}

/** How lines lie in memory. */
interface Lines {
  readonly lines: number;
  readonly length: number;
  /** Bytes from one line to the next, and from one pixel of a line to the next. */
  readonly line: number;
  readonly step: number;
}

/** The passes along one axis, each rounded to 8 bits. */
function boxBlur(
  data: Uint8Array,
  radius: number,
  { lines, length, line, step }: Lines,
): Uint8Array<ArrayBuffer> {
  const whole = Math.trunc(radius);
  const weight = Math.trunc(fround(2 ** FRACTION_BITS / fround(fround(radius * 2) + 1)));
  const endWeight = Math.floor((2 ** FRACTION_BITS - (whole * 2 + 1) * weight) / 2);
  const out = new Uint8Array(data.length);
  // A line with the pixels that its ends are continued by.
  const margin = whole + 1;
  const padded = new Uint8Array(length + 2 * margin);
  for (let l = 0; l < lines; l++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = l * line + channel;
      for (let i = 0; i < length; i++) padded[margin + i] = data[start + i * step]!;
      for (let pass = 0; pass < PASSES; pass++) blurLine(padded, length, whole, weight, endWeight);
      for (let i = 0; i < length; i++) out[start + i * step] = padded[margin + i]!;
    }
  }
  return out;
}

/** One pass over a line in place; all sums fit 32 bits without a sign. */
function blurLine(
  padded: Uint8Array,
  length: number,
  whole: number,
  weight: number,
  endWeight: number,
): void {
  const margin = whole + 1;
  padded.fill(padded[margin]!, 0, margin);
  padded.fill(padded[margin + length - 1]!, margin + length);
  const input = padded.slice();
  let sum = 0;
  for (let i = 1; i < 2 * margin; i++) sum += input[i]!;
  for (let i = 0; i < length; i++) {
    const [left, right] = [input[i]!, input[i + 2 * margin]!];
    const total = Math.imul(sum, weight) + Math.imul(left + right, endWeight) + HALF;
    padded[margin + i] = total >>> FRACTION_BITS;
    sum += right - input[i + 1]!;
  }
}
