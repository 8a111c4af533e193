import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import * as op from './convolution.js';
import { square } from './functions.js';
import { sum } from './reduce.js';

// ONNX Runtime convolves in float32 only.
const r = (shape: number[], seed: number) => randomArray(shape, { seed, dtype: 'float32' });

describe('values', () => {
  const x = array([[[1, 2, 3, 4]]]);
  it('correlates, as PyTorch', async () => {
    const y = await evaluate((t) => op.conv1d(t, [[[1, 10, 100]]], { padding: 1, bias: [0.5] }), x);
    expect([...y.data]).toEqual([210.5, 321.5, 432.5, 43.5]);
  });
  it('transposed convolution adds shifted kernels', async () => {
    const y = await evaluate((t) => op.convTranspose1d(t, [[[1, 10, 100]]], { stride: 2, bias: [0.5] }), x);
    expect([...y.data]).toEqual([1.5, 10.5, 102.5, 20.5, 203.5, 30.5, 304.5, 40.5, 400.5]);
  });
  it('transposed convolution with output padding', async () => {
    const y = await evaluate(
      (t) =>
        op.convTranspose1d(t, [[[1, 10, 100]]], { stride: 3, padding: 1, outputPadding: 2, bias: [0.5] }),
      x,
    );
    expect([...y.data]).toEqual([10.5, 100.5, 2.5, 20.5, 200.5, 3.5, 30.5, 300.5, 4.5, 40.5, 400.5, 0.5]);
  });
});

describe('gradients', () => {
  it.each<[string, number[], number[], op.ConvOptions]>([
    ['1-D', [2, 3, 8], [4, 3, 3], {}],
    ['padded', [2, 3, 8], [4, 3, 3], { padding: 1 }],
    ['padding wider than the kernel', [1, 2, 4], [2, 2, 2], { padding: 3 }],
    ['unequal padding', [2, 2, 6], [2, 2, 3], { padding: [[2, 0]] }],
    ['strided', [2, 2, 9], [3, 2, 3], { stride: 2, padding: 1 }],
    ['strided, end unread', [2, 2, 10], [3, 2, 3], { stride: 3 }],
    ['stride beyond the kernel', [1, 2, 11], [2, 2, 2], { stride: 4 }],
    ['dilated', [1, 2, 9], [2, 2, 3], { dilation: 3, padding: 3 }],
    ['dilated and strided', [1, 2, 11], [2, 2, 3], { dilation: 2, stride: 2, padding: 1 }],
    ['grouped', [2, 4, 6], [6, 2, 3], { groups: 2, padding: 1 }],
    ['grouped and strided, MelGAN', [1, 4, 16], [8, 2, 9], { groups: 2, stride: 4, padding: 4 }],
    ['depthwise', [1, 3, 5], [3, 1, 3], { groups: 3, padding: 1 }],
  ])('conv1d, %s', async (_, x, w, options) => {
    const fn = (t: Tensor, k: Tensor, b: Tensor) => square(op.conv1d(t, k, { ...options, bias: b }));
    await checkGradients(fn, [r(x, 1), r(w, 2), r([w[0]!], 3)], { second: true });
  });
  it.each<[string, number[], number[], op.ConvOptions]>([
    ['2-D', [1, 2, 4, 5], [3, 2, 3, 2], { padding: [1, 0] }],
    ['strides per axis', [1, 2, 5, 6], [2, 2, 3, 3], { stride: [2, 1], padding: 1 }],
    [
      'grouped, strided, dilated',
      [1, 4, 5, 5],
      [4, 2, 2, 2],
      { stride: 2, groups: 2, dilation: [1, 2], padding: 1 },
    ],
  ])('conv2d, %s', async (_, x, w, options) => {
    await checkGradients((t, k) => square(op.conv2d(t, k, options)), [r(x, 1), r(w, 2)], { second: true });
  });
  it('conv3d', async () => {
    const fn = (t: Tensor, k: Tensor) => op.conv3d(t, k, { stride: [1, 2, 1], padding: [1, 0, 1] });
    await checkGradients(fn, [r([1, 2, 3, 4, 3], 1), r([2, 2, 2, 2, 3], 2)], { second: true });
  });
  it.each<[string, number[], number[], op.ConvTransposeOptions]>([
    ['stride 1', [1, 2, 5], [2, 3, 3], { padding: 1 }],
    ['stride 2', [2, 3, 4], [3, 2, 4], { stride: 2, padding: 1 }],
    ['odd stride', [1, 2, 4], [2, 2, 6], { stride: 3, padding: 2, outputPadding: 1 }],
    ['grouped, dilated', [1, 4, 4], [4, 2, 3], { stride: 2, groups: 2, dilation: 2 }],
  ])('convTranspose1d, %s', async (_, x, w, options) => {
    const fn = (t: Tensor, k: Tensor) => square(op.convTranspose1d(t, k, options));
    await checkGradients(fn, [r(x, 1), r(w, 2)], { second: true });
  });
  it.each<[string, number[], number[], op.ConvTransposeOptions]>([
    ['strides per axis', [1, 2, 3, 3], [2, 2, 4, 3], { stride: [2, 1], padding: 1 }],
    ['phases of unequal taps', [1, 2, 3, 2], [2, 2, 3, 3], { stride: 2, padding: [0, 1], outputPadding: 1 }],
    ['phases without taps', [1, 2, 3, 2], [2, 2, 1, 2], { stride: 2 }],
    ['depthwise', [1, 3, 2, 3], [3, 1, 4, 4], { stride: 2, padding: 1, groups: 3 }],
  ])('convTranspose2d, %s', async (_, x, w, options) => {
    const fn = (t: Tensor, k: Tensor, b: Tensor) => op.convTranspose2d(t, k, { ...options, bias: b });
    const bias = r([w[1]! * (options.groups ?? 1)], 3);
    await checkGradients(fn, [r(x, 1), r(w, 2), bias], { second: true });
  });
});

