/**
 * @module The worker's side of a `WorkerPool`: import this in the script that the pool's threads run.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { pack, type Reply, type Request } from './worker-messages.js';

/**
 * Answers the pool's tasks with what `handler` makes of them. Arrays in the result are moved to the main
 * thread, not copied: the handler must not use them again.
 *
 * @param handler - receives a task and the `data` that the pool was made with.
 * @throws Error outside a worker thread.
 *
 * @example
 * // decode.js
 * import { serve } from '@sextant/train/worker';
 * serve(async (path) => decodeImage(await readFile(path)));
 */
export function serve<Task, Result, Data = undefined>(
  handler: (task: Task, data: Data) => Result | Promise<Result>,
): void {
  const port = parentPort;
  if (!port) throw new Error('serve: this is not a worker thread; give the script to new WorkerPool(url)');
  port.on('message', async ({ id, task }: Request) => {
    try {
      const { packed, buffers } = pack(await handler(task as Task, workerData as Data));
      port.postMessage({ id, result: packed } satisfies Reply, buffers);
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id, error: { name, message, stack } } satisfies Reply);
    }
  });
}
