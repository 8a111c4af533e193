/**
 * @module Pictures drawn in code, for tests.
 */
import type { Image } from '../src/image.js';

/** Smooth colours that differ in every direction, with a dark disc: no symmetry, no flat channel. */
export function drawn(width: number, height: number, seed = 0): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height];
      const disc = Math.hypot(u - 0.3 - 0.05 * seed, v - 0.6) < 0.2 ? 0.3 : 1;
      const at = (y * width + x) * 3;
      data[at] = disc * (40 + 200 * u);
      data[at + 1] = disc * (30 + 120 * v + 60 * ((seed % 3) / 2));
      data[at + 2] = disc * (200 - 150 * u * v);
    }
  }
  return { width, height, data };
}

/** Pixels without order, the same for the same seed. */
export function noise(width: number, height: number, seed = 1): Image {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width, height, data };
}
