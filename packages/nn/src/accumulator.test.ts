import { array, grad, type NDArray, program, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { wave } from '../test/support.js';
import { GradientAccumulator } from './accumulator.js';
import { Linear } from './linear.js';
import { mseLoss } from './losses.js';
import { SGD } from './optimizer.js';

const x = wave([6, 2], 0, 'float32');
const y = wave([6, 1], 1, 'float32');
const part = (a: NDArray, i: number) => {
  const row = a.size / 6;
  return array((a.data as Float32Array).slice(2 * i * row, 2 * (i + 1) * row), { shape: [2, row] });
};

/** A layer that starts the same each time. */
function task() {
  const model = new Linear(2, 1);
  for (const p of model.parameters()) p.value = wave(p.shape, 2, 'float32');
  const optimizer = new SGD(model.parameters(), { learningRate: 0.5 });
  const loss = (a: Tensor, b: Tensor) => mseLoss(model.forward(a), b);
  const values = () => model.parameters().flatMap((p) => [...(p.value.data as Float32Array)]);
  return { optimizer, loss, values };
}

/** Two updates, each by all rows at once. */
async function expected(): Promise<number[]> {
  const { optimizer, loss, values } = task();
  const step = program((a: Tensor, b: Tensor) => {
    const value = loss(a, b);
    optimizer.minimize(value);
    return value;
  });
  await step(x, y);
  await step(x, y);
  return values();
}

describe('GradientAccumulator', () => {
  it('makes three batches one, across programs', async () => {
    const { optimizer, loss, values } = task();
    const accumulator = new GradientAccumulator(optimizer.parameters, 3);
    const accumulate = program((a: Tensor, b: Tensor) => {
      const value = loss(a, b);
      accumulator.add(grad(value, optimizer.parameters));
      return value;
    });
    const update = program(() => {
      optimizer.update(accumulator.take());
      return {};
    });
    const full: boolean[] = [];
    for (let i = 0; i < 6; i++) {
      await accumulate(part(x, i % 3), part(y, i % 3));
      full.push(accumulator.full);
      if (accumulator.full) await update();
    }
    expect(full).toEqual([false, false, true, false, false, true]);
    for (const [i, v] of (await expected()).entries()) expect(values()[i]).toBeCloseTo(v, 6);
    expect(optimizer.step.value.item()).toBe(2);
    expect([...accumulator.stateDict().keys()]).toEqual(['count', 'sums.weight', 'sums.bias']);
  });

  it('makes three batches one, within a program', async () => {
    const { optimizer, loss, values } = task();
    const accumulator = new GradientAccumulator(optimizer.parameters, 3);
    const step = program((batches: readonly (readonly [Tensor, Tensor])[]) => {
      for (const [a, b] of batches) accumulator.add(grad(loss(a, b), optimizer.parameters));
      optimizer.update(accumulator.take());
      return {};
    });
    const batches = [0, 1, 2].map((i) => [part(x, i), part(y, i)] as const);
    await step(batches);
    await step(batches);
    for (const [i, v] of (await expected()).entries()) expect(values()[i]).toBeCloseTo(v, 6);
    expect(accumulator.full).toBe(false);
  });

  it('refuses gradients that do not match', async () => {
    const { optimizer, loss } = task();
    const [weight] = optimizer.parameters;
    const accumulator = new GradientAccumulator(optimizer.parameters, 3);
    const fewer = program((a: Tensor, b: Tensor) => {
      accumulator.add(grad(loss(a, b), [weight!]));
      return {};
    });
    await expect(fewer(x, y)).rejects.toThrow(/add: 1 gradients for 2 parameters/);
  });
});
