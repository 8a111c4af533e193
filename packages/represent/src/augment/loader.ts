/**
 * @module Batches of views, made by worker threads ahead of the training step.
 */
import { NDArray } from '@sextant/engine';
import type { ImageSet, SharedImages } from '@sextant/image';
import { type Cursor, Loader, type Seekable, WorkerPool } from '@sextant/train';
import { type ViewItem, ViewMaker, type ViewPart, type ViewSource } from './batch.js';
import type { Pipeline } from './pipelines.js';

export interface ViewLoaderOptions {
  readonly set: ImageSet;
  /** Decoded pictures of `set`, such as `readable` keeps; otherwise pictures are decoded each time they are used. */
  readonly images?: SharedImages;
  readonly pipeline: Pipeline;
  /** Views of each picture (2): the paper's d. */
  readonly samples?: number;
  /** Pictures in a batch, not views. */
  readonly batchSize: number;
  /** Fixes order and augmentation (0). */
  readonly seed?: number;
  /** Worker threads (the number of cores, less one); 0 computes in the calling thread. */
  readonly threads?: number;
  /** Batches made ahead of the one asked for (2). */
  readonly prefetch?: number;
}

export interface ViewBatch {
  /** [samples, B, 3, S, S]: views of one picture stand at one place of the second axis. */
  readonly views: NDArray<'float32'>;
  /** The pictures' numbers in the set [B]. */
  readonly indices: Int32Array;
}

/** Pictures of one task: few enough that threads end together, enough that messages cost little. */
const MOST_IN_TASK = 64;

/**
 * Gives batches of views without end, each epoch in a new order, the last incomplete batch of an epoch left out. A
 * batch depends on the seed, the epoch and its number only: not on the number of threads or what was given before.
 *
 * @example
 * const { set, images } = await readable(await openImages('cifar-10-batches-bin'), { keepBytes: 2 ** 30 });
 * const loader = new ViewLoader({ set, ...(images ? { images } : {}), pipeline: PIPELINES.cifar10, batchSize: 512 });
 * const { views } = await loader.next(); // [2, 512, 3, 32, 32]
 * await loader.close();
 */
export class ViewLoader implements Seekable {
  private readonly loader: Loader<ViewItem, ViewBatch>;
  private readonly maker: Maker;
  private readonly replaced = new Set<string>();

  /** @throws InputError when the set does not fill one batch. */
  constructor(options: ViewLoaderOptions) {
    const { set, images, pipeline, samples = 2, batchSize, seed = 0, threads, prefetch = 2 } = options;
    const source: ViewSource = {
      listing: set.listing,
      options: set.options,
      ...(images ? { images } : {}),
      pipeline,
      samples,
    };
    this.loader = new Loader<ViewItem, ViewBatch>({
      dataset: {
        length: set.length,
        get: (index, random): ViewItem => ({ index, random: random.state() }),
      },
      batchSize,
      seed,
      prefetch,
      collate: (items) => this.make(items),
    });
    this.maker = threads === 0 ? new ViewMaker(source) : new Threads(source, threads);
  }

  get batchesPerEpoch(): number {
    return this.loader.batchesPerEpoch;
  }

  get cursor(): Cursor {
    return this.loader.cursor;
  }

  /** Continues with the batch that begins at `cursor`. */
  seek(cursor: Cursor): void {
    this.loader.seek(cursor);
  }

  /** The pictures that could not be read so far, by `name: reason`; another one took the place of each. */
  get broken(): ReadonlySet<string> {
    return this.replaced;
  }

  /** The next batch. @throws InputError when no picture can be read; Error when the loader was closed. */
  next(): Promise<ViewBatch> {
    return this.loader.next();
  }

  /** Ends the threads. Batches that are under way are given up. */
  close(): Promise<void> {
    return this.maker.close();
  }

  private async make(items: readonly ViewItem[]): Promise<ViewBatch> {
    const parts: Promise<ViewPart>[] = [];
    const size = Math.ceil(items.length / Math.ceil(items.length / MOST_IN_TASK));
    for (let at = 0; at < items.length; at += size) parts.push(this.maker.make(items.slice(at, at + size)));
    const made = await Promise.all(parts);
    for (const { broken } of made) for (const name of broken) this.replaced.add(name);
    return {
      views: joined(made.map(({ views }) => views)),
      indices: Int32Array.from(items, ({ index }) => index),
    };
  }
}

/** Makes views somewhere. */
interface Maker {
  make(items: readonly ViewItem[]): Promise<ViewPart>;
  close(): Promise<void>;
}

// Threads run compiled files, also where the calling thread runs the sources (tests).
const SCRIPT = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/augment/view-worker.js', import.meta.url)
  : new URL('./view-worker.js', import.meta.url);

class Threads implements Maker {
  private readonly pool: WorkerPool<readonly ViewItem[], ViewPart>;

  constructor(source: ViewSource, size: number | undefined) {
    this.pool = new WorkerPool(SCRIPT, {
      data: source,
      execArgv: [],
      ...(size === undefined ? {} : { size }),
    });
  }

  make(items: readonly ViewItem[]): Promise<ViewPart> {
    return this.pool.run(items);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** Parts [samples, n, 3, S, S] of a batch along the second axis. */
function joined(parts: readonly NDArray<'float32'>[]): NDArray<'float32'> {
  if (parts.length === 1) return parts[0]!;
  const [samples = 0, , ...image] = parts[0]!.shape;
  const count = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const data = new Float32Array(parts.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (const part of parts) {
      const length = part.size / samples;
      data.set(part.data.subarray(sample * length, (sample + 1) * length), at);
      at += length;
    }
  }
  return new NDArray(data, [samples, count, ...image], 'float32');
}
