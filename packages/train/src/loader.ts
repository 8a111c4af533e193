/**
 * @module Batches in an order that a seed fixes, loaded ahead of the training step.
 */
import { Generator } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type Collated, collate } from './collate.js';
import type { Cursor, Seekable } from './trainer.js';

/** Items by number. */
export interface Dataset<Item> {
  readonly length: number;
  /**
   * Item `index` of 0..length - 1.
   *
   * @param random - for augmentation: the same for the same seed, epoch and index, whatever is loaded before.
   */
  get(index: number, random: Generator): Item | Promise<Item>;
}

export interface LoaderOptions<Item, Batch> {
  readonly dataset: Dataset<Item>;
  readonly batchSize: number;
  /** Fixes the order of every epoch and each item's random numbers (0). */
  readonly seed?: number;
  /** A new order in every epoch (true); otherwise the dataset's. */
  readonly shuffle?: boolean;
  /**
   * Leave out an epoch's last batch when it is smaller (true): a program is compiled anew for every size.
   * With false no item is left out.
   */
  readonly dropLast?: boolean;
  /** Batches loaded ahead of the one asked for (2). */
  readonly prefetch?: number;
  /** Makes a batch of items, at once or in worker threads; stacks them by default. */
  readonly collate?: (items: Item[]) => Batch | Promise<Batch>;
}

interface Plan {
  readonly epoch: number;
  /** Where the items are, in the order of the epoch; absent when that is the dataset's. */
  readonly order: Int32Array | undefined;
  readonly draws: Generator;
}

/**
 * Gives batches without end, epoch after epoch. What it gives depends on the seed and the cursor only, not on
 * how much is prefetched or by how many workers.
 *
 * @example
 * const loader = new Loader({ dataset, batchSize: 16, seed: config.seed });
 * await train({ run, steps, state, loader, step: async () => step(await loader.next()) });
 */
export class Loader<Item, Batch = Collated<Item>> implements Seekable {
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  /** The last item of an epoch that a batch can begin at. */
  private readonly lastStart: number;
  private readonly dataset: Dataset<Item>;
  private readonly batchSize: number;
  private readonly prefetch: number;
  private readonly collate: (items: Item[]) => Batch | Promise<Batch>;
  private readonly orders: Generator | undefined;
  private readonly draws: Generator;
  private planned: Plan | undefined;
  private position: Cursor = { epoch: 0, index: 0 };
  private ahead: Cursor = this.position;
  private readonly queue: Promise<Batch>[] = [];

  /** @throws InputError when the dataset does not fill one batch. */
  constructor(options: LoaderOptions<Item, Batch>) {
    const { dataset, batchSize, seed = 0, shuffle = true, dropLast = true, prefetch = 2 } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new RangeError(`batchSize ${batchSize} is not a whole number from 1 up`);
    const batches = dataset.length / batchSize;
    this.batchesPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches);
    this.lastStart = dataset.length - (dropLast ? batchSize : 1);
    if (this.batchesPerEpoch === 0) {
      throw new InputError(
        `the data hold ${dataset.length} items, which do not fill one batch of ${batchSize}; give more, or a smaller batch size`,
      );
    }
    const random = new Generator(seed);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.prefetch = prefetch;
    this.collate = options.collate ?? (collate as unknown as (items: Item[]) => Batch);
    this.orders = shuffle ? random.fork('order') : undefined;
    this.draws = random.fork('items');
  }

  /** The epoch and the number of its items that the batches given so far have used up. */
  get cursor(): Cursor {
    return this.position;
  }

  /** Continues with the batch that begins at `cursor`. */
  seek({ epoch, index }: Cursor): void {
    this.queue.length = 0;
    this.position = this.following({ epoch, index }, 0);
    this.ahead = this.position;
  }

  /** The next batch. @throws what the dataset or `collate` throws for it. */
  next(): Promise<Batch> {
    // The batch asked for, and `prefetch` more.
    while (this.queue.length <= this.prefetch) {
      this.queue.push(this.load(this.ahead));
      this.ahead = this.following(this.ahead);
    }
    this.position = this.following(this.position);
    return this.queue.shift()!;
  }

  /**
   * One whole epoch, apart from the sequence of {@link next}: for validation, which gets the same batches each
   * time.
   */
  async *pass(epoch = 0): AsyncGenerator<Batch, void, undefined> {
    const queue: Promise<Batch>[] = [];
    for (let at: Cursor = { epoch, index: 0 }; at.epoch === epoch; at = this.following(at)) {
      if (queue.push(this.load(at)) > this.prefetch) yield await queue.shift()!;
    }
    for (const batch of queue) yield await batch;
  }

  /** The cursor `items` further on; the start of the next epoch where this one has no batch left. */
  private following({ epoch, index }: Cursor, items = this.batchSize): Cursor {
    const next = index + items;
    return next <= this.lastStart ? { epoch, index: next } : { epoch: epoch + 1, index: 0 };
  }

  /** Begins to load the batch at a cursor. */
  private load({ epoch, index }: Cursor): Promise<Batch> {
    const { order, draws } = this.plan(epoch);
    const end = Math.min(index + this.batchSize, this.dataset.length);
    const indices = Array.from({ length: end - index }, (_, i) => order?.[index + i] ?? index + i);
    const items = indices.map(async (i) => this.dataset.get(i, draws.fork(String(i))));
    const batch = Promise.all(items).then(this.collate);
    // An error is thrown where the batch is asked for; until then it is not unhandled.
    batch.catch(() => {});
    return batch;
  }

  /** An epoch's order and source of random numbers; the last one is remembered. */
  private plan(epoch: number): Plan {
    if (this.planned?.epoch === epoch) return this.planned;
    const name = String(epoch);
    const order = this.orders?.fork(name).permutation(this.dataset.length).data;
    this.planned = { epoch, order, draws: this.draws.fork(name) };
    return this.planned;
  }
}
