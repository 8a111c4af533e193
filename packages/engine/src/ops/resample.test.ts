import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { NDArray } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { mul, sub } from './elementwise.js';
import { square } from './functions.js';
import { sum } from './reduce.js';
import { type ResizeOptions, resize } from './resample.js';

const SQUARES = new NDArray(Float32Array.of(0, 1, 4, 9, 16, 25, 36, 49), [1, 1, 8], 'float32');

describe('values of PyTorch', () => {
  it.each<[ResizeOptions, number[]]>([
    [{ size: 5, mode: 'bilinear' }, [0.3, 3.7, 12.5, 26.1, 45.1]],
    [{ size: 5, mode: 'bilinear', alignCorners: true }, [0, 3.25, 12.5, 27.75, 49]],
    [{ size: 3, mode: 'bilinear', antialias: true }, [2.052632, 13.452381, 35.578947]],
    [
      { scale: 1.4, mode: 'bilinear' },
      [0, 0.571429, 1.857143, 4, 7.571429, 12, 17.285714, 23.714286, 31.285714, 39.714286, 49],
    ],
    [{ size: 5, mode: 'bicubic' }, [0.13725, 3.457, 12.125, 26.361, 45.89275]],
    [
      { size: 11, mode: 'bicubic', alignCorners: true },
      [0, 0.39025, 1.912, 4.545, 7.52, 12.125, 17.992, 23.641, 30.976, 40.83975, 49],
    ],
    [{ size: 3, mode: 'bicubic', antialias: true }, [1.035794, 12.71856, 37.485283]],
    [{ size: 5 }, [0, 1, 9, 16, 36]],
    [{ size: 11, mode: 'nearest' }, [0, 0, 1, 4, 4, 9, 16, 25, 25, 36, 49]],
    [{ scale: 1.4 }, [0, 0, 1, 4, 4, 9, 16, 25, 25, 36, 49]],
    [{ scale: 0.5 }, [0, 4, 16, 36]],
  ])('%o', async (options, expected) => {
    const y = await evaluate((t) => resize(t, options), SQUARES);
    expect(y.shape).toEqual([1, 1, expected.length]);
    for (const [i, v] of expected.entries()) expect(y.data[i]).toBeCloseTo(v, 4);
  });
  it('an unchanged size gives the image itself', async () => {
    const y = await evaluate((t) => resize(t, { scale: 1.1, mode: 'bicubic' }), SQUARES);
    expect([...y.data]).toEqual([...SQUARES.data]);
  });
});

describe('ONNX Runtime and interpolation matrices agree', () => {
  // float64 takes the matrices, float32 ONNX Runtime's own operator.
  it.each<[number[], ResizeOptions]>([
    [[2, 3, 5], { scale: 3 }],
    [[1, 2, 4, 3], { scale: [2, 3] }],
    [[1, 1, 2, 3, 2], { scale: 2 }],
    [[2, 1, 7], { size: 9, mode: 'bilinear' }],
    [[1, 2, 5, 6], { size: [9, 4], mode: 'bilinear' }],
    [[1, 2, 5, 6], { size: [1, 13], mode: 'bilinear', alignCorners: true }],
    [[1, 1, 3, 4, 2], { size: [5, 4, 3], mode: 'bilinear' }],
  ])('%j %o, value and gradient', async (shape, options) => {
    const f = program((x: Tensor) => {
      const y = resize(x, options);
      return { y, g: grad(sum(mul(y, square(y))), x) };
    });
    const double = randomArray(shape);
    const exact = await f(double);
    const native = await f(new NDArray(Float32Array.from(double.data as Float64Array), shape, 'float32'));
    expect(native.y.shape).toEqual(exact.y.shape);
    for (const [i, v] of exact.y.data.entries()) expect(native.y.data[i]).toBeCloseTo(Number(v), 5);
    for (const [i, v] of exact.g.data.entries()) expect(native.g.data[i]).toBeCloseTo(Number(v), 4);
    await f.release();
  });
});

