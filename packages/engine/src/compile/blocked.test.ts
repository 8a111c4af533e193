import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { conv1d, conv2d, convTranspose1d, convTranspose2d } from '../ops/convolution.js';
import { add, greater, mul, sub, where } from '../ops/elementwise.js';
import { leakyRelu, relu, tanh } from '../ops/functions.js';
import { stopGradient } from '../ops/gradient.js';
import { max, mean, sum } from '../ops/reduce.js';
import { transpose } from '../ops/shape.js';
import { concat, flip, pad, slice } from '../ops/slicing.js';
import { program } from '../program.js';
import { createRuntime } from '../runtime/default.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Tensor } from '../tensor.js';
import { randomArray } from '../testing.js';

const blocked = createRuntime({ threads: 1 });
const { channelBlock } = await blocked.target();
/** The same processor, its blocked layout ignored. */
const plain: Runtime = { ...blocked, target: async () => ({ device: 'cpu' }) };

const r = (shape: number[], seed: number) =>
  randomArray(shape, { seed, dtype: 'float32', low: -0.3, high: 0.3 });
const w = (o: number, c: number, ...k: number[]) => r([o, c, ...k], o + c + k.length);

/** Results, and gradients of their sum of squares, with and without blocks; sizes known and unknown. */
async function compare(
  fn: (x: Tensor, k: Tensor) => Tensor,
  shape: number[],
  kernel: number[] = [1],
): Promise<void> {
  const step = (x: Tensor, k: Tensor) => {
    const y = fn(x, k);
    const [gx, gk] = grad(sum(mul(y, y)), [x, k], { allowUnused: true });
    return { y, gx, gk };
  };
  const [x, k] = [r(shape, 5), r(kernel, 6)];
  const symbolic = [{ shape: shape.map((d, i) => (i === 1 ? d : `d${i}`)) }, { shape: kernel }] as const;
  const expected = await program(step, { runtime: plain })(x, k);
  for (const inputs of [undefined, symbolic]) {
    const actual = await program(step, { runtime: blocked, ...(inputs ? { inputs } : {}) })(x, k);
    for (const key of ['y', 'gx', 'gk'] as const) {
      expect(actual[key].shape).toEqual(expected[key].shape);
      const scale = expected[key].data.reduce((m: number, v) => Math.max(m, Math.abs(Number(v))), 1e-3);
      for (const [i, v] of expected[key].data.entries()) {
        if (!(Math.abs(Number(actual[key].data[i]) - Number(v)) < 2e-5 * scale)) {
          throw new Error(`${key}[${i}]: ${actual[key].data[i]} in blocks, ${v} plainly`);
        }
      }
    }
  }
}

const c1 = (x: Tensor, o = 32) => conv1d(x, w(o, x.shape[1] as number, 3), { padding: 1, bias: r([o], 9) });

