import { array, type Generator } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { Loader, type LoaderOptions } from './loader.js';

/** Item numbers with a random number each, which arrive in another order than they are asked for. */
function numbers(length: number, delays = true) {
  return {
    length,
    get: async (i: number, random: Generator) => {
      if (delays) await new Promise((resolve) => setTimeout(resolve, (i * 7) % 3));
      return [i, random.nextUint32()] as const;
    },
  };
}

type Item = readonly [number, number];
const loader = (options: Partial<LoaderOptions<Item, Item[]>> = {}) =>
  new Loader<Item, Item[]>({
    dataset: numbers(10),
    batchSize: 3,
    seed: 5,
    collate: (items) => items,
    ...options,
  });

async function take(from: Loader<Item, Item[]>, n: number): Promise<Item[][]> {
  const batches: Item[][] = [];
  for (let i = 0; i < n; i++) batches.push(await from.next());
  return batches;
}

const indices = (batches: Item[][]) => batches.flat().map(([i]) => i);

describe('Loader', () => {
  it('gives every item once an epoch, in an order and with random numbers of each epoch', async () => {
    const batches = await take(loader({ dropLast: false }), 8);
    expect(batches.map((b) => b.length)).toEqual([3, 3, 3, 1, 3, 3, 3, 1]);
    const [first, second] = [batches.slice(0, 4), batches.slice(4)];
    for (const epoch of [first, second])
      expect(indices(epoch).sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
    expect(indices(first)).not.toEqual(indices(second));
    const draws = batches.flat().map(([, draw]) => draw);
    expect(new Set(draws).size).toBe(20);
  });

  it('is the same for a seed, whatever is loaded ahead', async () => {
    const expected = await take(loader(), 9);
    for (const prefetch of [0, 1, 7]) expect(await take(loader({ prefetch }), 9)).toEqual(expected);
    expect(await take(loader({ dataset: numbers(10, false) }), 9)).toEqual(expected);
    expect(await take(loader({ seed: 6 }), 9)).not.toEqual(expected);
  });

  it('leaves out what does not fill a batch', async () => {
    const dropping = loader();
    expect(dropping.batchesPerEpoch).toBe(3);
    expect((await take(dropping, 7)).map((b) => b.length)).toEqual(Array(7).fill(3));
    expect(dropping.cursor).toEqual({ epoch: 2, index: 3 });
    expect(loader({ dropLast: false }).batchesPerEpoch).toBe(4);
  });

  it('keeps the order of the dataset without shuffling', async () => {
    expect(indices(await take(loader({ shuffle: false }), 3))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([true, false])('continues from a cursor as if never stopped (dropLast %s)', async (dropLast) => {
    const expected = await take(loader({ dropLast }), 12);
    for (let n = 0; n < 11; n++) {
      const stopped = loader({ dropLast });
      await take(stopped, n);
      const cursor = JSON.parse(JSON.stringify(stopped.cursor));
      const resumed = loader({ dropLast });
      await take(resumed, 2);
      resumed.seek(cursor);
      expect(await take(resumed, 12 - n)).toEqual(expected.slice(n));
    }
  });

  it('goes on to the next epoch where a cursor leaves no room for a batch', () => {
    const resumed = loader();
    resumed.seek({ epoch: 4, index: 8 });
    expect(resumed.cursor).toEqual({ epoch: 5, index: 0 });
  });

  it('passes over one epoch without moving the cursor', async () => {
    const passing = loader({ dropLast: false });
    await passing.next();
    const passes: Item[][][] = [];
    for (let i = 0; i < 2; i++) {
      const batches: Item[][] = [];
      for await (const batch of passing.pass()) batches.push(batch);
      passes.push(batches);
    }
    expect(passes[0]).toEqual(await take(loader({ dropLast: false }), 4));
    expect(passes[1]).toEqual(passes[0]);
    expect(passing.cursor).toEqual({ epoch: 0, index: 3 });
  });

  it('loads no more than it was told to', async () => {
    let asked = 0;
    const dataset = { length: 100, get: async () => [asked++, 0] as const };
    const ahead = loader({ dataset, prefetch: 4 });
    await ahead.next();
    await ahead.next();
    expect(asked).toBe(6 * 3);
    asked = 0;
    for await (const _ of ahead.pass()) break;
    expect(asked).toBe(5 * 3);
  });

  it('throws where the batch is asked for', async () => {
    const dataset = {
      length: 9,
      get: (i: number): Item => {
        if (i === 4) throw new InputError('4.wav is broken');
        return [i, 0];
      },
    };
    const failing = loader({ dataset, shuffle: false, prefetch: 5 });
    expect(indices([await failing.next()])).toEqual([0, 1, 2]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(failing.next()).rejects.toThrow(new InputError('4.wav is broken'));
    expect(indices([await failing.next()])).toEqual([6, 7, 8]);
  });

  it('stacks items by default', async () => {
    const dataset = { length: 4, get: (i: number) => ({ x: array([i, -i]), label: i }) };
    const stacking = new Loader({ dataset, batchSize: 2, shuffle: false });
    await stacking.next();
    const { x, label } = await stacking.next();
    expect([x, label]).toEqual([
      array([
        [2, -2],
        [3, -3],
      ]),
      array([2, 3]),
    ]);
  });

  it('refuses too little data and a batch of none', () => {
    expect(() => loader({ dataset: numbers(2) })).toThrow(
      new InputError(
        'the data hold 2 items, which do not fill one batch of 3; give more, or a smaller batch size',
      ),
    );
    expect(() => loader({ dataset: numbers(0), dropLast: false })).toThrow(InputError);
    expect(() => loader({ batchSize: 0 })).toThrow(RangeError);
  });
});
