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

/** Pixels with a fourth channel, as a canvas's `getImageData` gives them [H, W, 4]. */
export interface RGBA {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Without the fourth channel: transparency is dropped, not blended, as `decode` does. */
export function fromRGBA({ width, height, data }: RGBA): Image {
  const image = blank(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[3 * i + c] = data[4 * i + c]!;
  }
  return image;
}
