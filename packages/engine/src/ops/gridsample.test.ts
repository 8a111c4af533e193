import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, NDArray } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { square } from './functions.js';
import { type GridSampleOptions, gridSample } from './gridsample.js';
import { sum } from './reduce.js';
import { reshape } from './shape.js';
import { slice } from './slicing.js';

const OPTIONS: Required<GridSampleOptions>[] = (['bilinear', 'nearest'] as const).flatMap((mode) =>
  (['zeros', 'border', 'reflection'] as const).flatMap((padding) =>
    [false, true].map((alignCorners) => ({ mode, padding, alignCorners })),
  ),
);

/** Value of one channel [h, w] at the point (gx, gy), by the definition. */
function sampled(
  pixel: (y: number, x: number) => number,
  [h, w]: readonly [number, number],
  [gx, gy]: readonly [number, number],
  { mode, padding, alignCorners }: Required<GridSampleOptions>,
): number {
  const place = (g: number, n: number) => {
    let at = alignCorners ? ((g + 1) / 2) * (n - 1) : ((g + 1) * n - 1) / 2;
    const [low, high] = alignCorners ? [0, n - 1] : [-0.5, n - 0.5];
    if (padding === 'reflection') {
      if (low === high) return 0;
      while (at < low || at > high) at = at < low ? 2 * low - at : 2 * high - at;
    }
    return padding === 'zeros' ? at : Math.min(Math.max(at, 0), n - 1);
  };
  const [x, y] = [place(gx, w), place(gy, h)];
  const at = (i: number, j: number) => (i < 0 || j < 0 || i >= h || j >= w ? 0 : pixel(i, j));
  if (mode === 'nearest') return at(Math.round(y), Math.round(x));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [a, b] = [x - left, y - top];
  return (
    (1 - a) * (1 - b) * at(top, left) +
    a * (1 - b) * at(top, left + 1) +
    (1 - a) * b * at(top + 1, left) +
    a * b * at(top + 1, left + 1)
  );
}

describe('values', () => {
  it.each(OPTIONS)('$mode, $padding, alignCorners $alignCorners', async (options) => {
    for (const size of [
      [5, 4],
      [1, 3],
      [4, 1],
    ] as const) {
      const [h, w] = size;
      const x = randomArray([2, 3, h, w], { dtype: 'float32' });
      const grid = randomArray([2, 3, 4, 2], { low: -3.5, high: 3.5, dtype: 'float32', seed: 5 });
      const y = await evaluate((image, points) => gridSample(image, points, options), x, grid);
      expect(y.shape).toEqual([2, 3, 3, 4]);
      y.data.forEach((value, i) => {
        const [image, point] = [Math.floor(i / 12), Math.floor(i / 36) * 12 + (i % 12)];
        const pixel = (r: number, c: number) => x.data[(image * h + r) * w + c] as number;
        const at = [grid.data[2 * point] as number, grid.data[2 * point + 1] as number] as const;
        expect(value).toBeCloseTo(sampled(pixel, size, at, options), 4);
      });
    }
  });
});

describe('PyTorch', () => {
  const image = new NDArray(
    Float32Array.from({ length: 12 }, (_, i) => i * i),
    [1, 1, 3, 4],
    'float32',
  );
  const points = array([
    [
      [
        [-1.3, 0.2],
        [0.1, -0.4],
        [0.9, 1.6],
        [2.9, -3.7],
      ],
    ],
  ]);
  it.each<[GridSampleOptions, number[], number[]]>([
    [{}, [0, 14.94, 0, 0], [0, 0, 12.4, 44.4, 0, 0, 0, 0]],
    [{ alignCorners: true }, [14.08, 20.47, 47.14, 0], [38.4, 26.4, 11.7, 29.2, 12.6, -117.85, 0, 0]],
    [{ padding: 'border' }, [30.4, 14.94, 121, 9], [0, 72, 12.4, 44.4, 0, 0, 0, 0]],
    [{ padding: 'border', alignCorners: true }, [25.6, 20.47, 117.85, 9], [0, 48, 11.7, 29.2, 31.5, 0, 0, 0]],
    [{ padding: 'reflection' }, [31.54, 14.94, 92.2, 37.6], [-22.8, 73.2, 12.4, 44.4, 0, -108, 0, 72]],
    [
      { padding: 'reflection', alignCorners: true },
      [30.37, 20.47, 75.37, 32.11],
      [-15.9, 51.6, 11.7, 29.2, 24.3, -70.8, -17.1, 49.2],
    ],
    [{ mode: 'nearest', padding: 'reflection' }, [16, 4, 121, 16], [0, 0, 0, 0, 0, 0, 0, 0]],
  ])('%o: values and gradients by the grid', async (options, values, gradients) => {
    const f = program((x: Tensor, grid: Tensor) => {
      const y = gridSample(x, grid, options);
      return { y, g: grad(sum(y), grid, { allowUnused: true }) };
    });
    const { y, g } = await f(image, points);
    for (const [i, v] of values.entries()) expect(y.data[i]).toBeCloseTo(v, 3);
    for (const [i, v] of gradients.entries()) expect(g.data[i]).toBeCloseTo(v, 3);
  });
});