describe('symbolic lengths', () => {
  it('gradients of strided and transposed convolutions at several lengths', async () => {
    const w = r([2, 2, 4], 2);
    const f = program(
      (x: Tensor) => {
        const y = op.conv1d(x, w, { stride: 2, padding: 1 });
        return { y, z: op.convTranspose1d(y, w, { stride: 2, padding: 1 }), g: grad(sum(square(y)), x) };
      },
      { inputs: [{ shape: [1, 2, 'L'] }] },
    );
    for (const length of [9, 12]) {
      const x = r([1, 2, length], length);
      const { g } = await f(x);
      const fixed = await evaluate(
        (t) => grad(sum(square(op.conv1d(t, w, { stride: 2, padding: 1 }))), t),
        x,
      );
      for (const [i, v] of fixed.data.entries()) expect(g.data[i]).toBeCloseTo(v as number, 5);
    }
  });
});

describe('input gradients with free sizes equal those with fixed ones, whatever strides leave unread', () => {
  const grid: readonly [kernel: number, options: op.ConvOptions][] = [
    [1, { stride: 2 }],
    [2, { stride: 3 }],
    [2, { stride: 4, padding: 1 }],
    [3, { stride: 3 }],
    [3, { stride: 3, dilation: 2 }],
    [3, { stride: 2, dilation: 2, padding: 3 }],
    [3, { dilation: 3 }],
    [4, { stride: 4, padding: 2 }],
    [5, { stride: 2, padding: [[0, 2]] }],
  ];
  const lengths = [12, 13, 14, 15];

  it('1-D', async () => {
    const gradients = (x: Tensor) =>
      grid.map(([k, options]) => grad(sum(square(op.conv1d(x, r([3, 2, k], k), options))), x));
    const free = program(gradients, { inputs: [{ shape: [1, 2, 'T'] }] });
    const fixed = program(gradients);
    for (const length of lengths) {
      const x = r([1, 2, length], length);
      const [actual, expected] = [await free(x), await fixed(x)];
      for (const [i, g] of expected.entries()) {
        expect(actual[i]!.shape).toEqual([1, 2, length]);
        for (const [j, v] of g.data.entries()) expect(actual[i]!.data[j]).toBeCloseTo(v as number, 4);
      }
    }
  });
  it('2-D', async () => {
    const both = grid.filter(([, { padding }]) => !Array.isArray(padding));
    const gradients = (x: Tensor) =>
      both.map(([k, options]) => grad(sum(square(op.conv2d(x, r([2, 1, k, k], k), options))), x));
    const free = program(gradients, { inputs: [{ shape: [1, 1, 'H', 'W'] }] });
    const fixed = program(gradients);
    for (const length of lengths) {
      const x = r([1, 1, length, length + 1], length);
      const [actual, expected] = [await free(x), await fixed(x)];
      for (const [i, g] of expected.entries()) {
        expect(actual[i]!.shape).toEqual([1, 1, length, length + 1]);
        for (const [j, v] of g.data.entries()) expect(actual[i]!.data[j]).toBeCloseTo(v as number, 4);
      }
    }
  });
});

describe('errors', () => {
  it.each<[op.ConvOptions, number[], RegExp]>([
    [{}, [2, 3, 3], /conv: input \[1, 2, 5\] does not fit weight \[2, 3, 3\]/],
    [{}, [2, 2, 7], /conv: a window of 7 does not fit into 5/],
    [
      { stride: 0 },
      [2, 2, 3],
      /conv1d: stride 0 is not a whole number ≥ 1, or one for each of 1 spatial axes/,
    ],
    [{ stride: [1, 2] }, [2, 2, 3], /conv1d: stride \[1,2\] is not/],
    [{ dilation: 0.5 }, [2, 2, 3], /conv1d: dilation 0.5 is not/],
    [{ padding: -1 }, [2, 2, 3], /conv1d: padding -1 is not/],
    [
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
      [2, 2, 3],
      /conv1d: padding \[\[1,1\],\[1,1\]\] is not/,
    ],
    [{ groups: 0 }, [2, 2, 3], /conv1d: groups 0 is not a whole number/],
    [{ bias: [1, 2, 3] }, [2, 2, 3], /conv: bias has shape \[3\], expected \[2\]/],
  ])('%j with %j', async (options, w, message) => {
    await expect(evaluate((x, k) => op.conv1d(x, k, options), r([1, 2, 5], 1), r(w, 2))).rejects.toThrow(
      message,
    );
  });
  it('convTranspose1d refuses cuts beyond its result', async () => {
    const fn = (x: Tensor, k: Tensor) => op.convTranspose1d(x, k, { padding: 4 });
    await expect(evaluate(fn, r([1, 2, 5], 1), r([2, 2, 3], 2))).rejects.toThrow(
      /convTranspose1d: the result's axis 2 would have -1 elements/,
    );
  });
});
