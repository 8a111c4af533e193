import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, zeros } from '../ndarray.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { add, mul } from './elementwise.js';
import { sum } from './reduce.js';
import * as op from './special.js';

const positive = randomArray([2, 3], { low: 0.2, high: 6 });

describe('values', () => {
  // log Γ by the C library, the others by recurrence to x > 50 and their asymptotic series there.
  const arguments_ = [1e-3, 0.1, 0.5, 1, 1.5, 2, 3.7, 10, 100, 1e4, 1e6];
  const lgamma = [
    6.907178885383853, 2.252712651734206, 0.5723649429247001, 0, -0.12078223763524522, 0, 1.428072326665388,
    12.801827480081469, 359.1342053695754, 82099.71749644238, 12815504.569147611,
  ];
  const digamma = [
    -1000.5755719318103, -10.423754940411076, -1.9635100260214235, -0.5772156649015329, 0.03648997397857652,
    0.42278433509846713, 1.1671535393615116, 2.251752589066721, 4.600161852738087, 9.21029037114285,
    13.815510057964191,
  ];
  const trigamma = [
    1000001.6425331959, 101.43329915079275, 4.93480220054468, 1.6449340668482264, 0.93480220054468,
    0.6449340668482264, 0.31003785767003833, 0.10516633568168575, 0.010050166663333571,
    0.00010000500016666666, 1.0000005000001665e-6,
  ];
  const slope = (x: Tensor) => grad(sum(op.digamma(x)), x);
  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['lgamma', op.lgamma, lgamma],
    ['its gradient', (x) => grad(sum(op.lgamma(x)), x), digamma],
    ['digamma', op.digamma, digamma],
    ['its gradient', slope, trigamma],
  ])('%s', async (_, fn, expected) => {
    const double = await evaluate(fn, array(arguments_, { dtype: 'float64' }));
    const single = await evaluate(fn, array(arguments_));
    for (const [i, v] of expected.entries()) {
      const scale = Math.max(1, Math.abs(v));
      expect(Math.abs(Number(double.data[i]) - v) / scale).toBeLessThan(1e-11);
      expect(Math.abs(Number(single.data[i]) - v) / scale).toBeLessThan(1e-5);
    }
  });
  it('lgamma at 0 is ∞, below NaN', async () => {
    const y = await evaluate(op.lgamma, array([0, -0.5, -1.5]));
    expect([...y.data]).toEqual([Infinity, Number.NaN, Number.NaN]);
  });
  it('erfInv', async () => {
    const x = array([0, 0.1, -0.5, 0.9, 0.999, -0.99999, 1, -1, 1.5]);
    const expected = [
      0, 0.08885599049425769, -0.4769362762044698, 1.1630871536766743, 2.326753765513525, -3.12341327,
    ];
    const y = await evaluate(op.erfInv, x);
    for (const [i, v] of expected.entries()) expect(y.data[i]).toBeCloseTo(v, [5, 5, 5, 5, 4, 2][i]);
    expect([...y.data].slice(6)).toEqual([Infinity, -Infinity, Number.NaN]);
  });
  it('atan2 in all quadrants, on the axes and at the origin', async () => {
    const points = [
      [0, 0],
      ...[1, -1, 0.5, -3, 0].flatMap((y) => [1, -1, 2, -0.25, 0].map((x) => [y, x])),
      [1e-30, -1],
      [1e30, 1],
    ];
    const column = (i: number) => array(points.map((p) => p[i]!));
    const angles = await evaluate(op.atan2, column(0), column(1));
    for (const [i, [y, x]] of points.entries()) {
      expect(angles.data[i]).toBeCloseTo(Math.atan2(y!, x!), 6);
    }
  });
});

describe('gradients', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ['lgamma', op.lgamma],
    ['digamma', op.digamma],
  ])('%s', async (_, fn) => {
    await checkGradients(fn, [positive], { second: true });
  });
  it('erfInv', async () => {
    const x = randomArray([2, 3], { low: -0.8, high: 0.8, dtype: 'float32' });
    await checkGradients(op.erfInv, [x], { second: true });
  });
  it('atan2 broadcasts', async () => {
    // ONNX Runtime's Atan is float32 only.
    const y = randomArray([2, 1, 3], { low: 0.5, high: 2, dtype: 'float32' });
    const x = randomArray([2, 1], { low: -2, high: -0.5, dtype: 'float32', seed: 2 });
    await checkGradients(op.atan2, [y, x], { second: true });
  });
  it('atan2 at the origin passes none, and no NaN', async () => {
    const fn = (y: Tensor, x: Tensor) => {
      const [a, b] = grad(sum(op.atan2(y, x)), [y, x] as const);
      return add(mul(a, 2), b);
    };
    expect([...(await evaluate(fn, zeros([1]), zeros([1]))).data]).toEqual([0]);
  });
});
