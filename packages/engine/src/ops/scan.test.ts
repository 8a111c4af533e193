import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { Variable } from '../variable.js';
import { add, mul } from './elementwise.js';
import { sin, square, tanh } from './functions.js';
import { matmul } from './linalg.js';
import { RandomStream, randomUniform } from './random.js';
import { sum } from './reduce.js';
import { scan } from './scan.js';
import { reshape } from './shape.js';
import { concat } from './slicing.js';

const r = (shape: number[], seed: number) => randomArray(shape, { seed });
const all = (...ts: Tensor[]) => concat(ts.map((t) => reshape(t, [-1])));

describe('scan', () => {
  it('carries and stacks', async () => {
    const y = await evaluate(
      (x) => all(...scan((c: Tensor, v: Tensor) => [add(c, v), mul(c, v)] as const, sum(mul(x, 0)), x)),
      array([1, 2, 3]),
    );
    expect([...y.data]).toEqual([6, 0, 2, 9]);
  });
  it('walks backwards', async () => {
    const step = (c: Tensor, v: Tensor) => [add(c, v), c] as const;
    const y = await evaluate(
      (x) => all(...scan(step, sum(mul(x, 0)), x, { reverse: true })),
      array([1, 2, 3]),
    );
    expect([...y.data]).toEqual([6, 5, 3, 0]);
  });
  it('counts steps without xs', async () => {
    const y = await evaluate(
      (x) => scan((c: Tensor) => [mul(c, 2), []] as const, x, [], { length: 5 })[0],
      array(3),
    );
    expect(y.item()).toBe(96);
  });
  // A recurrent net: structured carry, captured weights, several outputs.
  const net = (x: Tensor, h: Tensor, w: Tensor, u: Tensor): Tensor => {
    const [last, ys] = scan(
      ({ h, c }: { h: Tensor; c: Tensor }, v: Tensor) => {
        const next = tanh(add(matmul(h, w), matmul(v, u)));
        return [{ h: next, c: add(c, square(next)) }, [next, mul(c, 2)]] as const;
      },
      { h, c: mul(h, 0.5) },
      x,
    );
    return all(last.h, last.c, ...ys);
  };
  it('gradients of first and second order, through captured weights too', async () => {
    await checkGradients(net, [r([4, 2, 3], 1), r([2, 2], 2), r([2, 2], 3), r([3, 2], 4)], { second: true });
  });
  it('a scan within a scan', async () => {
    const nested = (x: Tensor, w: Tensor) =>
      scan(
        (c: Tensor, row: Tensor) =>
          [scan((d: Tensor, v: Tensor) => [sin(add(mul(d, w), v)), d] as const, c, row)[0], c] as const,
        sum(w),
        x,
      )[1];
    await checkGradients(nested, [r([3, 2], 1), r([], 2)], { second: true });
  });
  it('any length with one program', async () => {
    const f = program(
      (x: Tensor) => {
        const total = scan((c: Tensor, v: Tensor) => [add(mul(c, 0.5), v), c] as const, sum(mul(x, 0)), x)[0];
        return { total, g: grad(total, x) };
      },
      { inputs: [{ shape: ['T'] }] },
    );
    expect((await f(array([1, 2]))).total.item()).toBe(2.5);
    expect([...(await f(array([1, 2, 3, 4]))).g.data]).toEqual([0.125, 0.25, 0.5, 1]);
  });
  it('takes nothing for xs and for outputs', async () => {
    const y = await evaluate(
      (x) => scan((c: Tensor) => [mul(c, 2), null] as const, x, undefined, { length: 3 })[0],
      array(1),
    );
    expect(y.item()).toBe(8);
  });
  it('refuses to assign variables in a step', async () => {
    const total = new Variable(array(0));
    total.name = 'total';
    const assigning = (c: Tensor, v: Tensor) => {
      total.assign(add(total, v));
      return [c, v] as const;
    };
    await expect(evaluate((x) => scan(assigning, sum(x), x)[1], array([1, 2]))).rejects.toThrow(
      /^assign: total cannot be assigned inside scan: carry its value .* \(at .*scan\.test\.ts:/,
    );
    const stream = new RandomStream(1);
    const drawing = (c: Tensor, v: Tensor) => [c, add(v, randomUniform(stream.next(), []))] as const;
    await expect(evaluate((x) => scan(drawing, sum(x), x)[1], array([1, 2]))).rejects.toThrow(
      /cannot be assigned inside scan: .* \(foldIn\)/,
    );
  });
  it('names a carry that changes shape', async () => {
    await expect(
      evaluate(
        (x) => scan((c: Tensor, v: Tensor) => [concat([c, reshape(v, [1])]), c] as const, x, x)[0],
        r([3], 1),
      ),
    ).rejects.toThrow(/scan: carry 0 after a step has shape \[4\], expected \[3\]/);
  });
});

describe('bodies share what is equal', () => {
  const times = (x: Tensor) =>
    scan((c: Tensor[], e: Tensor) => [c, mul(e, 0.9)] as const, [] as Tensor[], x)[1];
  it('with what is written after the loop', async () => {
    const y = await evaluate((x) => mul(times(x), add(x, 0.9)), array([1, 2]));
    expect(y.data[1]).toBeCloseTo(1.8 * 2.9, 5);
  });
  it('across nested loops', async () => {
    const nested = (x: Tensor) =>
      scan((c: Tensor[], row: Tensor) => [c, add(times(row), 0.9)] as const, [] as Tensor[], x)[1];
    const before = (x: Tensor) => add(nested(add(x, 0.9)), x);
    expect((await evaluate(before, array([[1, 2]]))).data[1]).toBeCloseTo(2.9 * 0.9 + 0.9 + 2, 5);
    const after = (x: Tensor) => add(nested(x), mul(x, 0.9));
    expect((await evaluate(after, array([[1, 2]]))).data[1]).toBeCloseTo(1.8 + 0.9 + 1.8, 5);
  });
});
