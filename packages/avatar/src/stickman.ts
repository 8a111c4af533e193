/**
 * @module Landmarks drawn as lines, one colour for each part of a face, as OpenCV draws them (section 2.9).
 */
import type { Image } from '@sextant/image/web';
import { drawPolyline, type Point } from './polyline.js';

interface Part {
  readonly points: readonly number[];
  readonly closed?: boolean;
  readonly color: readonly [number, number, number];
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const PARTS: readonly Part[] = [
  { points: range(0, 16), color: [255, 255, 255] },
  { points: range(17, 21), color: [255, 0, 0] },
  { points: range(22, 26), color: [0, 255, 0] },
  { points: [...range(27, 30), 30, 33], color: [0, 0, 255] },
  { points: range(31, 35), color: [0, 0, 255] },
  { points: range(36, 41), closed: true, color: [255, 0, 255] },
  { points: range(42, 47), closed: true, color: [0, 255, 255] },
  { points: range(48, 59), closed: true, color: [255, 255, 0] },
  { points: range(60, 67), closed: true, color: [255, 255, 0] },
];

/** The authors' canvas is not quite black. */
const BACKGROUND = 1;

/** @param pose - x and y of 68 landmarks in [-1, 1]. */
export function drawStickman(pose: ArrayLike<number>, size: number): Image {
  const image: Image = { width: size, height: size, data: new Uint8Array(3 * size * size).fill(BACKGROUND) };
  const place = (i: number) => Math.trunc(((pose[i]! + 1) / 2) * size);
  for (const { points, closed = false, color } of PARTS) {
    const line = points.map((p): Point => ({ x: place(2 * p), y: place(2 * p + 1) }));
    drawPolyline(image, line, { closed, color });
  }
  return image;
}
