import { array, type NDArray, stack, type Tensor } from '@sextant/engine';
import { checkGradients, evaluate, randomArray } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import * as loss from './losses.js';

const float64 = (values: number[][]) => array(values, { dtype: 'float64' });
const x = float64([
  [0.5, -1.5, 2],
  [0.1, 0.9, -0.4],
]);
const y = float64([
  [0.2, 0.5, -0.3],
  [0.1, -2, 0.6],
]);
const q = float64([
  [0, 1, 0.25],
  [1, 0.5, 0],
]);
const spread = float64([
  [0.5, 2, 1e-9],
  [1, 0.1, 3],
]);
const ids = array([2, 0], { dtype: 'int32' });
const ignored = array([-100, 1], { dtype: 'int64' });
const grid = array(
  [
    [0, 1],
    [2, 2],
  ],
  { dtype: 'int32' },
);
const weight = array([0.5, 2, 3], { dtype: 'float64' });
const logSoftmax = (a: NDArray) =>
  float64(
    [0, 1].map((row) => {
      const values = [...a.data.slice(3 * row, 3 * row + 3)].map(Number);
      const total = Math.log(values.reduce((sum, v) => sum + Math.exp(v), 0));
      return values.map((v) => v - total);
    }),
  );
/** ONNX Runtime has softplus in single precision only. */
const single = (a: NDArray) => array(Float32Array.from(a.data as Float64Array), { shape: a.shape });

type Case = [name: string, fn: (...inputs: Tensor[]) => Tensor, inputs: NDArray[], expected: number[]];
const none = { reduction: 'none' } as const;

