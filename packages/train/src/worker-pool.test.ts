import { array } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectBuilt } from '../test/support.js';
import { Loader } from './loader.js';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';

beforeAll(expectBuilt);

const script = new URL('../test/fixtures/worker.mjs', import.meta.url);

type Task = { kind: string; value?: number };
const pools: WorkerPool<Task, unknown>[] = [];
function pool(options: WorkerPoolOptions = { size: 2 }) {
  // Without this process's options, which let imports find sources.
  const made = new WorkerPool<Task, unknown>(script, { execArgv: [], ...options });
  pools.push(made);
  return made;
}
afterEach(() => Promise.all(pools.splice(0).map((p) => p.close())));

const squares = (n: number) => Array.from({ length: n }, (_, value) => ({ kind: 'square', value }));

describe('WorkerPool', () => {
  it('gives arrays and plain data back as they were', async () => {
    const result = await pool().run({ kind: 'square', value: 3 });
    expect(result).toEqual({ x: array([9]), list: [array([3]), Float64Array.of(3)], label: '3' });
  });

  it('hands its data to the threads and uses them all', async () => {
    const p = pool({ size: 2, data: { root: 'clips' } });
    expect(await p.run({ kind: 'data' })).toEqual({ root: 'clips' });
    const threads = await Promise.all(Array.from({ length: 6 }, () => p.run({ kind: 'thread' })));
    expect(new Set(threads).size).toBe(2);
  });

  it('maps in order with a bounded number under way', async () => {
    const p = pool();
    let asked = 0;
    let taken = 0;
    let most = 0;
    function* tasks() {
      for (const task of squares(30)) {
        asked++;
        most = Math.max(most, asked - taken);
        yield task;
      }
    }
    for await (const result of p.map(tasks(), 5)) {
      expect(result).toMatchObject({ label: String(taken) });
      taken++;
    }
    expect([taken, most]).toEqual([30, 5]);
  });

  it('passes errors on, and works on after them', async () => {
    const p = pool();
    await expect(p.run({ kind: 'input', value: 4 })).rejects.toThrow(new InputError('4.wav: not a WAV file'));
    await expect(p.run({ kind: 'bug', value: 1 })).rejects.toThrow(new Error('no 1'));
    const results: unknown[] = [];
    const mixed = [
      { kind: 'late', value: 5 },
      { kind: 'bug', value: 2 },
      { kind: 'bug', value: 3 },
    ];
    await expect(async () => {
      for await (const result of p.map(mixed, 3)) results.push(result);
    }).rejects.toThrow('no 2');
    expect(results).toEqual([5]);
    expect(await p.run({ kind: 'late', value: 1 })).toBe(1);
  });

  it.each([
    ['exit', 'worker thread: ended with code 7'],
    ['crash', 'worker thread: stray'],
  ])('rejects everything when a thread dies (%s)', async (kind, message) => {
    const p = pool();
    const others = [p.run({ kind: 'never' }), p.run({ kind: 'never' })];
    const outcomes = Promise.all(others.map((other) => expect(other).rejects.toThrow(message)));
    await expect(p.run({ kind })).rejects.toThrow(message);
    await outcomes;
    await expect(p.run({ kind: 'square', value: 1 })).rejects.toThrow(message);
  });

  it('ends at once when closed', async () => {
    const p = pool();
    const task = expect(p.run({ kind: 'never' })).rejects.toThrow('WorkerPool: it was closed');
    await p.close();
    await task;
    await expect(p.run({ kind: 'square', value: 1 })).rejects.toThrow('WorkerPool: it was closed');
  });

  it('decodes for a loader, with the same batches for any number of threads', async () => {
    const batches = async (size: number) => {
      const p = pool({ size });
      const dataset = {
        length: 10,
        get: (value: number) => p.run({ kind: 'square', value }) as Promise<{ x: ReturnType<typeof array> }>,
      };
      const loader = new Loader({
        dataset,
        batchSize: 4,
        seed: 1,
        collate: (items) => items.map(({ x }) => x.item()),
      });
      return [await loader.next(), await loader.next(), await loader.next()];
    };
    expect(await batches(1)).toEqual(await batches(3));
  });
});
