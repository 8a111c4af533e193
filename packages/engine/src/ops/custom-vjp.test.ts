import { expect, it } from 'vitest';
import { grad, vjp } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import { constant, type Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { Variable } from '../variable.js';
import { customVjp } from './custom-vjp.js';
import { add, less, mul, sub } from './elementwise.js';
import { cos, neg, sin, square, tanh } from './functions.js';
import { matmul } from './linalg.js';
import { sum } from './reduce.js';
import { scan } from './scan.js';
import { arange, zerosLike } from './shape.js';
import { whileLoop } from './while-loop.js';

it('uses the given rule', async () => {
  const f = (x: Tensor) => customVjp(sin, [x], (g) => [mul(g, 7)]);
  expect((await evaluate((x) => grad(f(x), x), array(1))).item()).toBe(7);
});

it('differentiates the rule in its turn', async () => {
  const product = (x: Tensor, w: Tensor) =>
    customVjp(
      (x, { w }) => mul(sin(x), w),
      [x, { w }],
      (g, [x, { w }]) => [mul(g, mul(cos(x), w)), { w: mul(g, sin(x)) }],
    );
  // The second argument depends on the first, which is no business of the rule's.
  await checkGradients((x) => product(x, square(x)), [randomArray([3])], { second: true });
});

it('does not call a rule whose gradients nobody asks for', async () => {
  let called = 0;
  const f = (x: Tensor) =>
    customVjp(sin, [x], (g) => {
      called++;
      return [g];
    });
  await evaluate((x) => {
    const y = f(x);
    return grad(square(y), y);
  }, array(1));
  expect(called).toBe(0);
});

it('has in its rule the values that variables had at the call', async () => {
  const [w, outside] = [new Variable(array(2)), new Variable(array(3))];
  const f = program((x: Tensor) => {
    const y = customVjp(
      (x) => mul(x, w),
      [x, w],
      (g, [x]) => [mul(g, mul(w, outside)), mul(g, x)],
    );
    w.assign(100);
    outside.assign(100);
    return grad(y, [x, w]);
  });
  expect((await f(5)).map((g) => g.item())).toEqual([6, 5]);
});

it.each([
  [
    'shape',
    () => [zerosLike({ dtype: 'float32', shape: [3] })],
    /the rule's gradient by argument 0 has shape \[3\], expected \[\]/,
  ],
  ['place', (g: Tensor) => [g, g], /the rule gives a gradient by 1, which is no argument/],
])('names a gradient of the wrong %s', async (_, rule, message) => {
  await expect(
    evaluate((x) => grad(customVjp(sin, [x], rule as (g: Tensor) => [Tensor]), x), array(1)),
  ).rejects.toThrow(message);
});

it("has the adjoint method's gradient", async () => {
  const STEPS = 32;
  const H = 1 / STEPS;
  const double = (value: number) => constant(array(value, { dtype: 'float64' }));
  const random = (shape: number[], seed: number) => randomArray(shape, { seed });
  const w1 = new Variable(random([3, 5], 1));
  const w2 = new Variable(random([5, 3], 2));
  const dynamics = (t: Tensor, z: Tensor) => matmul(tanh(add(matmul(z, w1), t)), w2);

  type Field = (t: Tensor, state: readonly Tensor[]) => readonly Tensor[];
  const moved = (state: readonly Tensor[], along: readonly Tensor[], h: number) =>
    state.map((s, i) => add(s, mul(along[i]!, h)));
  const rungeKutta = (field: Field, t: Tensor, state: readonly Tensor[]) => {
    const k1 = field(t, state);
    const k2 = field(add(t, H / 2), moved(state, k1, H / 2));
    const k3 = field(add(t, H / 2), moved(state, k2, H / 2));
    const k4 = field(add(t, H), moved(state, k3, H));
    return moved(
      moved(state, [...k1.map((k, i) => add(k, k4[i]!))], H / 6),
      k2.map((k, i) => add(k, k3[i]!)),
      H / 3,
    );
  };
  const solve = (field: Field, state: readonly Tensor[]) =>
    whileLoop(
      ({ t }) => less(t, 1 - H / 2),
      ({ t, state }) => ({ t: add(t, H), state: rungeKutta(field, t, state) }),
      { t: double(0), state },
    ).state;

  const adjoint = (z: Tensor) =>
    customVjp(
      (z) => solve((t, [z]) => [dynamics(t, z!)], [z])[0]!,
      [z, w1, w2],
      (g, [, v1, v2], end) => {
        const backwards: Field = (s, [z, a]) => {
          const t = sub(1, s);
          const [dz, [az, a1, a2]] = vjp((z) => dynamics(t, z), [z!, w1, w2], a!);
          return [neg(dz), az, a1, a2];
        };
        const [, gz, g1, g2] = solve(backwards, [end, g, zerosLike(v1), zerosLike(v2)]);
        return [gz, g1, g2];
      },
    );
  const unrolled = (z: Tensor) =>
    scan(
      ({ t, z }) => [{ t: add(t, H), z: rungeKutta((t, [z]) => [dynamics(t, z!)], t, [z])[0]! }, null],
      { t: double(0), z },
      arange(STEPS),
    )[0].z;

  const [by, expected] = await program((z: Tensor) =>
    [adjoint, unrolled].map((f) => grad(sum(square(f(z))), [z, w1, w2])),
  )(random([2, 3], 3));
  for (const [i, g] of by!.entries())
    for (const [j, v] of g.data.entries()) expect(v).toBeCloseTo(Number(expected![i]!.data[j]), 6);
});

it('refuses a rule that gives too few gradients, and arguments that are no list', async () => {
  const product = (x: Tensor) => customVjp(mul, [x, x], ((g: Tensor) => [g]) as never);
  await expect(evaluate((x) => grad(product(x) as Tensor, x), array(2))).rejects.toThrow(
    /the rule gives 1 gradients for 2 arguments/,
  );
  await expect(evaluate((x) => vjp(sin, x as never, x as never)[0] as Tensor, array(2))).rejects.toThrow(
    /a function's arguments are given as a list/,
  );
});
