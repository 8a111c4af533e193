import { describe, expect, it } from 'vitest';
import { array } from '../ndarray.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import * as op from './elementwise.js';
import { square } from './functions.js';

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
});
