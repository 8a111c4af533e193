import { expect, it } from 'vitest';
import { array } from '../ndarray.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { pixelShuffle } from './interleave.js';

it('pixelShuffle: each channel is r² ones in a row, as in PyTorch', async () => {
  const x = array(
    Array.from({ length: 16 }, (_, i) => i),
    { shape: [1, 8, 1, 2] },
  );
  const y = await evaluate((t) => pixelShuffle(t, 2), x);
  expect(y.shape).toEqual([1, 2, 2, 4]);
  expect([...y.data]).toEqual([0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15]);
  await checkGradients((t) => pixelShuffle(t, 2), [randomArray([1, 8, 2, 1])], { second: true });
});

it('pixelShuffle refuses channels that do not divide', async () => {
  await expect(evaluate((t) => pixelShuffle(t, 2), randomArray([1, 6, 2, 2]))).rejects.toThrow(
    /^pixelShuffle: \[1, 6, 2, 2\] is not \[N, C · 2², H, W\]/,
  );
});
