import { describe, expect, it } from 'vitest';
import { array, type NDArray } from '../ndarray.js';
import { program } from '../program.js';
import { createRuntime } from '../runtime/node.js';
import { constant, type Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { add, where } from './elementwise.js';
import { square } from './functions.js';
import { reshape } from './shape.js';
import { stack } from './slicing.js';
import { logSoftmax, softmax } from './softmax.js';

const x = array(
  Float32Array.from({ length: 24 }, (_, i) => (((i * 7) % 11) - 5) / 3),
  { shape: [2, 3, 4] },
);
const mask = array(Uint8Array.of(1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0), { shape: [3, 4], dtype: 'bool' });

function expectClose(y: NDArray, expected: readonly number[]): void {
  for (const [i, v] of expected.entries()) {
    if (Number.isFinite(v)) expect(Number(y.data[i])).toBeCloseTo(v, 5);
    else expect(y.data[i]).toBe(v);
  }
}

const VALUES: [string, (t: Tensor) => Tensor, number[]][] = [
  ['softmax', (t) => softmax(t), [0.023774, 0.245167, 0.064625, 0.666433, 0.212838, 0.056103]],
  [
    'softmax of large numbers along an inner axis',
    (t) => softmax(add(t, 128), 1),
    [0.102201, 0.386924, 0.102201, 0.816627, 0.755167],
  ],
  ['logSoftmax', (t) => logSoftmax(t), [-3.739149, -1.405815, -2.739149, -0.405815]],
  [
    'logSoftmax along an inner axis',
    (t) => logSoftmax(t, 1),
    [-2.280817, -0.949527, -2.280817, -0.202573, -0.280817],
  ],
  [
    'masked softmax',
    (t) => softmax(t, -1, { mask }),
    [0.025417, 0.262106, 0, 0.712477, 0, 0, 0, 1, 0.268941, 0, 0.731059, 0],
  ],
  [
    'masked logSoftmax',
    (t) => logSoftmax(t, -1, { mask }),
    [0.025417, 0.262106, 0, 0.712477, 0, 0, 0, 1, 0.268941, 0, 0.731059, 0].map(Math.log),
  ],
];

describe('values follow PyTorch', () => {
  it.each(VALUES)('%s', async (_, fn, expected) => {
    expectClose(await evaluate(fn, x), expected);
  });
  // What is written for GPUs, run by the processor.
  const runtime = { ...createRuntime(), device: 'webgpu' as const };
  it.each(VALUES)('%s, the lowering for GPUs', async (_, fn, expected) => {
    expectClose(await program(fn, { runtime })(x), expected);
  });
  it('nothing kept gives zeros or -∞, never NaN', async () => {
    const none = constant(array([0, 0, 0, 0], { dtype: 'bool' }));
    const y = await evaluate(
      (t) => stack([softmax(t, -1, { mask: none }), logSoftmax(t, -1, { mask: none })]),
      x,
    );
    expect(y.data.slice(0, 24)).toEqual(new Float32Array(24));
    expect(y.data.slice(24)).toEqual(new Float32Array(24).fill(-Infinity));
  });
});

describe('gradients', () => {
  it.each<[string, (t: Tensor) => Tensor]>([
    ['softmax', (t) => softmax(t, 1)],
    ['softmax, masked', (t) => softmax(t, -1, { mask })],
    ['logSoftmax', (t) => logSoftmax(t, 1)],
    ['logSoftmax, masked', (t) => where(constant(mask), logSoftmax(t, -1, { mask }), 0)],
  ])('%s', async (_, fn) => {
    const inputs = [randomArray([2, 3, 4], { low: -2, high: 2 })];
    await checkGradients((t) => square(fn(t)), inputs, { second: true });
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => Tensor, RegExp]>([
    [
      'mask dtype',
      (t) => softmax(t, -1, { mask: constant([1, 1, 0, 1]) }),
      /softmax: the mask is float32, expected bool/,
    ],
    [
      'mask shape',
      (t) => softmax(reshape(t, [2, 2, 6]), 0, { mask }),
      /softmax: a mask \[3, 4\] does not broadcast to \[2, 2, 6\]/,
    ],
    ['axis', (t) => logSoftmax(t, 3), /logSoftmax: axis 3 is out of range/],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn, x)).rejects.toThrow(message);
  });
});
