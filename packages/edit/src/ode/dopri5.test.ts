import { array, constant, neg, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { dopri5 } from './dopri5.js';
import type { State } from './field.js';

const time = (t: number): Tensor => constant(array(t, { dtype: 'float64' }));

it('turns a circle to the tolerance, in fewer steps where it may be wider', async () => {
  const circle = (tolerance: number) =>
    program((y: Tensor) => {
      const turn = (_: Tensor, [a, b]: State): State => [neg(b!), a!];
      const { states, attempts, reached } = dopri5(turn, [y, neg(neg(y))], [time(0), time(1), time(4)], {
        rtol: tolerance,
        atol: tolerance,
      });
      return { one: states[0]!, four: states[1]!, attempts, reached };
    })(array([1], { dtype: 'float64' }));
  const [fine, coarse] = [await circle(1e-10), await circle(1e-4)];
  for (const [found, digits] of [
    [fine, 8],
    [coarse, 2],
  ] as const) {
    expect(found.reached.item()).toBe(1);
    for (const [t, [a, b]] of [
      [1, found.one],
      [4, found.four],
    ] as const) {
      expect(a!.data[0]).toBeCloseTo(Math.cos(t) - Math.sin(t), digits);
      expect(b!.data[0]).toBeCloseTo(Math.cos(t) + Math.sin(t), digits);
    }
  }
  expect(coarse.attempts.item()).toBeLessThan(fine.attempts.item() / 3);
});

it.each([
  ['a field that is not finite', (y: Tensor) => [y, y] as const, Number.NaN, 1000],
  ['more steps than are allowed', (y: Tensor) => [y, y] as const, 1, 3],
])('says that the end is not reached for %s', async (_, start, value, maxSteps) => {
  const solve = program((y: Tensor) => {
    const { states, reached, attempts } = dopri5((_, y) => y, [start(y)[0]], [time(0), time(50)], {
      rtol: 1e-8,
      atol: 1e-8,
      maxSteps,
    });
    return { y: states[0]![0]!, reached, attempts };
  });
  const { y, reached, attempts } = await solve(array([value], { dtype: 'float64' }));
  expect(reached.item()).toBe(0);
  expect(y.item()).toBeNaN();
  expect(attempts.item()).toBeLessThanOrEqual(maxSteps);
});
