/**
 * @module Every picture of a set read once: which can be used, and their pixels for all threads.
 */
import { InputError } from '@sextant/io';
import type { Image } from '../image.js';
import { type ImageSet, subset } from './set.js';

/** A picture that cannot be read. */
export interface Broken {
  readonly name: string;
  readonly reason: string;
}

/** Pixels of a set in memory that threads share, as plain data. */
export interface SharedImages {
  /** Pictures one after the other. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Where each begins. */
  readonly offsets: Float64Array;
  readonly widths: Int32Array;
  readonly heights: Int32Array;
}

export interface ReadableOptions {
  /** Called after each picture. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Pictures decoded at once (8). */
  readonly parallel?: number;
  /**
   * Keep the pixels where all together take at most so many bytes (0: keep none). Sets that are larger are read
   * through all the same.
   */
  readonly keepBytes?: number;
  /** What is kept of a picture, such as a smaller one (all of it). */
  readonly prepare?: (image: Image) => Image;
}

export interface Readable {
  /** Those that can be read, in their order. */
  readonly set: ImageSet;
  readonly broken: readonly Broken[];
  /** Of `set`'s pictures; absent where they were not to be kept or did not fit. */
  readonly images?: SharedImages;
}

/**
 * Reads every picture once. Those that cannot be read are left out, with the reason of each.
 *
 * @throws InputError when none can be read.
 */
export async function readable(set: ImageSet, options: ReadableOptions = {}): Promise<Readable> {
  const { onProgress, parallel = 8, keepBytes = 0, prepare = (image: Image) => image } = options;
  const reasons = new Map<number, string>();
  const store = new Store(set.length, keepBytes);
  let [next, done] = [0, 0];
  const worker = async () => {
    while (next < set.length) {
      const index = next++;
      try {
        const image = await set.load(index);
        if (!store.full) store.put(index, prepare(image));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        reasons.set(index, error.cause instanceof InputError ? error.cause.message : error.message);
      }
      onProgress?.(++done, set.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, set.length) }, worker));
  const broken = [...reasons]
    .sort(([a], [b]) => a - b)
    .map(([index, reason]) => ({ name: set.name(index), reason }));
  if (broken.length === set.length)
    throw new InputError(
      `none of the ${set.length} pictures can be read; ${broken[0]!.name}: ${broken[0]!.reason}`,
    );
  const good = Int32Array.from({ length: set.length }, (_, i) => i).filter((i) => !reasons.has(i));
  const images = store.take(good);
  return {
    set: broken.length === 0 ? set : subset(set, good),
    broken,
    ...(images ? { images } : {}),
  };
}

/** Picture `index` of shared ones, copied. */
export function sharedImage({ bytes, offsets, widths, heights }: SharedImages, index: number): Image {
  const [width, height, from] = [widths[index]!, heights[index]!, offsets[index]!];
  return { width, height, data: Uint8Array.from(bytes.subarray(from, from + width * height * 3)) };
}

/** Collects pictures, which arrive in any order, as long as they fit. */
class Store {
  private readonly images: (Image | undefined)[];
  private bytes = 0;
  /** Whether nothing is kept, or nothing more. */
  full: boolean;

  constructor(
    length: number,
    private readonly limit: number,
  ) {
    this.images = new Array(length);
    this.full = limit <= 0;
  }

  put(index: number, image: Image): void {
    this.bytes += image.data.length;
    this.images[index] = image;
    if (this.bytes <= this.limit) return;
    this.full = true;
    this.images.fill(undefined);
  }

  take(indices: Int32Array): SharedImages | undefined {
    if (this.full) return undefined;
    const bytes = new Uint8Array(new SharedArrayBuffer(this.bytes));
    const offsets = new Float64Array(indices.length);
    let at = 0;
    for (const [i, index] of indices.entries()) {
      offsets[i] = at;
      bytes.set(this.images[index]!.data, at);
      at += this.images[index]!.data.length;
    }
    const sizes = (key: 'width' | 'height') => Int32Array.from(indices, (index) => this.images[index]![key]);
    return { bytes, offsets, widths: sizes('width'), heights: sizes('height') };
  }
}
