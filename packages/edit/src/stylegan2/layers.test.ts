import {
  add,
  conv2d,
  convTranspose2d,
  grad,
  mul,
  NDArray,
  program,
  reshape,
  rsqrt,
  square,
  sum,
  type Tensor,
  transpose,
} from '@sextant/engine';
import { checkGradients, evaluate, randomArray } from '@sextant/engine/testing';
import { manualSeed } from '@sextant/nn';
import { describe, expect, it } from 'vitest';
import { EqualLinear, ModulatedConv2d, pixelNorm, StyledConv, ToRGB } from './layers.js';
import { firKernel, upfirdn2d } from './upfirdn.js';

const TAPS = [1, 3, 3, 1];
const r = (shape: number[], seed: number) => randomArray(shape, { seed, dtype: 'float32' });

/** The layer as rosinality writes it: filters of each example, and groups that keep the examples apart. */
function grouped(layer: ModulatedConv2d, x: Tensor, w: Tensor): Tensor {
  const [, to, from, k] = layer.weight.shape as number[] as [number, number, number, number];
  const [n, , height, width] = x.shape as [number, number, number, number];
  const style = reshape(layer.modulation.forward(w), [n, 1, from, 1, 1]);
  const scaled = mul(mul(layer.weight, 1 / Math.sqrt(from * k * k)), style);
  const lengths = sum(square(scaled), { axes: [2, 3, 4], keepDims: true });
  const filters = mul(scaled, rsqrt(add(lengths, 1e-8)));
  const images = reshape(x, [1, n * from, height, width]);
  if (!layer.blur) {
    const y = conv2d(images, reshape(filters, [n * to, from, k, k]), { padding: k >> 1, groups: n });
    return reshape(y, [n, to, height, width]);
  }
  const turned = reshape(transpose(filters, [0, 2, 1, 3, 4]), [n * from, to, k, k]);
  const wide = convTranspose2d(images, turned, { stride: 2, groups: n });
  const apart = reshape(wide, [n, to, 2 * height + 1, 2 * width + 1]);
  return upfirdn2d(apart, firKernel(TAPS, 4), { pad: [1, 1] });
}

/** The largest difference, relative to the largest of the expected numbers. */
function difference(actual: NDArray, expected: NDArray): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual, expected].map(({ data }) => Array.from(data, Number)) as [number[], number[]];
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / scale;
}

describe('ModulatedConv2d', () => {
  it.each([
    ['same size', 16, 32, 3, undefined],
    ['twice the size', 32, 16, 3, TAPS],
    ['twice the size, odd channels', 5, 3, 3, TAPS],
    ['1 × 1', 6, 4, 1, undefined],
  ])('equals the grouped form with its gradients: %s', async (_, from, to, kernel, blur) => {
    manualSeed(1);
    const layer = new ModulatedConv2d({ from, to, kernel, styleDim: 8 }, blur);
    const size = blur ? 8 : 4;
    const weights = r([3, to, size, size], 3);
    const measured = (form: (x: Tensor, w: Tensor) => Tensor) => {
      const step = program((x: Tensor, w: Tensor) => {
        const y = form(x, w);
        const loss = sum(mul(weights, square(y)));
        return { y, gradients: grad(loss, [x, w, layer.weight, layer.modulation.weight]) };
      });
      return step(r([3, from, 4, 4], 1), r([3, 8], 2));
    };
    const fast = await measured((x, w) => layer.forward(x, w));
    const slow = await measured((x, w) => grouped(layer, x, w));
    expect(difference(fast.y, slow.y)).toBeLessThan(2e-6);
    for (const [i, g] of fast.gradients.entries()) {
      expect(difference(g, slow.gradients[i]!)).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['same size', undefined],
    ['twice the size', TAPS],
  ])('gradients of first and second order: %s', async (_, blur) => {
    manualSeed(2);
    const layer = new ModulatedConv2d({ from: 3, to: 2, kernel: 3, styleDim: 4 }, blur);
    await checkGradients((x, w) => layer.forward(x, w), [r([2, 3, 3, 2], 1), r([2, 4], 2)], { second: true });
  });
});

describe('ToRGB', () => {
  it('gradients of first and second order, with the picture so far', async () => {
    manualSeed(3);
    const layer = new ToRGB(4, 4, TAPS);
    const inputs = [r([2, 4, 4, 4], 1), r([2, 4], 2), r([2, 3, 2, 2], 3)];
    await checkGradients((x, w, skip) => layer.forward(x, w, skip), inputs, { second: true });
  });
});

describe('StyledConv', () => {
  it('takes noise of each example or one for all', async () => {
    manualSeed(4);
    const layer = new StyledConv({ from: 16, to: 16, kernel: 3, styleDim: 4 });
    layer.noise.weight.value = r([1], 5);
    const one = r([1, 1, 4, 4], 3);
    const both = await evaluate((a) => layer.forward(r([2, 16, 4, 4], 1), r([2, 4], 2), a), one);
    const doubled = new NDArray(
      Float32Array.from([...one.data, ...one.data], Number),
      [2, 1, 4, 4],
      'float32',
    );
    const each = await evaluate((a) => layer.forward(r([2, 16, 4, 4], 1), r([2, 4], 2), a), doubled);
    expect(difference(both, each)).toBe(0);
  });
});

describe('EqualLinear', () => {
  it('scales weights and biases when they are used', async () => {
    const layer = new EqualLinear(4, 2, { bias: 3, rate: 0.01 });
    layer.weight.value = r([2, 4], 6);
    const x = r([1, 4], 7);
    const y = await evaluate((t) => layer.forward(t), x);
    for (const [i, v] of y.data.entries()) {
      const product = [...x.data].reduce(
        (s: number, a, j) => s + Number(a) * Number(layer.weight.value.data[4 * i + j]),
        0,
      );
      expect(Number(v)).toBeCloseTo((product * 0.01) / 2 + 0.03, 6);
    }
  });
});

it('pixelNorm makes the mean square of rows 1', async () => {
  const { data } = await evaluate((z) => pixelNorm(z), r([2, 8], 8));
  const squares = [...data].slice(0, 8).reduce((s: number, v) => s + Number(v) ** 2, 0);
  expect(squares / 8).toBeCloseTo(1, 5);
});