describe('gradients', () => {
  const image = randomArray([1, 2, 4, 5]);
  it.each<[ResizeOptions, NDArray]>([
    [{ size: [7, 3] }, image],
    [{ scale: [2, 1] }, image],
    [{ size: [7, 3], mode: 'bilinear' }, image],
    [{ size: [7, 3], mode: 'bilinear', alignCorners: true }, image],
    [{ size: [2, 3], mode: 'bilinear', antialias: true }, image],
    [{ size: [7, 3], mode: 'bicubic' }, image],
    [{ scale: 0.6, mode: 'bicubic', antialias: true }, image],
    [{ size: 4, mode: 'bilinear' }, randomArray([2, 1, 3])],
    [{ scale: 2, mode: 'bilinear' }, randomArray([1, 1, 2, 1, 3])],
    [{ scale: 2 }, randomArray([1, 2, 3, 2], { dtype: 'float32' })],
    [{ size: [3, 5], mode: 'bilinear' }, randomArray([1, 2, 2, 3], { dtype: 'float32' })],
  ])('%o of %o', async (options, x) => {
    await checkGradients((t) => square(resize(t, options)), [x], { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program enlarges every image, gradient included', async () => {
    const f = program(
      (x: Tensor) => {
        const up = resize(x, { scale: 2 });
        const smooth = resize(x, { scale: 2, mode: 'bilinear' });
        return { up, difference: sub(up, smooth), g: grad(sum(square(up)), x) };
      },
      { inputs: [{ shape: ['N', 1, 'H', 'W'] }] },
    );
    for (const [n, h, w] of [
      [1, 2, 3],
      [2, 3, 1],
    ] as const) {
      const x = randomArray([n, 1, h, w], { dtype: 'float32' });
      const { up, difference, g } = await f(x);
      expect(up.shape).toEqual([n, 1, 2 * h, 2 * w]);
      expect(up.data[0]).toBe(x.data[0]);
      // At a corner both modes give the corner's pixel.
      expect(difference.data[0]).toBeCloseTo(0, 6);
      for (const [i, v] of x.data.entries()) expect(g.data[i]).toBeCloseTo(8 * (v as number), 5);
    }
  });
});

describe('errors', () => {
  it.each<[string, ResizeOptions, RegExp]>([
    ['neither', {}, /^resize: needs either size or scale/],
    ['both', { size: 2, scale: 2 }, /^resize: needs either size or scale/],
    ['axes', { size: [2, 3] }, /^resize: size \[2,3\] does not fit input \[1, 1, 8\]/],
    ['fraction', { size: 2.5 }, /^resize: size 2.5 does not fit input/],
    ['nothing left', { scale: 0.1 }, /^resize: scale 0.1 does not fit input/],
    [
      'nearest',
      { size: 4, alignCorners: true },
      /^resize: mode nearest has neither alignCorners nor antialias/,
    ],
  ])('%s', async (_, options, message) => {
    await expect(evaluate((t) => resize(t, options), SQUARES)).rejects.toThrow(message);
  });
  it('rank', async () => {
    const x = randomArray([2, 3]);
    await expect(evaluate((t) => resize(t, { scale: 2 }), x)).rejects.toThrow(
      /^resize: input \[2, 3\] is not \[N, C, ...spatial\] with 1 to 3 spatial axes/,
    );
  });
  it.each<[ResizeOptions, RegExp]>([
    [{ size: 4 }, /^resize: size 4 does not fit input \[1, 1, L\]: symbolic sizes need a whole scale/],
    [{ scale: 1.5 }, /^resize: scale 1.5 does not fit input \[1, 1, L\]: symbolic sizes need a whole scale/],
    [{ scale: 2, mode: 'bicubic' }, /^resize: mode bicubic of float32 \[1, 1, L\] needs numbers as sizes/],
    [
      { scale: 2, mode: 'bilinear' },
      /^resize \(in grad\): the gradient of mode bilinear needs numbers as sizes, not \[L\]/,
    ],
  ])('symbolic, %o', async (options, message) => {
    const f = program((x: Tensor) => grad(sum(resize(x, options)), x), { inputs: [{ shape: [1, 1, 'L'] }] });
    await expect(f(SQUARES)).rejects.toThrow(message);
  });
});
