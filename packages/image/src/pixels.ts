/**
 * @module Pixels as networks read them.
 */
import type { Image } from './image.js';

/** What is taken off each channel of 0..1, and what it is then divided by. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const tables = new WeakMap<Normalization, readonly Float32Array[]>();

/** For each channel the 256 values it can have; in float32, as x/255, minus the mean, by the deviation. */
function tablesOf(normalization: Normalization): readonly Float32Array[] {
  const found = tables.get(normalization);
  if (found) return found;
  const { fround } = Math;
  const made = normalization.mean.map((mean, c) =>
    Float32Array.from(
      { length: 256 },
      (_, x) => fround(fround(x / 255) - fround(mean)) / fround(normalization.std[c]!),
    ),
  );
  tables.set(normalization, made);
  return made;
}

/**
 * Channels one after the other [3, H, W], normalised.
 *
 * @param out - where to write from `at` on; made where it is not given.
 */
export function toPlanes(
  { width, height, data }: Image,
  normalization: Normalization,
  out = new Float32Array(width * height * 3),
  at = 0,
): Float32Array<ArrayBuffer> {
  const plane = width * height;
  for (const [channel, table] of tablesOf(normalization).entries()) {
    const to = at + channel * plane;
    for (let i = 0; i < plane; i++) out[to + i] = table[data[i * 3 + channel]!]!;
  }
  return out;
}