describe("values are PyTorch's", () => {
  it.each<Case>([
    ['mseLoss', (a, b) => loss.mseLoss(a, b, none), [x, y], [0.09, 4, 5.29, 0, 8.41, 1]],
    ['mseLoss, mean', (a, b) => loss.mseLoss(a, b), [x, y], [3.1316666667]],
    ['mseLoss, sum', (a, b) => loss.mseLoss(a, b, { reduction: 'sum' }), [x, y], [18.79]],
    ['l1Loss', (a, b) => loss.l1Loss(a, b, none), [x, y], [0.3, 2, 2.3, 0, 2.9, 1]],
    [
      'huberLoss',
      (a, b) => loss.huberLoss(a, b, { delta: 0.5, ...none }),
      [x, y],
      [0.045, 0.875, 1.025, 0, 1.325, 0.375],
    ],
    ['huberLoss, δ = 1', (a, b) => loss.huberLoss(a, b), [x, y], [1.0408333333]],
    [
      'smoothL1Loss',
      (a, b) => loss.smoothL1Loss(a, b, { beta: 0.5, ...none }),
      [x, y],
      [0.09, 1.75, 2.05, 0, 2.65, 0.75],
    ],
    [
      'binaryCrossEntropyWithLogits',
      (a, b) => loss.binaryCrossEntropyWithLogits(a, b, none),
      [single(x), single(q)],
      [0.9740769842, 1.701413278, 1.626928011, 0.6443966601, 0.7911538747, 0.5130152524],
    ],
    [
      'binaryCrossEntropyWithLogits, weighted',
      (a, b) => loss.binaryCrossEntropyWithLogits(a, b, { positiveWeight: [1, 3, 0.5], ...none }),
      [single(x), single(q)],
      [0.9740769842, 5.1042398339, 1.6110620097, 0.6443966601, 1.1323077495, 0.5130152524],
    ],
    [
      'binaryCrossEntropyWithLogits, far out',
      (a, b) => loss.binaryCrossEntropyWithLogits(a, b, none),
      [array([-200, 200, 200]), array([1, 0, 1])],
      [200, 200, 0],
    ],
    [
      'gaussianNllLoss',
      (a, b, v) => loss.gaussianNllLoss(a, b, v, { eps: 1e-2, ...none }),
      [x, y, spread],
      [-0.2565735903, 1.3465735903, 262.197414907, 0, 40.8987074535, 0.715972811],
    ],
    [
      'gaussianNllLoss, full',
      (a, b, v) => loss.gaussianNllLoss(a, b, v, { eps: 1e-2, full: true }),
      [x, y, spread],
      [51.7359543951],
    ],
    [
      'klDiv',
      (a, b) => loss.klDiv(a, b, none),
      [logSoftmax(x), q],
      [0, 3.7258020492, -0.290123078, 1.3434055416, -0.0748708195, 0],
    ],
    [
      'klDiv, batch mean',
      (a, b) => loss.klDiv(a, b, { reduction: 'batchMean' }),
      [logSoftmax(x), q],
      [2.3521068467],
    ],
    [
      'klDiv of logarithms',
      (a, b) => loss.klDiv(a, b, { logTarget: true, ...none }),
      [logSoftmax(x), logSoftmax(y)],
      [0.2171003879, 1.3432126025, -0.2786404679, 0.1169658481, -0.1138257768, 0.787797365],
    ],
    ['crossEntropy', (a, i) => loss.crossEntropy(a, i, none), [x, ids], [0.2258020492, 1.3434055416]],
    ['crossEntropy, mean', (a, b) => loss.crossEntropy(a, b), [x, ids], [0.7846037954]],
    ['crossEntropy, sum', (a, i) => loss.crossEntropy(a, i, { reduction: 'sum' }), [x, ids], [1.5692075908]],
    [
      'crossEntropy, weighted',
      (a, i, w) => loss.crossEntropy(a, i, { weight: w, ...none }),
      [x, ids, weight],
      [0.6774061477, 0.6717027708],
    ],
    [
      'crossEntropy, weighted mean',
      (a, i, w) => loss.crossEntropy(a, i, { weight: w }),
      [x, ids, weight],
      [0.385459691],
    ],
    [
      'crossEntropy, smoothed',
      (a, i) => loss.crossEntropy(a, i, { labelSmoothing: 0.1, ...none }),
      [x, ids],
      [0.3924687159, 1.3334055416],
    ],
    [
      'crossEntropy, weighted and smoothed',
      (a, i, w) => loss.crossEntropy(a, i, { weight: w, labelSmoothing: 0.1 }),
      [x, ids, weight],
      [0.5019674528],
    ],
    ['crossEntropy, ignoring', (a, i) => loss.crossEntropy(a, i, none), [x, ignored], [0, 0.5434055416]],
    ['crossEntropy, ignoring, mean', (a, b) => loss.crossEntropy(a, b), [x, ignored], [0.5434055416]],
    [
      'crossEntropy, everything',
      (a, i, w) => loss.crossEntropy(a, i, { weight: w, labelSmoothing: 0.2 }),
      [x, ignored, weight],
      [0.6776821159],
    ],
    [
      'crossEntropy of classes before other axes',
      (a, b, i) => loss.crossEntropy(stack([a, b], 2), i, none),
      [x, y, grid],
      [1.7258020492, 0.7839687492, 1.8434055416, 0.5192723919],
    ],
    [
      'crossEntropy of classes on the last axis',
      (a, b, i) => loss.crossEntropy(stack([a, b], 1), i, { axis: -1, ...none }),
      [x, y, grid],
      [1.7258020492, 0.7839687492, 1.8434055416, 0.5192723919],
    ],
    ['hingeDiscriminatorLoss', loss.hingeDiscriminatorLoss, [x, y], [(5.4 + 6.1) / 6]],
    ['hingeGeneratorLoss', loss.hingeGeneratorLoss, [x], [-1.6 / 6]],
  ])('%s', async (_, fn, inputs, expected) => {
    const value = await evaluate(fn, ...inputs);
    expect(value.data).toHaveLength(expected.length);
    const digits = value.dtype === 'float64' ? 8 : 5;
    for (const [i, v] of value.data.entries()) expect(v).toBeCloseTo(expected[i]!, digits);
  });
});

