import { describe, expect, it } from 'vitest';
import { array } from '../ndarray.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import * as op from './functions.js';

const positive = randomArray([2, 3], { low: 0.3, high: 2 });
const signed = randomArray([2, 3], { low: -2, high: 2 });
const single = randomArray([2, 3], { low: -2, high: 2, dtype: 'float32' });

describe('one argument', () => {
  const smooth: Record<string, [(x: Tensor) => Tensor, (x: number) => number, typeof signed]> = {
    exp: [op.exp, Math.exp, signed],
    log: [op.log, Math.log, positive],
    sqrt: [op.sqrt, Math.sqrt, positive],
    rsqrt: [op.rsqrt, (x) => 1 / Math.sqrt(x), positive],
    reciprocal: [op.reciprocal, (x) => 1 / x, positive],
    sin: [op.sin, Math.sin, signed],
    cos: [op.cos, Math.cos, signed],
    // ONNX Runtime has it in float32 only.
    atan: [op.atan, Math.atan, single],
    tanh: [op.tanh, Math.tanh, signed],
    sigmoid: [op.sigmoid, (x) => 1 / (1 + Math.exp(-x)), signed],
    square: [op.square, (x) => x * x, signed],
    neg: [op.neg, (x) => -x, signed],
    expm1: [op.expm1, Math.expm1, signed],
    log1p: [op.log1p, Math.log1p, positive],
    // ONNX Runtime fuses x σ(x) into an operator that it has in float32 only.
    silu: [op.silu, (x) => x / (1 + Math.exp(-x)), single],
    abs: [op.abs, Math.abs, signed],
    relu: [op.relu, (x) => Math.max(x, 0), signed],
    leakyRelu: [(x) => op.leakyRelu(x, 0.25), (x) => (x > 0 ? x : 0.25 * x), signed],
    clamp: [(x) => op.clamp(x, -0.5, 0.7), (x) => Math.min(Math.max(x, -0.5), 0.7), signed],
    softplus: [op.softplus, (x) => Math.log1p(Math.exp(x)), single],
    logSigmoid: [op.logSigmoid, (x) => -Math.log1p(Math.exp(-x)), single],
  };
  it.each(Object.entries(smooth))(
    '%s: value, gradient, second-order gradient',
    async (_, [fn, reference, x]) => {
      const y = await evaluate(fn, x);
      const exact = x.dtype === 'float64' ? 12 : 5;
      for (const [i, v] of x.data.entries()) expect(y.data[i]).toBeCloseTo(reference(v as number), exact);
      await checkGradients(fn, [x], { second: true });
    },
  );
  it.each([
    ['erf', op.erf],
    ['gelu', op.gelu],
  ])('%s in float32: gradients', async (_, fn) => {
    await checkGradients(fn, [single], { second: true });
  });
  it('expm1 and log1p keep their digits near zero', async () => {
    const x = array([1e-7, -1e-7, 3e-4]);
    expect((await evaluate(op.expm1, x)).data[0]).toBeCloseTo(1e-7, 13);
    expect((await evaluate(op.log1p, x)).data[0]).toBeCloseTo(1e-7, 13);
  });
  it('log1p at the ends of its domain', async () => {
    const y = await evaluate(op.log1p, array([-1, 0, 1e30, Infinity, -2, Number.NaN]));
    expect([...y.data]).toEqual([
      -Infinity,
      0,
      Math.fround(Math.log(1e30)),
      Infinity,
      Number.NaN,
      Number.NaN,
    ]);
  });
  it.each([
    ['isNan', op.isNan, [0, 1, 0, 0]],
    ['isInf', op.isInf, [0, 0, 1, 1]],
    ['isFinite', op.isFinite, [1, 0, 0, 0]],
  ])('%s', async (_, fn, expected) => {
    const y = await evaluate(fn, array([0, Number.NaN, Infinity, -Infinity]));
    expect([y.dtype, ...y.data]).toEqual(['bool', ...expected]);
  });
  it.each([
    ['floor', op.floor, [-2, 1, 2]],
    ['ceil', op.ceil, [-1, 2, 3]],
    ['round', op.round, [-2, 2, 2]],
    ['sign', op.sign, [-1, 1, 1]],
  ])('%s', async (_, fn, expected) => {
    expect([...(await evaluate(fn, array([-1.5, 1.5, 2.5]))).data]).toEqual(expected);
  });
});
