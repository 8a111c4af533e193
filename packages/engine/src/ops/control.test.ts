import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { Variable } from '../variable.js';
import { checkpoint, customVjp, scan, whileLoop } from './control.js';
import { add, less, mul, sin, square, tanh } from './elementwise.js';
import { matmul } from './linalg.js';
import { sum } from './reduce.js';
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
      /whileLoop: has no gradient/,
    );
  });
});

describe('customVjp and checkpoint', () => {
  it('uses the given rule', async () => {
    const f = (x: Tensor) => customVjp([sin(x)], [x], ([g]) => [mul(g!, 7)])[0]!;
    expect((await evaluate((x) => grad(f(x), x), array(1))).item()).toBe(7);
  });
  const layer = (x: Tensor, w: Tensor) => tanh(matmul(tanh(matmul(x, w)), w));
  it('recomputes: same gradients, of both orders', async () => {
    await checkGradients(
      (x, w) => square(checkpoint((t: Tensor) => layer(t, w), x)),
      [r([2, 3], 1), r([3, 3], 2)],
      {
        second: true,
      },
    );
  });
  it('uses the values that variables had when it was called', async () => {
    const w = new Variable(array([[2]], { dtype: 'float64' }));
    const f = program((x: Tensor) => {
      const loss = sum(checkpoint((t: Tensor) => square(matmul(t, w)), x));
      w.assign([[100]]);
      return grad(loss, x);
    });
    expect((await f(array([[3]], { dtype: 'float64' }))).data[0]).toBe(24);
  });
});