describe.skipIf(channelBlock === undefined)('the blocked layout changes no result', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ['convolution', (x) => c1(x)],
    ['dilated, strided', (x) => conv1d(x, w(32, 16, 5), { stride: 2, dilation: 2, padding: 4 })],
    ['activation read once', (x) => c1(leakyRelu(c1(x), 0.2))],
    [
      'activation and its argument read',
      (x) => {
        const y = c1(x);
        return add(c1(relu(y)), y);
      },
    ],
    [
      'residual sum, then activation',
      (x) => {
        const y = c1(x);
        return c1(tanh(add(y, c1(leakyRelu(y, 0.2)))));
      },
    ],
    [
      'two readers of one sum',
      (x) => {
        const y = c1(x);
        const z = add(y, c1(y));
        return add(relu(z), tanh(z));
      },
    ],
    [
      'an alias and its original',
      (x) => {
        const y = c1(x);
        return add(relu(stopGradient(y)), y);
      },
    ],
    ['equal convolutions, written once', (x) => add(relu(c1(x)), c1(x))],
    ['scalars and channels', (x) => mul(sub(c1(x), 0.1), r([32, 1], 3))],
    [
      'choices',
      (x) => {
        const y = c1(x);
        return c1(where(greater(y, 0.01), y, mul(y, 3)));
      },
    ],
    ['padding', (x) => c1(pad(c1(x), [[2, 1]], { mode: 'reflect' }))],
    ['zeros around', (x) => c1(pad(c1(x), [[1, 2]]))],
    ['slices', (x) => c1(slice(c1(x), 2, 1, -1, 2))],
    ['slices of channels', (x) => c1(concat([slice(c1(x), 1, 16, 32), slice(c1(x), 1, 3, 19)], 1))],
    ['slices of the batch', (x) => c1(slice(c1(x), 0, 1, 2))],
    ['joined channels', (x) => c1(concat([c1(x), c1(x, 16)], 1))],
    ['joined in time', (x) => concat([c1(x), flip(c1(x), 2)], 2)],
    [
      'reductions',
      (x) => {
        const y = c1(x);
        return add(mean(y, { axes: [0, 2], keepDims: true }), max(y));
      },
    ],
    ['transposed axes', (x) => transpose(c1(x), [2, 0, 1])],
    [
      'transposed convolution',
      (x) => leakyRelu(convTranspose1d(leakyRelu(c1(x), 0.2), w(32, 16, 4), { stride: 2, padding: 1 }), 0.2),
    ],
    ['odd channels', (x) => c1(c1(c1(x, 24), 20), 16)],
  ])('%s', async (_, fn) => {
    await compare(fn, [2, 16, 12]);
  });
  it.each<[string, (x: Tensor) => Tensor]>([
    [
      'images',
      (x) => conv2d(relu(conv2d(x, w(32, 16, 3, 3), { padding: 1 })), w(16, 32, 3, 2), { stride: [2, 1] }),
    ],
    [
      'padded images',
      (x) =>
        conv2d(
          pad(
            conv2d(x, w(32, 16, 1, 1)),
            [
              [1, 1],
              [2, 0],
            ],
            { mode: 'replicate' },
          ),
          w(16, 32, 3, 3),
        ),
    ],
    ['transposed axes', (x) => transpose(conv2d(x, w(32, 16, 3, 3)), [3, 1, 0, 2])],
    ['depthwise', (x) => conv2d(conv2d(x, w(32, 16, 1, 1)), w(32, 1, 3, 2), { padding: 1, groups: 32 })],
    [
      'depthwise, strided',
      (x) => conv2d(conv2d(x, w(32, 16, 1, 1)), w(32, 1, 4, 3), { stride: 2, padding: 1, groups: 32 }),
    ],
    [
      'upsampled depthwise',
      (x) =>
        convTranspose2d(conv2d(x, w(32, 16, 1, 1)), w(32, 1, 4, 4), { stride: 2, padding: 1, groups: 32 }),
    ],
    [
      'upsampled by an odd kernel',
      (x) =>
        convTranspose2d(conv2d(x, w(32, 16, 3, 3)), w(32, 16, 3, 3), {
          stride: 2,
          padding: [1, 0],
          outputPadding: 1,
          bias: r([16], 3),
        }),
    ],
    [
      'upsampled by a kernel shorter than the stride',
      (x) => convTranspose2d(conv2d(x, w(32, 16, 3, 3)), w(32, 16, 1, 2), { stride: 2 }),
    ],
    ...[[2, 3], [1], [0, 2, 3], [0, 1], [0, 1, 3], [0, 3]].map((axes): [string, (x: Tensor) => Tensor] => [
      `an operand without axes ${axes}`,
      (x) => {
        const y = conv2d(x, w(32, 16, 1, 1));
        return conv2d(mul(y, mean(y, { axes, keepDims: true })), w(16, 32, 1, 1));
      },
    ]),
    ['reduced channels and positions', (x) => mean(conv2d(x, w(32, 16, 1, 1)), { axes: [1, 2, 3] })],
  ])('%s', async (_, fn) => {
    await compare(fn, [2, 16, 6, 7]);
  });
  it.each<[string, (x: Tensor, k: Tensor) => Tensor, number[], number[]]>([
    ['dense', (x, k) => conv1d(x, k, { padding: 1 }), [2, 16, 9], [32, 16, 3]],
    ['dense, strided', (x, k) => conv1d(x, k, { stride: 2, padding: 1 }), [2, 32, 9], [16, 32, 4]],
    ['larger than the batch', (x, k) => conv1d(x, k, { padding: 2 }), [2, 32, 4], [48, 32, 5]],
    ['one tap', (x, k) => conv1d(x, k), [2, 32, 4], [16, 32, 1]],
    ['transposed', (x, k) => convTranspose1d(x, k, { stride: 4, padding: 2 }), [2, 32, 5], [32, 16, 8]],
    ['images', (x, k) => conv2d(x, k, { padding: [1, 0] }), [2, 16, 4, 5], [32, 16, 3, 2]],
    ['grouped', (x, k) => conv1d(x, k, { stride: 4, padding: 4, groups: 2 }), [16, 8, 22], [32, 4, 9]],
    [
      'phases that fill a block',
      (x, k) => leakyRelu(conv1d(x, k, { stride: 4, padding: 4, groups: 8, bias: r([128], 3) }), 0.2),
      [2, 32, 16],
      [128, 4, 9],
    ],
    [
      'phases that fill a block, of half a block',
      (x, k) => conv1d(x, k, { stride: 4, padding: 4, groups: 2 }),
      [2, 8, 16],
      [32, 4, 9],
    ],
    ['groups of blocks', (x, k) => conv1d(x, k, { padding: 1, groups: 2 }), [2, 32, 7], [64, 16, 3]],
    [
      'grouped, two blocks of batch',
      (x, k) => conv1d(x, k, { stride: 2, padding: 3, groups: 3, dilation: 2 }),
      [32, 9, 11],
      [96, 3, 4],
    ],
    [
      'groups that share a block',
      (x, k) => conv1d(x, k, { stride: 4, padding: 4, groups: 8 }),
      [16, 32, 16],
      [32, 4, 9],
    ],
    ['batch of images', (x, k) => conv2d(x, k, { padding: 1 }), [16, 16, 5, 4], [32, 16, 3, 3]],
    ['two blocks of images', (x, k) => conv2d(x, k, { padding: [1, 0] }), [32, 32, 4, 5], [16, 32, 3, 2]],
    ['images of three channels', (x, k) => conv2d(x, k, { padding: 1 }), [32, 3, 5, 6], [32, 3, 3, 3]],
    ['strided images', (x, k) => conv2d(x, k, { stride: 2, padding: 1 }), [16, 16, 6, 7], [32, 16, 3, 3]],
    [
      'dilated, strided images between blocks',
      (x, k) =>
        relu(conv2d(relu(conv2d(x, w(16, 16, 1, 1))), k, { stride: [1, 2], dilation: 2, padding: [2, 1] })),
      [32, 16, 8, 9],
      [16, 16, 3, 3],
    ],
    ['depthwise', (x, k) => conv1d(x, k, { padding: 1, groups: 16 }), [16, 16, 7], [16, 1, 3]],
  ])('weight, %s', async (_, fn, shape, kernel) => {
    await compare(fn, shape, kernel);
  });
});
