/**
 * @module A head cut out of a photograph by its landmarks (section 5).
 */
import { blank, type Image, resize } from '@sextant/image/web';

/** A square part of a photograph, which may reach out of it. */
export interface HeadBox {
  readonly left: number;
  readonly top: number;
  /** Rows and columns. */
  readonly size: number;
}

/** Half to even, as NumPy rounds. */
function rounded(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below & 1) : Math.round(x);
}

/**
 * The square around landmarks that leaves as much again on all sides, a sixth of the face higher.
 *
 * @param landmarks - x and y of each in pixels.
 */
export function headBox(landmarks: ArrayLike<number>): HeadBox {
  const along = (axis: 0 | 1) => {
    const values = Array.from({ length: landmarks.length / 2 }, (_, i) => landmarks[2 * i + axis]!);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { middle: rounded((low + high) / 2), extent: high - low };
  };
  const [x, y] = [along(0), along(1)];
  const size = Math.trunc(Math.max(x.extent, y.extent));
  return { left: x.middle - size, top: y.middle - Math.floor(size / 6) - size, size: 2 * size };
}

/** The part of a picture in a box, black where the box reaches out of it. */
export function cropHead(image: Image, { left, top, size }: HeadBox): Image {
  const result = blank(size, size);
  const [from, to] = [Math.max(left, 0), Math.min(left + size, image.width)];
  for (let y = Math.max(top, 0); y < Math.min(top + size, image.height) && from < to; y++) {
    const row = image.data.subarray(3 * (y * image.width + from), 3 * (y * image.width + to));
    result.data.set(row, 3 * ((y - top) * size + from - left));
  }
  return result;
}

/** Landmarks (x and y of each in pixels) from -1 to 1 of a box. */
export const poseInBox = (
  landmarks: ArrayLike<number>,
  { left, top, size }: HeadBox,
): Float32Array<ArrayBuffer> =>
  Float32Array.from(landmarks, (v, i) => ((v - (i % 2 === 0 ? left : top)) / size - 0.5) * 2);

/** A head as the networks read it. */
export interface HeadInput {
  /** [3, S, S] in [-1, 1] */
  readonly image: Float32Array<ArrayBuffer>;
  /** x and y of each landmark in [-1, 1]. */
  readonly pose: Float32Array<ArrayBuffer>;
}

/** A photograph's head, found by its landmarks (x and y of each in pixels), as pictures of `imageSize`. */
export function headInput(photo: Image, landmarks: ArrayLike<number>, imageSize: number): HeadInput {
  const box = headBox(landmarks);
  const pose = poseInBox(landmarks, box);
  const picture = resize(cropHead(photo, box), imageSize, imageSize, 'bicubic');
  return { image: planes(picture), pose };
}

/** Colours 0 to 255 [H, W, 3] as [3, H, W] in [-1, 1]. */
export function planes({ data, width, height }: Image): Float32Array<ArrayBuffer> {
  const pixels = width * height;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const level = data[3 * (i % pixels) + Math.floor(i / pixels)]!;
    return (level / 255 - 0.5) * 2;
  });
}