describe('gradients', () => {
  const a = randomArray([2, 4], { seed: 1, low: -2, high: 2 });
  const b = randomArray([2, 4], { seed: 2, low: -2, high: 2 });
  const p = randomArray([2, 4], { seed: 3, low: 0.1, high: 1 });
  it.each<[string, (...inputs: Tensor[]) => Tensor, NDArray[], boolean]>([
    ['mseLoss', (a, b) => loss.mseLoss(a, b), [a, b], true],
    ['l1Loss', (a, b) => loss.l1Loss(a, b), [a, b], false],
    ['huberLoss', (s, t) => loss.huberLoss(s, t, { delta: 0.7 }), [a, b], false],
    ['smoothL1Loss', (s, t) => loss.smoothL1Loss(s, t, { beta: 0.7 }), [a, b], false],
    [
      'binaryCrossEntropyWithLogits',
      (a, b) => loss.binaryCrossEntropyWithLogits(a, b),
      [single(a), single(p)],
      true,
    ],
    ['crossEntropy', (s) => loss.crossEntropy(s, array([3, 1], { dtype: 'int32' })), [a], true],
    [
      'crossEntropy, everything',
      (s, w) =>
        loss.crossEntropy(s, array([3, -100], { dtype: 'int32' }), { weight: w, labelSmoothing: 0.3 }),
      [a, array([0.5, 2, 3, 1], { dtype: 'float64' })],
      true,
    ],
    ['gaussianNllLoss', (s, t, v) => loss.gaussianNllLoss(s, t, v), [a, b, p], true],
    ['klDiv', (s, t) => loss.klDiv(s, t), [a, p], true],
    ['klDiv of logarithms', (s, t) => loss.klDiv(s, t, { logTarget: true }), [a, b], true],
    ['hingeDiscriminatorLoss', loss.hingeDiscriminatorLoss, [a, b], false],
    ['hingeGeneratorLoss', loss.hingeGeneratorLoss, [a], false],
  ])('%s', async (_, fn, inputs, second) => {
    await checkGradients(fn, inputs, { second });
  });
});

it('shapes must agree, but for a scalar target', async () => {
  await expect(
    evaluate((a, b) => loss.mseLoss(a, b), x, array([[1], [2]], { dtype: 'float64' })),
  ).rejects.toThrow(/mseLoss: prediction \[2, 3\] and target \[2, 1\] differ in shape/);
  const value = await evaluate((a) => loss.mseLoss(a, 1), x);
  expect(value.item()).toBeCloseTo((0.25 + 6.25 + 1 + 0.81 + 0.01 + 1.96) / 6, 12);
});

it('crossEntropy needs targets in the shape of the logits without their classes', async () => {
  await expect(
    evaluate((a, b) => loss.crossEntropy(a, b), x, array([1, 2, 3], { dtype: 'int32' })),
  ).rejects.toThrow(/crossEntropy: targets \[3\] do not match logits \[2, 3\] with classes at axis 1/);
});

it('crossEntropy and accuracy refuse targets that are no integers, and take narrow ones', async () => {
  for (const fn of [loss.crossEntropy, loss.accuracy]) {
    await expect(evaluate((a, b) => fn(a, b), x, array([2, 0]))).rejects.toThrow(
      /targets are float32, but class ids are integers: cast them to int32/,
    );
  }
  const narrow = await evaluate((a, b) => loss.crossEntropy(a, b), x, array([2, 0], { dtype: 'uint8' }));
  expect(narrow.item()).toBeCloseTo(0.7846037954, 8);
});

it('accuracy is the share of targets whose logit is the largest', async () => {
  // The largest of x are at 2 and 1.
  expect((await evaluate((a, b) => loss.accuracy(a, b), x, ids)).item()).toBe(0.5);
  const both = array([2, 1], { dtype: 'int32' });
  expect((await evaluate((a, b) => loss.accuracy(a, b, { axis: -1 }), x, both)).item()).toBe(1);
});
