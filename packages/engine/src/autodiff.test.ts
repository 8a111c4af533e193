import { describe, expect, it } from 'vitest';
import { grad, jvp, vjp, withoutGradient } from './autodiff.js';
import { array } from './ndarray.js';
import { checkpoint } from './ops/checkpoint.js';
import { add, less, mul, sub } from './ops/elementwise.js';
import { sin, square, tanh } from './ops/functions.js';
import { stopGradient } from './ops/gradient.js';
import { matmul } from './ops/linalg.js';
import { RandomStream, randomUniform } from './ops/random.js';
import { sum } from './ops/reduce.js';
import { scan } from './ops/scan.js';
import { whileLoop } from './ops/while-loop.js';
import { program } from './program.js';
import type { Tensor } from './tensor.js';
import { evaluate, randomArray } from './testing.js';
import { Variable } from './variable.js';

describe('grad', () => {
  it('by the latest value of a variable that the scalar depends on', async () => {
    const p = new Variable(array([1, 2]));
    const step = program(() => {
      const [first, second] = [sum(square(p)), sum(mul(p, 3))];
      p.assign(sub(p, mul(grad(first, p), 0.25)));
      const both = add(first, sum(mul(square(p), 5)));
      return {
        recordedBefore: grad(second, [p])[0]!,
        recordedAfter: grad(sum(square(p)), p),
        both: grad(both, p),
      };
    });
    const result = await step();
    expect([...result.recordedBefore.data]).toEqual([3, 3]);
    expect([...result.recordedAfter.data]).toEqual([1, 2]);
    expect([...result.both.data]).toEqual([5, 10]);
  });
  it('names what the scalar does not depend on', async () => {
    const [w, b] = [new Variable(array([1, 2])), new Variable(array([1]))];
    b.name = 'decoder.bias';
    const gradients = (by: (x: Tensor) => unknown) =>
      program((x: Tensor) => grad(sum(mul(w, stopGradient(x))), by(x)) as Tensor)(array([1, 2]));
    await expect(gradients(() => ({ w, b }))).rejects.toThrow(
      /^grad: the scalar does not depend on decoder.bias \(wrt.b\) .*\{ allowUnused: true \} .*autodiff.test.ts/,
    );
    await expect(gradients((x) => [w, x])).rejects.toThrow(/depend on wrt\.1 through differentiable/);
    const allowed = await program((x: Tensor) => grad(sum(mul(w, x)), { b, x }, { allowUnused: true }))(
      array([3, 4]),
    );
    expect([[...allowed.b.data], [...allowed.x.data]]).toEqual([[0], [1, 2]]);
  });
  it('is the total derivative', async () => {
    const f = program((x: Tensor) => {
      const y = square(x);
      return grad(mul(x, y), [x, y]);
    });
    expect((await f(3)).map((g) => g.item())).toEqual([27, 3]);
  });
});

const random = (shape: number[], seed: number) => randomArray(shape, { seed });
const recurrent = (x: Tensor, w: Tensor): Tensor =>
  scan((h: Tensor, v: Tensor) => [tanh(add(matmul(h, w), v)), null] as const, mul(w, 0.5), x)[0];
const recomputed = (x: Tensor, w: Tensor): Tensor =>
  checkpoint((w) => sin(matmul(add(sum(x, { axes: 0 }), w), w)), w);