/** Points whose pixel coordinates are well between whole numbers and halves, where derivatives jump. */
function smoothGrid(
  shape: readonly [number, number, number],
  h: number,
  w: number,
  alignCorners: boolean,
): NDArray {
  const pixels = randomArray([...shape, 2], { low: 0, high: 1, dtype: 'float32', seed: 7 });
  pixels.data.forEach((v, i) => {
    const n = i % 2 === 0 ? w : h;
    // A whole pixel from -2 to n + 1, then 0.15..0.35 or 0.65..0.85.
    const whole = ((i * 5) % (n + 4)) - 2;
    const at = whole + (i % 3 === 0 ? 0.15 : 0.65) + 0.2 * (v as number);
    pixels.data[i] = alignCorners ? (2 * at) / (n - 1) - 1 : (2 * at + 1) / n - 1;
  });
  return pixels;
}

describe('gradients', () => {
  const x = randomArray([2, 2, 4, 3], { dtype: 'float32' });
  it.each(OPTIONS)('$mode, $padding, alignCorners $alignCorners', async (options) => {
    const grid = smoothGrid([2, 2, 3], 4, 3, options.alignCorners);
    await checkGradients((image, points) => square(gridSample(image, points, options)), [x, grid], {
      second: true,
    });
  });
  it('a grid computed from the image: each path counts once', async () => {
    const self = (t: Tensor) => {
      const y = gridSample(t, reshape(slice(t, 1, 0, 2), [1, 2, 2, 2]), { padding: 'border' });
      return square(y);
    };
    const image = new NDArray(
      Float32Array.of(0.21, -0.33, 0.41, 0.17, -0.29, 0.11, 0.37, -0.13),
      [1, 2, 2, 2],
      'float32',
    );
    await checkGradients(self, [image], { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program serves every image and grid, gradients included', async () => {
    const f = program(
      (x: Tensor, grid: Tensor) => {
        const y = gridSample(x, grid, { padding: 'reflection' });
        return { y, g: grad(sum(y), [x, grid]) };
      },
      { inputs: [{ shape: ['N', 1, 'H', 'W'] }, { shape: ['N', 'P', 1, 2] }] },
    );
    for (const [n, h, w] of [
      [1, 2, 3],
      [2, 4, 3],
    ] as const) {
      const x = randomArray([n, 1, h, w], { dtype: 'float32' });
      const grid = smoothGrid([n, 5, 1], h, w, false);
      const { y, g } = await f(x, grid);
      const same = await program((image: Tensor, points: Tensor) => {
        const z = gridSample(image, points, { padding: 'reflection' });
        return { z, g: grad(sum(z), [image, points]) };
      })(x, grid);
      expect([...y.data]).toEqual([...same.z.data]);
      expect([...g[0]!.data]).toEqual([...same.g[0]!.data]);
      expect([...g[1]!.data]).toEqual([...same.g[1]!.data]);
      // Every point's weights add up to one.
      expect([...g[0]!.data].reduce((a, b) => Number(a) + Number(b), 0)).toBeCloseTo(n * 5, 4);
    }
  });
});

describe('errors', () => {
  it.each<[number[], number[], RegExp]>([
    [[2, 3, 4], [2, 1, 1, 2], /^gridSample: image \[2, 3, 4\] and grid \[2, 1, 1, 2\] are not/],
    [[2, 3, 4, 4], [2, 1, 1, 3], /^gridSample: image \[2, 3, 4, 4\] and grid \[2, 1, 1, 3\] are not/],
    [[2, 3, 4, 4], [1, 1, 1, 2], /are not \[N, C, H, W\] and \[N, Hout, Wout, 2\]/],
  ])('%j, %j', async (x, grid, message) => {
    await expect(evaluate((a, b) => gridSample(a, b), randomArray(x), randomArray(grid))).rejects.toThrow(
      message,
    );
  });
  it('dtypes', async () => {
    const x = randomArray([1, 1, 2, 2], { dtype: 'float32' });
    await expect(evaluate((a, b) => gridSample(a, b), x, randomArray([1, 1, 1, 2]))).rejects.toThrow(
      /^gridSample: dtypes differ: float32 and float64/,
    );
  });
});
