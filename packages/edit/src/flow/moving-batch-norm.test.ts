import { array, Generator, NDArray, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { MovingBatchNorm } from './moving-batch-norm.js';

function normalization(): MovingBatchNorm {
  const norm = new MovingBatchNorm(3);
  norm.weight.value = array([0.5, -1, 0.2]);
  norm.bias.value = array([1, 2, -3]);
  norm.running_mean.value = array([4, 0, -1]);
  norm.running_var.value = array([0.25, 9, 2]);
  return norm;
}

it('is inverted, and knows its determinant', async () => {
  const norm = normalization();
  const there = program((x: Tensor, l: Tensor) => norm.eval((n) => n.forward(x, l)));
  const back = program((y: Tensor, l: Tensor) => norm.eval((n) => n.inverse(y, l)));
  const random = new Generator(1);
  const [x, l] = [random.normalArray([2, 2, 3]), random.normalArray([2, 2, 1])];
  const y = await there(x, l);
  const again = await back(y.x, y.l!);
  for (const [i, value] of x.data.entries()) expect(again.x.data[i]).toBeCloseTo(value, 5);
  for (const [i, value] of l.data.entries()) expect(again.l!.data[i]).toBeCloseTo(value, 5);

  const moved = await there(
    new NDArray(
      x.data.map((v) => v + 1),
      x.shape,
      'float32',
    ),
    l,
  );
  const slopes = [0, 1, 2].map((k) => Number(moved.x.data[k]) - Number(y.x.data[k]));
  const logDeterminant = Math.log(slopes.reduce((a, b) => a * b));
  for (const [i, value] of l.data.entries()) expect(y.l!.data[i]).toBeCloseTo(value - logDeterminant, 4);
  // By hand: (x - 4) / √(0.25 + 1e-4) · e^0.5 + 1.
  expect(y.x.data[0]).toBeCloseTo(((x.data[0]! - 4) / Math.sqrt(0.2501)) * Math.exp(0.5) + 1, 4);
  await Promise.all([there.release(), back.release()]);
});

it('collects statistics in training only, after it has normalised by those that it had', async () => {
  const norm = normalization();
  const x = array([[[1, 0, 2]], [[3, 0, 6]]]);
  const still = program((x: Tensor) => norm.eval((n) => n.forward(x).x));
  const training = program((x: Tensor) => norm.forward(x).x);
  const before = await still(x);
  expect(norm.running_mean.value.data).toEqual(Float32Array.of(4, 0, -1));
  expect((await training(x)).data).toEqual(before.data);
  const expected = { running_mean: [3.8, 0, -0.5], running_var: [0.425, 8.1, 2.6], step: [1] };
  for (const [name, values] of Object.entries(expected)) {
    const { data } = norm[name as keyof typeof expected].value;
    for (const [k, value] of values.entries()) expect(data[k]).toBeCloseTo(value, 5);
  }
  await Promise.all([still.release(), training.release()]);
});