describe('vjp', () => {
  it('takes its arguments for independent', async () => {
    const f = program((x: Tensor) => {
      const [y, [gx, gy]] = vjp((a, b) => mul(a, b), [x, square(x)], mul(x, 10));
      return [y, gx, gy];
    });
    expect((await f(3)).map((g) => g.item())).toEqual([27, 270, 90]);
  });
  it('by variables that the function reads', async () => {
    const w = new Variable(array(5));
    const f = program((x: Tensor) => {
      w.assign(mul(w, 2));
      const [, gradients] = vjp((x) => mul(square(x), w), [x, w], mul(x, 0.5));
      return [...gradients, w.toTensor()];
    });
    expect((await f(2)).map((g) => g.item())).toEqual([40, 4, 10]);
  });
  it('is a recorded operation like others', async () => {
    const f = program((x: Tensor) => grad(vjp((a) => mul(a, square(a)), [x], x)[1][0], x));
    expect((await f(2)).item()).toBe(36);
  });
  it('calls the function once, and assigns what it assigns', async () => {
    const stream = new RandomStream(1);
    const f = program((x: Tensor) => {
      const [y, [g]] = vjp((x) => mul(x, randomUniform(stream.next(), [4])), [x], x);
      return [y, g];
    });
    const [y, g] = await f(array([1, 1, 1, 1]));
    expect([...y!.data]).toEqual([...g!.data]);
    expect(stream.counter.value.item()).toBe(1);
  });
  it('names a cotangent that does not fit', async () => {
    await expect(evaluate((x) => vjp((a) => sum(a), [x], x)[0], array([1, 2]))).rejects.toThrow(
      /^vjp: cotangent 0 has shape \[2\], expected \[\]/,
    );
  });
});

describe('jvp', () => {
  const inputs = [random([3, 2, 2], 1), random([2, 2], 2), random([3, 2, 2], 3), random([2, 2], 4)] as const;
  it.each([
    ['a scan', recurrent],
    ['a checkpoint', recomputed],
  ])('goes through %s', async (_, fn) => {
    const weights = random([2, 2], 5);
    const f = program((x: Tensor, w: Tensor, dx: Tensor, dw: Tensor) => {
      const [y, forward] = jvp(({ x, w }) => fn(x, w), [{ x, w }], [{ x: dx, w: dw }]);
      const [gx, gw] = grad(sum(mul(fn(x, w), weights)), [x, w]) as [Tensor, Tensor];
      return [sum(mul(forward, weights)), add(sum(mul(gx, dx)), sum(mul(gw, dw))), sum(sub(y, fn(x, w)))];
    });
    const [forward, reverse, difference] = (await f(...inputs)).map((t) => t.item());
    expect(Math.abs(forward!)).toBeGreaterThan(0.01);
    expect(forward).toBeCloseTo(reverse!, 12);
    expect(difference).toBe(0);
  });
  it.each([
    ['a scan', recurrent],
    ['a checkpoint', recomputed],
  ])("of a gradient is a Hessian's product, through %s too", async (_, fn) => {
    const f = program((x: Tensor, w: Tensor, _: Tensor, v: Tensor) => {
      const gradient = (w: Tensor) => grad(sum(square(fn(x, w))), w);
      const [, [product]] = jvp((w) => [gradient(w)] as const, [w], [v]);
      return [product, grad(sum(mul(gradient(w), v)), w)];
    });
    const [product, expected] = await f(...inputs);
    for (const [i, v] of expected!.data.entries()) expect(product!.data[i]).toBeCloseTo(Number(v), 12);
  });
  it('of what does not depend on the arguments is zero', async () => {
    const y = await evaluate(
      (x, v) =>
        jvp(
          () =>
            whileLoop(
              (s: Tensor) => less(s, 9),
              (s) => mul(s, 2),
              sum(v),
            ),
          [x],
          [v],
        )[1],
      array([1, 2]),
      array([1, 1]),
    );
    expect(y.item()).toBe(0);
  });
});

it('withoutGradient: uses inside do not count, those outside do, and what is assigned stays', async () => {
  const [w, calls] = [new Variable(array([2, 3])), new Variable(array(0))];
  const layer = (x: Tensor) => {
    calls.assign(add(calls, 1));
    return mul(w, mul(w, x));
  };
  const step = program((x: Tensor) => {
    const held = withoutGradient([w], () => layer(x));
    const loss = sum(add(held, layer(x)));
    return { held, byW: grad(loss, w), byX: grad(loss, x), alone: grad(sum(held), w, { allowUnused: true }) };
  });
  const { held, byW, byX, alone } = await step(array([1, 10]));
  expect([...held.data]).toEqual([4, 90]);
  expect([...byW.data]).toEqual([4, 60]);
  expect([...byX.data]).toEqual([8, 18]);
  expect([...alone.data]).toEqual([0, 0]);
  expect(calls.value.item()).toBe(2);
});
