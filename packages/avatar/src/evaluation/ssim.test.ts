import { array, mul, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { ssim } from './ssim.js';

it('is 1 for a picture and itself, less for a paler one', async () => {
  const wave = (y: number) => Array.from({ length: 16 }, (_, x) => Math.sin(x + 2 * y));
  const picture = array([[Array.from({ length: 16 }, (_, y) => wave(y))]]);
  const { same, paler } = await program((x: Tensor) => ({ same: ssim(x, x), paler: ssim(x, mul(x, 0.5)) }))(
    picture,
  );
  expect(same.item()).toBeCloseTo(1, 5);
  // Where means are 0 and only contrasts differ: 2 · 0.5 / (1 + 0.25).
  expect(paler.item()).toBeCloseTo(0.8, 1);
});

it('compares means alone where the window is a pixel', async () => {
  const found = await program((x: Tensor, y: Tensor) => ssim(x, y, { window: 1 }))(
    array([[[[1, 2]]], [[[3, 3]]]]),
    array([[[[2, 2]]], [[[-3, 3]]]]),
  );
  expect(found.data[0]).toBeCloseTo((0.8 + 1) / 2, 4);
  expect(found.data[1]).toBeCloseTo(0, 4);
});
