/**
 * @module Mirroring.
 */
import { blank, type Image } from './image.js';

/** Left and right exchanged. */
export function flip({ width, height, data }: Image): Image {
  const result = blank(width, height);
  const out = result.data;
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let from = ((y + 1) * width - 1) * 3; from >= y * width * 3; from -= 3) {
      out[to++] = data[from]!;
      out[to++] = data[from + 1]!;
      out[to++] = data[from + 2]!;
    }
  }
  return result;
}
