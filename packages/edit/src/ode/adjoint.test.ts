import {
  add,
  array,
  constant,
  Generator,
  grad,
  matmul,
  mul,
  NDArray,
  program,
  square,
  sum,
  type Tensor,
  tanh,
} from '@sextant/engine';
import { expect, it } from 'vitest';
import { solveAdjoint } from './adjoint.js';

const time = (t: number): Tensor => constant(array(t, { dtype: 'float64' }));
const float64 = (value: number | readonly number[]) => array(value as number[], { dtype: 'float64' });

it("has the gradients of y' = a y by start, rate and both times", async () => {
  const solve = program((y0: Tensor, a: Tensor, start: Tensor, end: Tensor) => {
    const { y } = solveAdjoint((_, [y], [a]) => [mul(y!, a!)], [y0], [a], [start, end], {
      rtol: 1e-10,
      atol: 1e-10,
    });
    const [byState, byRate, byStart, byEnd] = grad(sum(square(y[0]!)), [y0, a, start, end]);
    return { y: y[0]!, byState, byRate, byStart, byEnd };
  });
  const [y0, a, start, end] = [[0.5, -2], 0.7, 0.25, 1.5];
  const found = await solve(float64(y0), float64(a), float64(start), float64(end));
  await solve.release();
  // L = Σ y0² exp(2 a (end - start))
  const growth = Math.exp(a * (end - start));
  const loss = (0.25 + 4) * growth ** 2;
  for (const [i, y] of y0.entries()) {
    expect(found.y.data[i]).toBeCloseTo(y * growth, 7);
    expect(found.byState!.data[i]).toBeCloseTo(2 * y * growth ** 2, 6);
  }
  expect(found.byRate!.item()).toBeCloseTo(2 * (end - start) * loss, 6);
  expect(found.byStart!.item()).toBeCloseTo(-2 * a * loss, 6);
  expect(found.byEnd!.item()).toBeCloseTo(2 * a * loss, 6);
});

const OPTIONS = { rtol: 1e-9, atol: 1e-9 };

it('has the gradients that central differences have, of two parts and a field that time changes', async () => {
  const random = new Generator(2);
  const given = [
    [2, 3],
    [2, 1],
    [3, 3],
    [3, 1],
  ].map((shape) => {
    const { data, size } = random.normalArray(shape);
    return new NDArray(
      Float64Array.from({ length: size }, (_, i) => data[i]!),
      shape,
      'float64',
    );
  });
  const lossOf = (y: Tensor, l: Tensor, w: Tensor, v: Tensor): Tensor => {
    const field = (t: Tensor, [y]: readonly Tensor[], [w, v]: readonly Tensor[]) => {
      const slope = tanh(add(matmul(y!, w!), t));
      return [slope, matmul(slope, v!)];
    };
    const solved = solveAdjoint(field, [y, l], [w, v], [time(0), time(1)], OPTIONS).y;
    return add(sum(square(solved[0]!)), sum(mul(solved[1]!, 3)));
  };
  const loss = program(lossOf);
  const gradients = program((...args: [Tensor, Tensor, Tensor, Tensor]) => grad(lossOf(...args), args));
  const found = await gradients(...(given as [NDArray, NDArray, NDArray, NDArray]));
  const STEP = 1e-4;
  for (const [k, input] of given.entries()) {
    for (let i = 0; i < input.size; i++) {
      const moved = (by: number) => {
        const data = Float64Array.from(input.data);
        data[i]! += by;
        const inputs = given.map((g, j) => (j === k ? new NDArray(data, g.shape, 'float64') : g));
        return loss(...(inputs as [NDArray, NDArray, NDArray, NDArray]));
      };
      const slope = ((await moved(STEP)).item() - (await moved(-STEP)).item()) / (2 * STEP);
      expect(found[k]!.data[i]).toBeCloseTo(slope, 5);
    }
  }
  await Promise.all([loss.release(), gradients.release()]);
});

it('gives no gradient where the way back does not reach the beginning', async () => {
  const random = new Generator(3);
  const [w, y] = [random.normalArray([6, 6]), random.normalArray([4, 6])];
  const solve = (maxSteps: number) => {
    const solved = program((y0: Tensor, w: Tensor) => {
      const { y, ...report } = solveAdjoint(
        (_, [y], [w]) => [mul(tanh(matmul(y!, mul(w!, 4))), 4)],
        [y0],
        [w],
        [time(0), time(1)],
        { rtol: 1e-5, atol: 1e-5, maxSteps },
      );
      const [byState, byWeight] = grad(sum(square(y[0]!)), [y0, w]);
      return { ...report, byState, byWeight };
    });
    return solved(y, w).finally(() => solved.release());
  };
  const whole = await solve(1000);
  // The way back takes more steps.
  const lost = await solve(whole.attempts.item());
  expect([whole.reached.item(), lost.reached.item()]).toEqual([1, 1]);
  for (const { data } of [whole.byState!, whole.byWeight!]) expect(data.every(Number.isFinite)).toBe(true);
  for (const { data } of [lost.byState!, lost.byWeight!]) expect(data.every(Number.isNaN)).toBe(true);
});
