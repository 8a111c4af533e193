import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, zeros } from '../ndarray.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { greater } from './elementwise.js';
import { square } from './functions.js';
import * as op from './reduce.js';

const x = randomArray([2, 3, 4], { low: -2, high: 2 });
const rows = array([
  [1, 5, 3],
  [4, 2, 4],
]);

describe('values', () => {
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    ['sum', (t) => op.sum(t, { axes: 1 }), [9, 10]],
    ['sum of all', (t) => op.sum(t), [19]],
    ['mean', (t) => op.mean(t, { axes: 0 }), [2.5, 3.5, 3.5]],
    ['max', (t) => op.max(t, { axes: 1 }), [5, 4]],
    ['min', (t) => op.min(t, { axes: -1, keepDims: true }), [1, 2]],
    ['argmax, first of equals', (t) => op.argmax(t), [1, 0]],
    ['argmin', (t) => op.argmin(t, 0), [0, 1, 0]],
    ['cumsum', (t) => op.cumsum(t), [1, 6, 9, 4, 6, 10]],
    ['prod', (t) => op.prod(t, { axes: 1 }), [15, 32]],
    ['prod of all', (t) => op.prod(t), [480]],
    ['cumprod', (t) => op.cumprod(t), [1, 5, 15, 4, 8, 32]],
    ['any', (t) => op.any(greater(t, 4), { axes: 1 }), [1, 0]],
    ['all', (t) => op.all(greater(t, 1), { axes: 1, keepDims: true }), [0, 1]],
    ['variance', (t) => op.variance(op.sum(t, { axes: 0 }), { correction: 1 }), [4 / 3]],
  ])('%s', async (_, fn, expected) => {
    const y = await evaluate(fn, rows);
    for (const [i, v] of expected.entries()) expect(Number(y.data[i])).toBeCloseTo(v, 5);
  });
  it('the mean of nothing is NaN, as NumPy has it', async () => {
    const none = zeros([2, 0]);
    expect([...(await evaluate((t) => op.mean(t, { axes: 1 }), none)).data]).toEqual([NaN, NaN]);
    expect([...(await evaluate((t) => op.mean(t), none)).data]).toEqual([NaN]);
    expect((await evaluate((t) => op.mean(t, { axes: 0 }), none)).shape).toEqual([0]);
  });
  it('logSumExp neither overflows nor makes NaN of -∞', async () => {
    const y = await evaluate(
      (t) => op.logSumExp(t, { axes: 1 }),
      array([
        [1000, 1000],
        [-Infinity, -Infinity],
      ]),
    );
    expect(y.data[0]).toBeCloseTo(1000 + Math.log(2), 3);
    expect(y.data[1]).toBe(-Infinity);
  });
});

describe('errors', () => {
  it.each([
    ['mean', op.mean],
    ['variance', op.variance],
  ])('%s of integers', async (name, fn) => {
    await expect(evaluate((t) => fn(t), array([1, 2], { dtype: 'int32' }))).rejects.toThrow(
      `${name}: is not defined for int32: cast it to float32 first`,
    );
  });
});

describe('gradients', () => {
  it('products of zeros', async () => {
    const x = array([
      [2, 0, 3],
      [0, 5, 0],
    ]);
    const y = await evaluate((t) => grad(op.sum(op.prod(t, { axes: 1 })), t), x);
    expect([...y.data]).toEqual([0, 6, 0, 0, 0, 0]);
  });
  it('norm at 0 has the gradient 0, and no NaN after it', async () => {
    const y = await evaluate(
      (t) => {
        const g = grad(op.sum(op.norm(t, { axes: 1 })), t);
        return grad(op.sum(square(g)), t);
      },
      zeros([2, 3]),
    );
    expect([...y.data]).toEqual([0, 0, 0, 0, 0, 0]);
    const first = await evaluate(
      (t) => grad(op.sum(op.norm(t, { axes: 1 })), t),
      array([
        [0, 0],
        [3, 4],
      ]),
    );
    expect([...first.data].map((v) => Math.round(Number(v) * 10))).toEqual([0, 0, 6, 8]);
  });
  it.each<[string, (t: Tensor) => Tensor]>([
    ['sum', (t) => op.sum(square(t), { axes: [0, 2] })],
    ['mean', (t) => op.mean(square(t), { axes: 1, keepDims: true })],
    ['max', (t) => square(op.max(t, { axes: [1, 2] }))],
    ['min', (t) => square(op.min(t, { axes: 0 }))],
    ['variance', (t) => op.variance(t, { axes: 2 })],
    ['unbiased variance', (t) => op.variance(t, { axes: [0, 1], correction: 1 })],
    ['logSumExp', (t) => op.logSumExp(t, { axes: 1 })],
    ['cumsum', (t) => square(op.cumsum(t, 1))],
    ['prod', (t) => op.prod(t, { axes: [0, 1] })],
    ['cumprod', (t) => op.cumprod(t, 2)],
    ['norm', (t) => op.norm(t, { axes: 2 })],
  ])('%s', async (_, fn) => {
    await checkGradients(fn, [x], { second: true });
  });
});
