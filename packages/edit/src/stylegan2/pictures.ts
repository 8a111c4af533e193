/**
 * @module Pictures to train on: the middle square of each at one size, in batches.
 */
import { NDArray } from '@sextant/engine';
import { flip, type Image, type ImageSet, readable, sharedImage, toPlanes } from '@sextant/image';
import { Loader } from '@sextant/train';
import { squared } from '../squared.js';

/** Levels 0 to 255 as -1 to 1. */
const CENTRED = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** Pictures of one size by number. */
export interface Squares {
  readonly length: number;
  /** @throws InputError when it cannot be read. */
  get(index: number): Image | Promise<Image>;
}

export interface SquaresOptions {
  /** Pictures stay in memory where all together take at most so many bytes (2 GiB); else each is read when it is used. */
  readonly keepBytes?: number;
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Reads every picture of a set once, and keeps what training needs of it where that fits.
 *
 * @returns those that can be read, and `name: reason` of the others.
 * @throws InputError when none can be read.
 */
export async function readSquares(
  set: ImageSet,
  size: number,
  { keepBytes = 2 ** 31, ...options }: SquaresOptions = {},
): Promise<{ readonly squares: Squares; readonly broken: readonly string[] }> {
  const prepare = (image: Image) => squared(image, size);
  const { set: good, broken, images } = await readable(set, { keepBytes, prepare, ...options });
  return {
    squares: {
      length: good.length,
      get: images ? (i) => sharedImage(images, i) : async (i) => prepare(await good.load(i)),
    },
    broken: broken.map(({ name, reason }) => `${name}: ${reason}`),
  };
}

export interface PictureLoaderOptions {
  readonly batchSize: number;
  /** Fixes order and mirroring. */
  readonly seed: number;
  /** Whether half of the pictures, chosen anew each time, are mirrored. */
  readonly flip: boolean;
}

/** Batches [B, 3, S, S] of -1 to 1 without end, each epoch in a new order. @throws InputError when there is not one batch. */
export const pictureLoader = (
  squares: Squares,
  { batchSize, seed, flip: mirrored }: PictureLoaderOptions,
): Loader<NDArray<'float32'>> =>
  new Loader({
    dataset: {
      length: squares.length,
      async get(index, random) {
        const image = await squares.get(index);
        const view = mirrored && random.uniform() < 0.5 ? flip(image) : image;
        return new NDArray(toPlanes(view, CENTRED), [3, view.height, view.width], 'float32');
      },
    },
    batchSize,
    seed,
  });
