import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { evaluate } from '../testing.js';
import { Variable } from '../variable.js';
import { add, less, mul } from './elementwise.js';
import { cast, square } from './functions.js';
import { reshape } from './shape.js';
import { whileLoop } from './while-loop.js';

describe('whileLoop', () => {
  const collatz = (x: Tensor) =>
    whileLoop(
      ({ v }) => less(v, 100),
      ({ v, n }) => ({ v: mul(v, 3), n: add(n, 1) }),
      { v: x, n: mul(x, 0) },
    );
  it('ends when the condition fails', async () => {
    const f = program(collatz);
    const { v, n } = await f(array(2));
    expect([v.item(), n.item()]).toEqual([162, 4]);
    expect((await f(array(500))).n.item()).toBe(0);
  });
  it('ends at the limit', async () => {
    const y = await evaluate(
      (x) =>
        whileLoop(
          (v: Tensor) => less(v, 100),
          (v) => add(v, 1),
          x,
          { maxIterations: 7 },
        ),
      array(0),
    );
    expect(y.item()).toBe(7);
  });
  it('refuses a gradient', async () => {
    await expect(evaluate((x) => grad(collatz(x).v, x), array(2))).rejects.toThrow(
      /whileLoop \(in grad\): has no gradient/,
    );
  });
  it('gives a gradient by its result', async () => {
    const y = await evaluate((x) => {
      const { v } = collatz(x);
      return grad(square(v), v);
    }, array(2));
    expect(y.item()).toBe(324);
  });
  const f64 = array(1, { dtype: 'float64' });
  it.each([
    ['a dtype', (s: Tensor) => cast(s, 'float32'), /whileLoop: state 0 turns from float64 into float32/],
    [
      'a shape',
      (s: Tensor) => reshape(s, [1]),
      /whileLoop: state 0 after a step has shape \[1\], expected \[\]/,
    ],
    ['a structure', (s: Tensor) => [s, s] as never, /whileLoop: the body returns 2 tensors, got 1/],
  ])('names %s that changes', async (_, body, message) => {
    await expect(evaluate((x) => whileLoop((s: Tensor) => less(s, 9), body, x), f64)).rejects.toThrow(
      message,
    );
  });
  it.each([
    ['a number', (s: Tensor) => s, /whileLoop: the condition is float64 \[\], expected a bool scalar/],
    [
      'a list',
      (s: Tensor) => less(reshape(s, [1]), 9),
      /whileLoop: the condition is bool \[1\], expected a bool scalar/,
    ],
  ])('refuses %s for a condition', async (_, condition, message) => {
    await expect(evaluate((x) => whileLoop(condition, (s) => mul(s, 2), x), f64)).rejects.toThrow(message);
  });
  it('refuses to assign variables', async () => {
    const v = new Variable(f64);
    const body = (s: Tensor) => {
      v.assign(s);
      return mul(s, 2);
    };
    await expect(evaluate((x) => whileLoop((s) => less(s, 9), body, x), f64)).rejects.toThrow(
      /assign: a variable cannot be assigned inside whileLoop/,
    );
  });
});
