import { grad, mul, type NDArray, program, sum, type Tensor } from '@sextant/engine';
import { checkGradients, evaluate, randomArray } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { firKernel, type UpfirdnOptions, upfirdn2d } from './upfirdn.js';

const r = (shape: number[], seed: number) => randomArray(shape, { seed, dtype: 'float32' });
const skewed = r([4, 4], 9);

/** The definition, pixel by pixel. */
function defined(x: NDArray, k: NDArray, { up = 1, down = 1, pad = [0, 0] }: UpfirdnOptions): number[] {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const taps = k.shape[0]!;
  const [rows, columns] = [h, w].map((d) => Math.floor((d * up + pad[0] + pad[1] - taps) / down) + 1);
  const at = (image: number, y: number, x_: number): number => {
    const [v, u] = [y - pad[0], x_ - pad[0]];
    const outside = v < 0 || u < 0 || v >= h * up || u >= w * up || v % up !== 0 || u % up !== 0;
    return outside ? 0 : Number(x.data[(image * h + v / up) * w + u / up]);
  };
  const result: number[] = [];
  for (let image = 0; image < n * c; image++) {
    for (let i = 0; i < rows!; i++) {
      for (let j = 0; j < columns!; j++) {
        let value = 0;
        for (let s = 0; s < taps; s++) {
          for (let t = 0; t < taps; t++) {
            const tap = Number(k.data[(taps - 1 - s) * taps + taps - 1 - t]);
            value += tap * at(image, i * down + s, j * down + t);
          }
        }
        result.push(value);
      }
    }
  }
  return result;
}

const CASES: readonly UpfirdnOptions[] = [
  { pad: [1, 1] },
  { pad: [2, 1] },
  { up: 2, pad: [2, 1] },
  { up: 2, pad: [1, 3] },
  { up: 2, pad: [3, 0] },
  { up: 3, pad: [2, 2] },
  { down: 2, pad: [1, 1] },
  { down: 2, pad: [2, 2] },
  { up: 2, down: 3, pad: [2, 2] },
  { pad: [-1, 2] },
  { up: 2, pad: [4, -2] },
];

describe('upfirdn2d', () => {
  it.each(CASES)('is what it is defined as, %o', async (options) => {
    for (const channels of [3, 16]) {
      const x = r([2, channels, 5, 4], 1);
      const y = await evaluate((t, k) => upfirdn2d(t, k, options), x, skewed);
      const expected = defined(x, skewed, options);
      expect(y.size).toBe(expected.length);
      const worst = expected.reduce((m, v, i) => Math.max(m, Math.abs(v - Number(y.data[i]))), 0);
      expect(worst).toBeLessThan(2e-6);
    }
  });

  it('downsampling is the adjoint of upsampling by the same symmetric filter', async () => {
    const kernel = firKernel([1, 3, 3, 1]);
    const [small, large] = [r([2, 16, 4, 4], 2), r([2, 16, 8, 8], 3)];
    const products = program((a: Tensor, b: Tensor) => {
      const wide = upfirdn2d(a, kernel, { up: 2, pad: [2, 1] });
      const narrow = upfirdn2d(b, kernel, { down: 2, pad: [1, 1] });
      return {
        wide: sum(mul(wide, b)),
        narrow: sum(mul(a, narrow)),
        gradient: grad(sum(mul(wide, b)), a),
        narrowed: narrow,
      };
    });
    const { wide, narrow, gradient, narrowed } = await products(small, large);
    await products.release();
    expect(wide.item()).toBeCloseTo(narrow.item(), 4);
    expect(
      [...gradient.data]
        .map(Number)
        .map((v, i) => Math.abs(v - Number(narrowed.data[i])))
        .every((d) => d < 1e-6),
    ).toBe(true);
  });

  it.each(CASES.slice(1, 9))('gradients of first and second order, %o', async (options) => {
    const fn = (x: Tensor) => {
      const y = upfirdn2d(x, skewed, options);
      return mul(y, y);
    };
    await checkGradients(fn, [r([1, 2, 4, 3], 4)], { second: true });
  });
});

it('filters have the gain that is asked for', () => {
  const kernel = firKernel([1, 3, 3, 1], 4);
  expect(kernel.shape).toEqual([4, 4]);
  expect([...kernel.data].reduce((a, b) => a + b)).toBeCloseTo(4, 6);
  expect(kernel.data[5]).toBeCloseTo((4 * 9) / 64, 6);
});
