import { describe, expect, it } from 'vitest';
import { array, type NDArray } from '../ndarray.js';
import { program } from '../program.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { add } from './elementwise.js';
import { square } from './functions.js';
import * as op from './normalization.js';
import { reshape } from './shape.js';
import { concat, stack } from './slicing.js';

const r = (shape: number[], seed = 1) => randomArray(shape, { seed, low: -2, high: 2 });
const x = array(
  Float32Array.from({ length: 24 }, (_, i) => (((i * 7) % 11) - 5) / 3),
  { shape: [2, 3, 4] },
);
const scale3 = [1, -0.5, 2];
const bias3 = [0.1, 0.2, -0.3];
const scale4 = [1, 2, -1, 0.5];
const bias4 = [0, 0.1, 0.2, 0.3];

function expectClose(y: NDArray, expected: readonly number[], digits = 5): void {
  for (const [i, v] of expected.entries()) expect(Number(y.data[i])).toBeCloseTo(v, digits);
}

/** The statistics and all of a batch-normalised tensor in one. */
const whole = ({ output, mean, variance }: op.BatchNormResult): Tensor =>
  concat([output, mean, variance].map((t) => reshape(t, [-1])));

const VALUES: [string, (t: Tensor) => Tensor, number[]][] = [
  [
    'batchNorm',
    (t) => op.batchNorm(t, { weight: scale3, bias: bias3 }).output,
    [-1.638629, 0.477963, -0.731518, 1.385074, 0.005449, 0.697186, -0.513353, 0.178383, -2.174077],
  ],
  [
    'the statistics of batchNorm',
    (t) => stack([op.batchNorm(t).mean, op.batchNorm(t).variance]),
    [0.25, -0.0416667, -0.3333333, 1.2152778, 0.9288194, 1.1388888],
  ],
  [
    'batchNormInference',
    (t) =>
      op.batchNormInference(t, { mean: [0.1, 0.2, 0.3], variance: [1, 2, 0.5], weight: scale3, bias: bias3 }),
    [-1.666658, 0.666664, -0.666663, 1.666659, 0.15286, 0.624263, -0.200693, 0.27071, -4.919718],
  ],
  [
    'layerNorm',
    (t) => op.layerNorm(t, { weight: scale4, bias: bias4 }),
    [-1.31306, 1.150448, 0.725224, 0.95653, 0.199999, -2.69998, -1.19999, 0.200001],
  ],
  [
    'instanceNorm',
    (t) => op.instanceNorm(t, { weight: scale3, bias: bias3 }),
    [-1.21306, 0.625224, -0.425224, 1.41306, 0.100001, 0.899995, -0.499995, 0.299999],
  ],
  [
    'adaptive instanceNorm',
    (t) => op.instanceNorm(t, { weight: [scale3, scale3], bias: [bias3, [0, 0, 0]] }),
    [-1.21306, 0.625224, -0.425224, 1.41306, 0.100001, 0.899995, -0.499995, 0.299999],
  ],
  [
    'groupNorm',
    (t) => op.groupNorm(reshape(t, [1, 4, 6]), 2, { weight: scale4, bias: bias4 }),
    [-1.377148, 0.726132, -0.475742, 1.627538, 0.425664, -0.776211, 2.754139, 0.35039, -2.053359],
  ],
];

describe('values follow PyTorch', () => {
  it.each(VALUES)('%s', async (_, fn, expected) => {
    expectClose(await evaluate(fn, x), expected);
  });
  it('a large mean does not spoil the result', async () => {
    const far = array(
      Float32Array.from(x.data as Float32Array, (v) => v + 1000),
      { shape: x.shape },
    );
    for (const fn of [op.layerNorm, op.instanceNorm, (t: Tensor) => op.batchNorm(t).output]) {
      const [near, shifted] = [await evaluate(fn, x), await evaluate(fn, far)];
      expectClose(shifted, [...near.data].map(Number), 2);
    }
  });
});

describe('gradients', () => {
  it.each<[string, (...inputs: Tensor[]) => Tensor, NDArray[]]>([
    [
      'batchNorm',
      (t, scale, bias) => whole(op.batchNorm(t, { weight: scale, bias })),
      [r([3, 2, 2]), r([2], 2), r([2], 3)],
    ],
    [
      'batchNormInference',
      (t, scale, bias, mean, logVariance) =>
        op.batchNormInference(t, { weight: scale, bias, mean, variance: add(square(logVariance), 0.5) }),
      [r([3, 2, 2]), r([2], 2), r([2], 3), r([2], 4), r([2], 5)],
    ],
    [
      'layerNorm',
      (t, scale, bias) => op.layerNorm(t, { weight: scale, bias }),
      [r([2, 4]), r([4], 2), r([4], 3)],
    ],
    [
      'layerNorm over two axes',
      (t, scale, bias) => op.layerNorm(t, { weight: scale, bias, lastAxes: 2 }),
      [r([1, 2, 3]), r([2, 3], 2), r([2, 3], 3)],
    ],
    [
      'instanceNorm',
      (t, scale, bias) => op.instanceNorm(t, { weight: scale, bias }),
      [r([2, 2, 2, 2]), r([2], 2), r([2], 3)],
    ],
    [
      'adaptive instanceNorm',
      (t, scale, bias) => op.instanceNorm(t, { weight: scale, bias }),
      [r([2, 2, 4]), r([2, 2], 2), r([2, 2], 3)],
    ],
    [
      'groupNorm',
      (t, scale, bias) => op.groupNorm(t, 2, { weight: scale, bias }),
      [r([1, 4, 2]), r([4], 2), r([4], 3)],
    ],
  ])('%s', async (_, fn, inputs) => {
    await checkGradients((...ts) => square(fn(...ts)), inputs, { second: true });
  });
});

describe('free dimensions', () => {
  it.each<[string, (t: Tensor) => Tensor]>([
    ['batchNorm', (t) => op.batchNorm(t).output],
    ['layerNorm', (t) => op.layerNorm(t)],
    ['instanceNorm', (t) => op.instanceNorm(t)],
    ['groupNorm', (t) => op.groupNorm(t, 3)],
  ])('%s', async (_, fn) => {
    const free = program(fn, { inputs: [{ shape: ['N', 3, 'L'] }] });
    expectClose(await free(x), [...(await evaluate(fn, x)).data].map(Number), 6);
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => unknown, RegExp]>([
    [
      'channels',
      (t) => op.batchNorm(t, { weight: [1, 2] }),
      /batchNorm: weight has shape \[2\], expected \[3\]/,
    ],
    [
      'axes',
      (t) => op.layerNorm(t, { lastAxes: 4 }),
      /layerNorm: cannot normalise the last 4 axes of \[2, 3, 4\]/,
    ],
    ['rank', (t) => op.instanceNorm(reshape(t, [6, 4])), /instanceNorm: \[6, 4\] has nothing to normalise/],
    ['groups', (t) => op.groupNorm(t, 2), /groupNorm: 3 channels do not divide into 2 groups/],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn as (t: Tensor) => Tensor, x)).rejects.toThrow(message);
  });
});
