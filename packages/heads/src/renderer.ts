/**
 * @module Heads rendered by worker threads.
 */
import { WorkerPool } from '@sextant/train';
import type { HeadParameters } from './parameters.js';
import type { Head, RenderOptions } from './render.js';

/** Pictures of one task: few enough that threads end together, enough that messages cost little. */
const TASK = 8;

// Threads run compiled files, also where the calling thread runs the sources (tests).
const SCRIPT = import.meta.url.endsWith('.ts')
  ? new URL('../dist/render-worker.js', import.meta.url)
  : new URL('./render-worker.js', import.meta.url);

/**
 * Renders many heads in threads; each is what `renderHead` gives.
 *
 * @example
 * const renderer = new HeadRenderer({ size: 64 });
 * for await (const { image, attributes } of renderer.render(parameters)) …
 * await renderer.close();
 */
export class HeadRenderer {
  private readonly pool: WorkerPool<readonly HeadParameters[], readonly Head[]>;

  /** @param threads - how many (the number of cores, less one) */
  constructor(options: RenderOptions, threads?: number) {
    this.pool = new WorkerPool(SCRIPT, {
      data: options,
      execArgv: [],
      ...(threads === undefined ? {} : { size: threads }),
    });
  }

  /** The heads of all parameters in their order, some of them rendered ahead. @throws as `renderHead` does. */
  async *render(parameters: Iterable<HeadParameters>): AsyncGenerator<Head, void, undefined> {
    for await (const heads of this.pool.map(tasks(parameters))) yield* heads;
  }

  /** Ends the threads. Pictures that are under way are given up. */
  close(): Promise<void> {
    return this.pool.close();
  }
}

function* tasks(parameters: Iterable<HeadParameters>): Generator<readonly HeadParameters[]> {
  let task: HeadParameters[] = [];
  for (const one of parameters) {
    if (task.push(one) < TASK) continue;
    yield task;
    task = [];
  }
  if (task.length > 0) yield task;
}
