/**
 * @module Colours, and paint to which others are mixed.
 */

/** Red, green and blue, 0 to 1. */
export type Rgb = readonly [number, number, number];

/** From `a` to `b` by weight `w`. */
export const mixed = (a: Rgb, b: Rgb, w: number): Rgb => [
  a[0] + (b[0] - a[0]) * w,
  a[1] + (b[1] - a[1]) * w,
  a[2] + (b[2] - a[2]) * w,
];

/** A colour times a factor. */
export const dimmed = ([r, g, b]: Rgb, factor: number): Rgb => [r * factor, g * factor, b * factor];

/** A colour that is worked on in place: one serves all samples of a picture. */
export class Paint {
  r = 0;
  g = 0;
  b = 0;

  set([r, g, b]: Rgb): void {
    this.r = r;
    this.g = g;
    this.b = b;
  }

  /** Mixes a colour in by a weight. */
  toward([r, g, b]: Rgb, weight: number): void {
    this.r += (r - this.r) * weight;
    this.g += (g - this.g) * weight;
    this.b += (b - this.b) * weight;
  }

  times(factor: number): void {
    this.r *= factor;
    this.g *= factor;
    this.b *= factor;
  }
}
