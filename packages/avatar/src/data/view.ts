/**
 * @module A frame of a person as the networks read it, and where such frames come from.
 */
import { NDArray } from '@sextant/engine';
import { type Image, resize } from '@sextant/image/web';
import { planes } from '../crop.js';
import { drawStickman } from '../stickman.js';

/** A frame: a square picture around a head, and what is known of it. */
export interface View<T = NDArray<'float32'>> {
  /** [3, S, S] in [-1, 1] */
  readonly images: T;
  /** [1, S, S] in [0, 1]: 1 where the person is. */
  readonly masks: T;
  /** The landmarks drawn [3, S, S]. */
  readonly stickmen: T;
  /** x and y of the 68 landmarks in [-1, 1] [136]. */
  readonly poses: T;
}

/** Videos of people by number, whose frames are shown at one size. */
export interface Footage {
  /** How many videos. */
  readonly length: number;
  /** Whose video it is, for messages. */
  name(video: number): string;
  /** How many frames a video has. */
  frames(video: number): Promise<number>;
  /** @throws InputError when a file of it cannot be read. */
  view(video: number, frame: number): Promise<View>;
}

/**
 * A view of a square picture.
 *
 * @param pose - x and y of the 68 landmarks in [-1, 1].
 * @param mask - white where the person is, of any size.
 */
export function viewOf(picture: Image, pose: Float32Array<ArrayBuffer>, mask: Image, size: number): View {
  const floats = (data: Float32Array<ArrayBuffer>, shape: readonly number[]) =>
    new NDArray(data, shape, 'float32');
  return {
    images: floats(planes(atSize(picture, size)), [3, size, size]),
    masks: floats(shares(atSize(mask, size)), [1, size, size]),
    stickmen: floats(planes(drawStickman(pose, size)), [3, size, size]),
    poses: floats(pose, [pose.length]),
  };
}

const atSize = (image: Image, size: number): Image => resize(image, size, size, 'bicubic');

/** The first colour of a grey picture in [0, 1] [H, W]. */
export const shares = ({ data }: Image): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]! / 255);

/** Shares in [0, 1] [H, W] as a grey picture. */
export function grey(values: ArrayLike<number>, width: number): Image {
  const data = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) data.fill(Math.round(255 * values[i]!), 3 * i, 3 * i + 3);
  return { data, width, height: values.length / width };
}
