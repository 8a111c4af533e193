import { array, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm } from './clip.js';

// Together of norm 13.
const gradients = [array([[3, -4]]), array([12])];

async function clipped(clip: (gradients: Tensor[]) => Tensor[]): Promise<number[]> {
  const result = await program((...g: Tensor[]) => clip(g))(...gradients);
  return result.flatMap((a) => [...(a.data as Float32Array)]);
}

it('globalNorm is over all elements of all tensors', async () => {
  expect((await program((...g: Tensor[]) => globalNorm(g))(...gradients)).item()).toBe(13);
  await expect(program(() => globalNorm([]))()).rejects.toThrow(/globalNorm: needs at least one tensor/);
});

it('clipByGlobalNorm scales all by one factor', async () => {
  const values = await clipped((g) => clipByGlobalNorm(g, 6.5));
  for (const [i, v] of [1.5, -2, 6].entries()) expect(values[i]).toBeCloseTo(v, 5);
});

it('clipByGlobalNorm leaves small gradients as they are', async () => {
  expect(await clipped((g) => clipByGlobalNorm(g, 14))).toEqual([3, -4, 12]);
});

it('clipByNorm scales each by its own factor', async () => {
  const values = await clipped((g) => clipByNorm(g, 6));
  for (const [i, v] of [3, -4, 6].entries()) expect(values[i]).toBeCloseTo(v, 5);
});

it('clipByValue limits each element', async () => {
  expect(await clipped((g) => clipByValue(g, 3.5))).toEqual([3, -3.5, 3.5]);
});
