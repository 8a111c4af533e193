import { describe, expect, it } from 'vitest';
import { foldKey, Generator, seedKey } from '../generator.js';
import { array, type NDArray } from '../ndarray.js';
import { program } from '../program.js';
import { createRuntime } from '../runtime/node.js';
import type { Runtime } from '../runtime/runtime.js';
import { constant, type Tensor } from '../tensor.js';
import { evaluate } from '../testing.js';
import * as op from './random.js';
import { concat } from './slicing.js';

const SEED = 42;
/** Runs an operation on a key that is an input, so that nothing is computed in advance. */
const draw = (fn: (key: Tensor) => Tensor, runtime?: Runtime): Promise<NDArray> =>
  program(fn, runtime ? { runtime } : {})(array(seedKey(SEED), { dtype: 'uint32' }));

const bitsOnHost = (n: number) => {
  const random = new Generator(SEED);
  return Array.from({ length: n }, () => random.nextUint32());
};

describe('programs draw what the host draws', () => {
  it.each([[[]], [[1]], [[3, 5]], [[2, 1, 4, 3]], [[10007]], [[8192, 3]], [[0, 2]]])(
    'bits of shape %j',
    async (shape) => {
      const y = await draw((key) => op.randomBits(key, shape));
      expect(y.shape).toEqual(shape);
      expect([...y.data]).toEqual(bitsOnHost(y.size));
    },
  );

  it('keys', async () => {
    const keys = await draw((key) => concat([op.foldIn(key, 7), ...op.splitKey(key, 3)]));
    const key = seedKey(SEED);
    expect([...keys.data]).toEqual([7, 0, 1, 2].flatMap((i) => foldKey(key, i)));
    expect([...(await evaluate(() => op.randomKey(SEED))).data]).toEqual([...key]);
  });

  it.each<[string, (key: Tensor) => Tensor, (random: Generator) => NDArray]>([
    ['uniform', (key) => op.randomUniform(key, [999]), (random) => random.uniformArray([999])],
    [
      'uniform within bounds',
      (key) => op.randomUniform(key, [999], { low: -0.1, high: 1.7 }),
      (random) => random.uniformArray([999], -0.1, 1.7),
    ],
    ['permutation', (key) => op.randomPermutation(key, 20000), (random) => random.permutation(20000)],
    [
      'integers',
      (key) => op.randomInt(key, [999], -3, 4),
      (random) =>
        array(
          Int32Array.from({ length: 999 }, () => random.integer(-3, 4)),
          { dtype: 'int32' },
        ),
    ],
  ])('%s, to the last bit', async (_, fn, onHost) => {
    const expected = onHost(new Generator(SEED));
    const y = await draw(fn);
    expect([y.dtype, y.shape]).toEqual([expected.dtype, expected.shape]);
    expect([...y.data]).toEqual([...expected.data]);
  });

  it.each([[[6]], [[3, 5]], [[]]])('normal of shape %j, to rounding', async (shape) => {
    const y = await draw((key) => op.randomNormal(key, shape));
    const expected = new Generator(SEED).normalArray(shape);
    expect(y.shape).toEqual(shape);
    for (const [i, v] of expected.data.entries()) expect(y.data[i]).toBeCloseTo(v, 5);
  });
});

describe('the same on every device', () => {
  const cpu = createRuntime({ threads: 2 });
  it.each<[string, Runtime]>([
    ['one thread', createRuntime({ threads: 1 })],
    // What is written for GPUs, run by the processor: divisions in place of shifts.
    ['the lowering for GPUs', { ...cpu, device: 'webgpu' }],
  ])('%s', async (_, runtime) => {
    const fn = (key: Tensor) => op.randomUniform(op.foldIn(key, 3), [300, 200]);
    expect((await draw(fn, runtime)).data).toEqual((await draw(fn, cpu)).data);
  });
});

describe('distributions', () => {
  const n = 1 << 16;
  const meanOf = (data: ArrayLike<number | bigint>) =>
    Array.from(data, Number).reduce((a, b) => a + b, 0) / data.length;

  it('normal has mean 0 and variance 1', async () => {
    const y = await draw((key) => op.randomNormal(key, [n]));
    expect(Math.abs(meanOf(y.data))).toBeLessThan(4.5 / Math.sqrt(n));
    expect(Math.abs(meanOf(Float64Array.from(y.data, (v) => Number(v) ** 2)) - 1)).toBeLessThan(
      4.5 * Math.sqrt(2 / n),
    );
  });

  it('bernoulli is true with its probability, one for each column too', async () => {
    const y = await draw((key) => op.randomBernoulli(key, 0.3, [n]));
    expect(y.dtype).toBe('bool');
    expect(Math.abs(meanOf(y.data) - 0.3)).toBeLessThan(4.5 * Math.sqrt(0.21 / n));
    const columns = await draw((key) => op.randomBernoulli(key, [0, 1], [50, 2]));
    expect([...columns.data]).toEqual(Array.from({ length: 100 }, (_, i) => i % 2));
  });
});

describe('in programs', () => {
  it('shapes may have free dimensions', async () => {
    const f = program(
      (x: Tensor, key: Tensor) => ({
        bits: op.randomBits(key, x.shape),
        normal: op.randomNormal(key, x.shape),
      }),
      {
        inputs: [{ shape: ['B', 5, 'L'] }, { shape: [2], dtype: 'uint32' }],
      },
    );
    for (const shape of [
      [2, 5, 7],
      [1, 5, 3],
    ]) {
      const size = shape.reduce((a, b) => a * b);
      const { bits, normal } = await f(
        array(new Float32Array(size), { shape }),
        array(seedKey(SEED), { dtype: 'uint32' }),
      );
      expect(bits.shape).toEqual(shape);
      expect([...bits.data]).toEqual(bitsOnHost(size));
      expect(normal.data[size - 1]).toBeCloseTo(new Generator(SEED).normalArray(shape).data[size - 1]!, 5);
    }
  });

  it('a stream gives new keys in every run and resumes from its variables', async () => {
    const stream = new op.RandomStream(3);
    const step = program(() => [stream.next(), stream.next()] as const);
    const keys = async () => (await step()).flatMap((k) => [...k.data]);
    const expected = (from: number) => [...foldKey(seedKey(3), from), ...foldKey(seedKey(3), from + 1)];
    expect(await keys()).toEqual(expected(0));
    expect(await keys()).toEqual(expected(2));
    stream.counter.value = array(10, { dtype: 'uint32' });
    expect(await keys()).toEqual(expected(10));
  });
});

describe('errors', () => {
  it.each<[string, () => Tensor, RegExp]>([
    [
      'a key of floats',
      () => op.randomBits([1, 2], [3]),
      /randomBits: the key is float32 \[2\], expected uint32 \[2\]/,
    ],
    [
      'several keys',
      () => op.foldIn(constant(array([[1, 2]], { dtype: 'uint32' })), 1),
      /foldIn: the key is uint32 \[1, 2\]/,
    ],
    ['fractional data', () => op.foldIn(op.randomKey(0), constant(array(0.5))), /foldIn: data is float32/],
    ['an empty range', () => op.randomInt(op.randomKey(0), [1], 2, 2), /randomInt: \[2, 2\) is not a range/],
    [
      'integers',
      () => op.randomUniform(op.randomKey(0), [1], { dtype: 'int32' }),
      /randomUniform: is not defined for int32/,
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
