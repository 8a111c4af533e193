import { describe, expect, it } from 'vitest';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { sub } from './elementwise.js';
import { square } from './functions.js';
import { gatherElements } from './indexing.js';
import * as op from './sort.js';

const x = randomArray([3, 5, 2], { low: -2, high: 2, seed: 4 });
const row = array([3, 1, 2, 3, 1, 0]);

describe('values', () => {
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    ['topK', (t) => op.topK(t, 3).values, [3, 3, 2]],
    ['topK, lower index first', (t) => op.topK(t, 3).indices, [0, 3, 2]],
    ['topK smallest', (t) => op.topK(t, 3, 0, { largest: false }).values, [0, 1, 1]],
    ['topK smallest, lower index first', (t) => op.topK(t, 3, 0, { largest: false }).indices, [5, 1, 4]],
    ['sort', (t) => op.sort(t), [0, 1, 1, 2, 3, 3]],
    ['sort descending', (t) => op.sort(t, 0, { descending: true }), [3, 3, 2, 1, 1, 0]],
    ['argsort', (t) => op.argsort(t), [5, 1, 4, 2, 0, 3]],
    ['argsort descending', (t) => op.argsort(t, 0, { descending: true }), [0, 3, 2, 1, 4, 5]],
  ])('%s', async (_, fn, expected) => {
    expect([...(await evaluate(fn, row)).data]).toEqual(expected);
  });

  it.each([
    [1, true],
    [4, true],
    [40, false],
    [299, true],
    [300, false],
    [300, true],
  ])('the order among many equals is stable: k = %d, largest = %s', async (k, largest) => {
    const digits = array(
      Float32Array.from(randomArray([300], { low: 0, high: 5 }).data as Float64Array, Math.floor),
    );
    const sign = largest ? -1 : 1;
    const expected = Array.from({ length: 300 }, (_, i) => i)
      .sort((i, j) => sign * ((digits.data[i] as number) - (digits.data[j] as number)) || i - j)
      .slice(0, k);
    const got = await evaluate((t) => op.topK(t, k, 0, { largest }).indices, digits);
    expect([...got.data]).toEqual(expected);
  });
  it('argsort sorts along an inner axis', async () => {
    const zero = await evaluate((t) => sub(gatherElements(t, op.argsort(t, 1), 1), op.sort(t, 1)), x);
    expect([...zero.data]).toEqual(new Array(30).fill(0));
    const y = await evaluate((t) => op.sort(t, 1), x);
    for (let i = 0; i < 3; i++)
      for (let j = 1; j < 5; j++)
        expect(y.data[i * 10 + j * 2]).toBeGreaterThan(y.data[i * 10 + j * 2 - 2] as number);
  });
});

describe('gradients', () => {
  it.each<[string, (t: Tensor) => Tensor]>([
    ['topK', (t) => op.topK(t, 2, 1).values],
    ['topK smallest', (t) => op.topK(t, 1, 0, { largest: false }).values],
    ['sort', (t) => op.sort(t, 1)],
    ['sort descending', (t) => op.sort(t, 0, { descending: true })],
  ])('%s', async (_, fn) => {
    await checkGradients((t) => square(fn(t)), [x], { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program sorts every length', async () => {
    const f = program((t: Tensor) => op.sort(t), { inputs: [{ shape: ['L'] }] });
    expect([...(await f(array([2, 1]))).data]).toEqual([1, 2]);
    expect([...(await f(array([3, 1, 2]))).data]).toEqual([1, 2, 3]);
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => Tensor, RegExp]>([
    ['k too large', (t) => op.topK(t, 6, 1).values, /^topK: k = 6 is not in 1..5, axis 1 of \[3, 5, 2\]/],
    ['k too small', (t) => op.topK(t, 0).values, /^topK: k = 0 is not in 1..2, axis 2/],
    ['axis', (t) => op.sort(t, 3), /^sort: axis 3 is out of range/],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn, x)).rejects.toThrow(message);
  });
});
