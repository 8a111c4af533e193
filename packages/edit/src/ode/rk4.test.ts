import { add, array, mul, neg, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { gridTo, rk4 } from './rk4.js';

const float64 = (values: readonly number[]) => array([...values], { dtype: 'float64' });

it('is of order 4, in two parts that depend on each other and on time', async () => {
  // A turn by t + t² / 2.
  const solve = program((p: Tensor, q: Tensor, grid: Tensor) =>
    rk4((t, [p, q]) => [neg(mul(q!, add(t, 1))), mul(p!, add(t, 1))], [p, q], grid),
  );
  const errors = async (steps: number) => {
    const [p, q] = await solve(float64([1]), float64([0]), float64(gridTo(2, 2 / steps)));
    return [Math.abs(p!.item() - Math.cos(4)), Math.abs(q!.item() - Math.sin(4))];
  };
  const [coarse, fine] = [await errors(32), await errors(64)];
  await solve.release();
  for (const i of [0, 1]) {
    expect(coarse[i]).toBeLessThan(1e-4);
    expect(coarse[i]! / fine[i]!).toBeGreaterThan(13);
    expect(coarse[i]! / fine[i]!).toBeLessThan(20);
  }
});

it.each([
  [1, 0.5, [0, 0.5, 1]],
  [1, 0.4, [0, 0.4, 0.8, 1]],
  [0.3, 0.5, [0, 0.3]],
])('divides the way to %d into steps of %d', (end, stepSize, times) => {
  expect(gridTo(end, stepSize)).toEqual(times);
});
