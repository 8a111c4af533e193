/**
 * @module A pool of worker threads for decoding and other heavy work beside the training step.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InputError } from '@sextant/io';
import { type Reply, type Request, unpack, type WorkerFailure } from './worker-messages.js';

export interface WorkerPoolOptions {
  /** Number of threads (the number of cores, less the one that trains). */
  readonly size?: number;
  /** Handed to every thread as it starts, as the second argument of `serve`'s handler. */
  readonly data?: unknown;
  /** Node's options for the threads (those of this process). */
  readonly execArgv?: string[];
}

interface Pending {
  readonly thread: Thread;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Tasks posted and not answered. */
  busy: number;
}

/**
 * Runs tasks in worker threads. A task goes to the thread that has the fewest at once: threads work on while a
 * training step holds the main thread, so they must not wait for it to hand them the next one.
 *
 * Idle threads do not keep the process alive.
 *
 * @example
 * const pool = new WorkerPool<string, NDArray>(new URL('./decode.js', import.meta.url));
 * const loader = new Loader({ dataset: { length: paths.length, get: (i) => pool.run(paths[i]) }, … });
 */
export class WorkerPool<Task, Result> {
  private readonly threads: Thread[];
  private readonly pending = new Map<number, Pending>();
  private tasks = 0;
  /** Why the pool takes no more tasks. */
  private ended: Error | undefined;

  /** @param script - a module that calls `serve`, such as `new URL('./decode.js', import.meta.url)`. */
  constructor(
    script: URL,
    { size = Math.max(1, availableParallelism() - 1), data, execArgv }: WorkerPoolOptions = {},
  ) {
    this.threads = Array.from({ length: size }, () => {
      const thread: Thread = {
        worker: new Worker(script, { workerData: data, ...(execArgv ? { execArgv } : {}) }),
        busy: 0,
      };
      thread.worker.unref();
      thread.worker.on('message', (reply: Reply) => this.settle(reply));
      thread.worker.on('error', (error) =>
        this.fail(new Error(`worker thread: ${error.message}`, { cause: error })),
      );
      thread.worker.on('exit', (code) => this.fail(new Error(`worker thread: ended with code ${code}`)));
      return thread;
    });
  }

  /**
   * The result of one task. Arrays in it were moved from the thread, not copied.
   *
   * @throws what the handler threw; Error when the pool was closed or one of its threads died.
   */
  run(task: Task): Promise<Result> {
    if (this.ended) return Promise.reject(this.ended);
    const thread = this.threads.reduce((a, b) => (b.busy < a.busy ? b : a));
    const id = this.tasks++;
    return new Promise<Result>((resolve, reject) => {
      thread.worker.postMessage({ id, task } satisfies Request);
      this.pending.set(id, { thread, resolve, reject });
      if (thread.busy++ === 0) thread.worker.ref();
    });
  }

  /**
   * The results of many tasks, in their order, with at most `ahead` of them under way or waiting to be taken.
   *
   * @throws as {@link run}, at the task's turn.
   */
  async *map(
    tasks: Iterable<Task>,
    ahead = 4 * this.threads.length,
  ): AsyncGenerator<Result, void, undefined> {
    const queue: Promise<Result>[] = [];
    for (const task of tasks) {
      const result = this.run(task);
      // An error is the consumer's when it comes to this result; until then it is not unhandled.
      result.catch(() => {});
      if (queue.push(result) >= ahead) yield await queue.shift()!;
    }
    for (const result of queue) yield await result;
  }

  /** Ends the threads; tasks that are under way are rejected. */
  async close(): Promise<void> {
    await this.fail(new Error('WorkerPool: it was closed'));
  }

  private settle(reply: Reply): void {
    const task = this.pending.get(reply.id);
    if (!task) return;
    this.pending.delete(reply.id);
    if (--task.thread.busy === 0) task.thread.worker.unref();
    if ('error' in reply) task.reject(restored(reply.error));
    else task.resolve(unpack(reply.result) as never);
  }

  /** The first reason counts: threads that are ended because of it also report their end. */
  private async fail(error: Error): Promise<void> {
    this.ended ??= error;
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }
}

/** A thread's error with its message, stack and, for a mistake of the user's, its class. */
function restored({ name, message, stack }: WorkerFailure): Error {
  const error = name === 'InputError' ? new InputError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
