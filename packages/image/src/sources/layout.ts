/**
 * @module Pictures without compression, as data sets of science keep them.
 */
import { blank, type Image } from '../image.js';

/** How a record of raw pixels is laid out: three planes behind a header. */
export interface Layout {
  /** Bytes before the pixels. */
  readonly header: number;
  readonly width: number;
  readonly height: number;
  /** Whether a plane is stored row after row or column after column. */
  readonly order: 'rows' | 'columns';
}

/** The picture of a record's pixels. */
export function imageOf(planes: Uint8Array, { width, height, order }: Layout): Image {
  const image = blank(width, height);
  const plane = width * height;
  const [alongX, alongY] = order === 'rows' ? [1, width] : [height, 1];
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = x * alongX + y * alongY;
      for (let channel = 0; channel < 3; channel++) image.data[to++] = planes[from + channel * plane]!;
    }
  }
  return image;
}
