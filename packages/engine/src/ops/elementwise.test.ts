import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import * as op from './elementwise.js';
import { square } from './functions.js';
import { sum } from './reduce.js';
import { arange } from './shape.js';

describe('two and three arguments', () => {
  const a = randomArray([2, 1, 3], { low: 0.3, high: 2, seed: 2 });
  const b = randomArray([2, 1], { low: 0.3, high: 2, seed: 3 });
  it.each([
    ['add', op.add],
    ['sub', op.sub],
    ['mul', op.mul],
    ['div', op.div],
    ['pow', op.pow],
    ['maximum', op.maximum],
    ['minimum', op.minimum],
    ['mod', op.mod],
  ])('%s broadcasts; gradients', async (_, fn) => {
    expect((await evaluate(fn, a, b)).shape).toEqual([2, 2, 3]);
    await checkGradients(fn, [a, b], { second: true });
  });
  it('the gradient of pow(x, 0) is 0, at 0 too', async () => {
    const x = array([0, 2]);
    const fixed = await evaluate((t) => grad(sum(op.pow(t, 0)), t), x);
    expect([...fixed.data]).toEqual([0, 0]);
    const given = await evaluate((t, b) => grad(sum(op.pow(t, b)), t), x, array([0, 3]));
    expect([...given.data]).toEqual([0, 12]);
  });
  it('where chooses; gradients', async () => {
    await checkGradients((x, y) => op.where(op.greater(x, 1), square(x), y), [a, b], { second: true });
  });
  it('comparisons', async () => {
    const x = array([1, 2, 3]);
    const y = array([2, 2, 2]);
    expect([...(await evaluate(op.greater, x, y)).data]).toEqual([0, 0, 1]);
    expect([...(await evaluate(op.greaterEqual, x, y)).data]).toEqual([0, 1, 1]);
    expect([...(await evaluate(op.less, x, y)).data]).toEqual([1, 0, 0]);
    expect([...(await evaluate(op.lessEqual, x, y)).data]).toEqual([1, 1, 0]);
    expect([...(await evaluate(op.equal, x, y)).data]).toEqual([0, 1, 0]);
    expect([...(await evaluate(op.notEqual, x, y)).data]).toEqual([1, 0, 1]);
  });
  it('mod has the sign of the divisor', async () => {
    expect([...(await evaluate((x) => op.mod(x, 3), array([-4, 4]))).data]).toEqual([2, 1]);
    expect([...(await evaluate((x) => op.mod(x, 3), array([-4, 4], { dtype: 'int32' }))).data]).toEqual([
      2, 1,
    ]);
  });
});

describe('errors', () => {
  it('name the operation, the shapes and the line', async () => {
    await expect(evaluate((x, y) => op.add(x, y), array([1, 2]), array([1, 2, 3]))).rejects.toThrow(
      /^add: shapes \[2\] and \[3\] do not broadcast \(at .*elementwise\.test\.ts:\d+:\d+\)$/,
    );
  });
  it.each<[string, () => Tensor, string]>([
    [
      'a fraction among integers',
      () => op.mul(arange(4), 0.5),
      '0.5 is not an integer, and its company is int32',
    ],
    ['in a list', () => op.add(arange(2), [1, 1.7]), '1.7 is not an integer'],
    ['of 64 bits', () => op.add(array([1], { dtype: 'int64' }), 0.5), '0.5 is not an integer'],
    ['infinity', () => op.maximum(arange(2), -Infinity), '-Infinity is not an integer'],
  ])('%s', async (_, fn, message) => {
    expect(fn).toThrow(`asTensor: ${message}`);
  });
});
