import { array, grad, program, RandomStream, sum, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { Dropout, dropout } from './dropout.js';
import { manualSeed, randomState } from './random.js';

const ones = array(new Float32Array(10000).fill(1));

describe('Dropout', () => {
  it('drops a share and keeps the mean, anew in each run', async () => {
    const layer = new Dropout(0.2, { stream: new RandomStream(1) });
    const step = program((x: Tensor) => layer.forward(x));
    const [first, second] = [await step(ones), await step(ones)];
    const dropped = first.data.filter((v: number | bigint) => v === 0).length;
    expect(Math.abs(dropped / 10000 - 0.2)).toBeLessThan(0.02);
    expect(new Set(first.data as Float32Array)).toEqual(new Set([0, 1.25]));
    expect([...first.data]).not.toEqual([...second.data]);
  });

  it('passes gradients where it keeps', async () => {
    const layer = new Dropout(0.5);
    const [y, g] = await program((x: Tensor) => {
      const y = layer.forward(x);
      return [y, grad(sum(y), x)] as const;
    })(ones);
    expect([...g.data]).toEqual([...y.data]);
  });

  it('does nothing in inference, or with probability 0', async () => {
    const layer = new Dropout(0.5);
    await program((x: Tensor) => {
      expect(layer.eval((m) => m.forward(x))).toBe(x);
      expect(new Dropout(0).forward(x)).toBe(x);
      return x;
    })(ones);
  });

  it('draws two masks for two uses in one run', async () => {
    const layer = new Dropout(0.5);
    const [a, b] = await program((x: Tensor) => [layer.forward(x), layer.forward(x)] as const)(ones);
    expect([...a.data]).not.toEqual([...b.data]);
  });

  it('repeats after the same seed, and from a saved state', async () => {
    manualSeed(5);
    const layer = new Dropout(0.5);
    const step = program((x: Tensor) => layer.forward(x));
    const first = [...(await step(ones)).data];
    const state = randomState.stateDict();
    expect([...state.keys()]).toEqual(['stream.key', 'stream.counter']);
    const second = [...(await step(ones)).data];
    randomState.loadStateDict(state);
    expect([...(await step(ones)).data]).toEqual(second);
    manualSeed(5);
    expect([...(await step(ones)).data]).toEqual(first);
  });

  it('has no state of its own', () => {
    expect(new Dropout().stateDict().size).toBe(0);
  });
});

it('dropout of probability 1 leaves nothing; others are refused', async () => {
  const key = new RandomStream(0);
  const none = await program((x: Tensor) => dropout(x, 1, key.next()))(array([1, 2]));
  expect([...none.data]).toEqual([0, 0]);
  const wrong = program((x: Tensor) => dropout(x, 1.5, key.next()));
  await expect(wrong(array([1]))).rejects.toThrow(/dropout: probability 1.5 is not within 0 and 1/);
});
