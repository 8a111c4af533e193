/**
 * @module Pillow's resizing, to the last bit: antialiased, in fixed point, rows first.
 *
 * Along one axis, output x is a weighted sum of the inputs around its centre c = (x + 0.5) · in/out. The filter is as wide as
 * an output pixel where the picture shrinks. Weights are integers of 22 fractional bits; both passes round to 8 bits.
 */
import { blank, type Image } from './image.js';

/** A filter: its value at x ≥ 0, zero from `support` on. */
interface Filter {
  readonly support: number;
  at(x: number): number;
}

const FILTERS = {
  bilinear: { support: 1, at: (x) => (x < 1 ? 1 - x : 0) },
  /** Keys' cubic with a = -0.5. */
  bicubic: {
    support: 2,
    at: (x) => {
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
} as const satisfies Record<string, Filter>;

/** Names of the filters. */
export type Interpolation = keyof typeof FILTERS;

/** A part of a picture. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** Weights of one axis: output x reads `count[x]` inputs from `first[x]` on, by weights from x · `taps` on. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

/** Random crops come in few sizes, again and again. */
const known = new Map<string, Weights>();
const MOST_KNOWN = 1024;

function weightsFor(from: number, to: number, interpolation: Interpolation): Weights {
  const key = `${interpolation} ${from} ${to}`;
  const found = known.get(key);
  if (found) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const made = makeWeights(from, to, FILTERS[interpolation]);
  known.set(key, made);
  return made;
}

function makeWeights(from: number, to: number, filter: Filter): Weights {
  const scale = from / to;
  const width = Math.max(scale, 1);
  const support = filter.support * width;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * taps);
  const inverse = 1 / width;
  for (let x = 0; x < to; x++) {
    const center = (x + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    const values = Array.from({ length: high - low }, (_, k) =>
      filter.at(Math.abs((k + low - center + 0.5) * inverse)),
    );
    const sum = values.reduce((a, b) => a + b, 0);
    first[x] = low;
    count[x] = high - low;
    for (const [k, value] of values.entries()) {
      const scaled = (value / sum) * 2 ** FRACTION_BITS;
      weights[x * taps + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }
  return { taps, first, count, weights };
}

/** The part of a picture in a box. @throws RangeError where the box is empty or reaches out of the picture. */
export function crop(image: Image, { top, left, height, width }: Box): Image {
  const inside = top >= 0 && left >= 0 && top + height <= image.height && left + width <= image.width;
  if (!inside || width < 1 || height < 1 || ![top, left, height, width].every(Number.isInteger)) {
    throw new RangeError(
      `crop: ${height} rows from ${top} and ${width} columns from ${left} are no part of ${image.height} x ${image.width}`,
    );
  }
  if (width === image.width && height === image.height) return image;
  const result = blank(width, height);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    result.data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return result;
}

/**
 * A picture at another size. An axis whose size stays is left as it is; where both do, the picture itself is returned.
 *
 * @throws RangeError unless both sizes are whole numbers from 1 up.
 */
export function resize(image: Image, width: number, height: number, interpolation: Interpolation): Image {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1)
    throw new RangeError(`resize: ${width} x ${height} is not a size`);
  const wide =
    width === image.width ? image : resizeRows(image, width, weightsFor(image.width, width, interpolation));
  return height === image.height
    ? wide
    : resizeColumns(wide, height, weightsFor(image.height, height, interpolation));
}

/** A box of a picture, cut out first (no pixel beyond it counts) and then resized. @throws RangeError as its parts. */
export const resizedCrop = (
  image: Image,
  box: Box,
  width: number,
  height: number,
  interpolation: Interpolation,
): Image => resize(crop(image, box), width, height, interpolation);

/** A sum in fixed point, at least -2^31 and below 2^31, to 0..255. */
function rounded(sum: number): number {
  const value = (sum + HALF) >> FRACTION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function resizeRows({ width: from, height, data }: Image, width: number, of: Weights): Image {
  const { taps, first, count, weights } = of;
  const result = blank(width, height);
  const out = result.data;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * from;
    for (let x = 0; x < width; x++) {
      let at = (row + first[x]!) * 3;
      let [r, g, b] = [0, 0, 0];
      const begin = x * taps;
      const end = begin + count[x]!;
      for (let k = begin; k < end; k++, at += 3) {
        const weight = weights[k]!;
        r = (r + Math.imul(weight, data[at]!)) | 0;
        g = (g + Math.imul(weight, data[at + 1]!)) | 0;
        b = (b + Math.imul(weight, data[at + 2]!)) | 0;
      }
      out[to++] = rounded(r);
      out[to++] = rounded(g);
      out[to++] = rounded(b);
    }
  }
  return result;
}

function resizeColumns({ width, data }: Image, height: number, of: Weights): Image {
  const { taps, first, count, weights } = of;
  const result = blank(width, height);
  const out = result.data;
  const length = width * 3;
  // Row after row, so that memory is read in its order.
  const sums = new Int32Array(length);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * taps + k]!;
      const row = (first[y]! + k) * length;
      for (let i = 0; i < length; i++) sums[i]! += Math.imul(weight, data[row + i]!);
    }
    for (let i = 0; i < length; i++) out[y * length + i] = rounded(sums[i]!);
  }
  return result;
}
