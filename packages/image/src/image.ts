/**
 * @module What a picture is in memory.
 */

/** Pixels of a picture: row-major, channels interleaved [H, W, 3], 0 to 255. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A black picture. */
export const blank = (width: number, height: number): Image => ({
  width,
  height,
  data: new Uint8Array(width * height * 3),
});
