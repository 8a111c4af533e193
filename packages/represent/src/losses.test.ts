import { array, program, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { mse } from './losses.js';

// Three views of one picture: pairs (1, 2), (1, 3), (2, 3).
const h = array([[[3, 0]], [[0, 2]], [[-1, 0]]]);

it('draws positives together by their directions, or as they are', async () => {
  const loss = async (norm: boolean) => (await program((x: Tensor) => mse(x, { norm }))(h)).item();
  // 2 - 2 cos: 2, 4 and 2.
  expect(await loss(true)).toBeCloseTo(8 / 3, 6);
  // Mean squared differences: (9 + 4) / 2, 16 / 2, (1 + 4) / 2.
  expect(await loss(false)).toBeCloseTo((6.5 + 8 + 2.5) / 3, 6);
});
