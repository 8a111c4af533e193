import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, NDArray } from '../ndarray.js';
import { program } from '../program.js';
import { defaultRuntime } from '../runtime/default.js';
import { constant, type Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { square } from './functions.js';
import * as op from './indexing.js';
import { sum } from './reduce.js';

type Nested = Parameters<typeof array>[0];
const ints = (values: Nested): Tensor => constant(array(values, { dtype: 'int32' }));
const x = randomArray([3, 4, 2], { seed: 1 });
/** x[i, j, k] = 100 i + 10 j + k. */
const digits = new NDArray(
  Float64Array.from(
    { length: 24 },
    (_, i) => 100 * Math.floor(i / 8) + 10 * (Math.floor(i / 2) % 4) + (i % 2),
  ),
  [3, 4, 2],
  'float64',
);
const base = randomArray([4, 3], { seed: 2 });

describe('values follow NumPy and PyTorch', () => {
  it.each<[string, (t: Tensor) => Tensor, number[], number[]]>([
    [
      'gather',
      (t) => op.gather(t, ints([2, -3])),
      [2, 4, 2],
      [200, 201, 210, 211, 220, 221, 230, 231, 0, 1, 10, 11, 20, 21, 30, 31],
    ],
    [
      'gather on axis 1',
      (t) => op.gather(t, ints([[3], [-4]]), 1),
      [3, 2, 1, 2],
      [30, 31, 0, 1, 130, 131, 100, 101, 230, 231, 200, 201],
    ],
    [
      'gather by a scalar',
      (t) => op.gather(t, ints(1), -1),
      [3, 4],
      [1, 11, 21, 31, 101, 111, 121, 131, 201, 211, 221, 231],
    ],
    [
      'gatherElements',
      (t) => op.gatherElements(t, ints([[[0, 1]], [[-1, 2]]]), 1),
      [2, 1, 2],
      [0, 11, 130, 121],
    ],
    [
      'gatherNd, two coordinates',
      (t) =>
        op.gatherNd(
          t,
          ints([
            [2, 3],
            [-3, -1],
          ]),
        ),
      [2, 2],
      [230, 231, 30, 31],
    ],
    ['gatherNd, elements', (t) => op.gatherNd(t, ints([[[2, 3, 1]], [[0, 1, 0]]])), [2, 1], [231, 10]],
    [
      'gatherNd, one batch axis',
      (t) => op.gatherNd(t, ints([[[1]], [[-1]], [[0]]]), 1),
      [3, 1, 2],
      [10, 11, 130, 131, 200, 201],
    ],
    [
      'gatherNd, two batch axes',
      (t) =>
        op.gatherNd(
          op.gather(t, ints([0, 1]), 1),
          ints([
            [[1], [0]],
            [[0], [0]],
            [[1], [1]],
          ]),
          2,
        ),
      [3, 2],
      [1, 10, 100, 110, 201, 211],
    ],
  ])('%s', async (_, fn, shape, expected) => {
    const y = await evaluate(fn, digits);
    expect(y.shape).toEqual(shape);
    expect([...y.data]).toEqual(expected);
  });

  const ones = array(
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
    { dtype: 'float64' },
  );
  it.each<[string, (t: Tensor) => Tensor, number[]]>([
    [
      'indexAdd',
      (t) =>
        op.indexAdd(
          t,
          ints([1, 1, -2]),
          constant(
            array(
              [
                [1, 2, 3],
                [4, 5, 6],
              ],
              { dtype: 'float64' },
            ),
          ),
          1,
        ),
      [1, 7, 1, 1, 16, 1],
    ],
    [
      'indexAdd of rows',
      (t) =>
        op.indexAdd(
          t,
          ints([0, 0]),
          constant(
            array(
              [
                [1, 2, 3],
                [4, 5, 6],
              ],
              { dtype: 'float64' },
            ),
          ),
        ),
      [6, 8, 10, 1, 1, 1],
    ],
    [
      'scatterAdd',
      (t) =>
        op.scatterAdd(
          t,
          ints([
            [0, 0, -1],
            [1, 2, 1],
          ]),
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          1,
        ),
      [4, 1, 4, 1, 11, 6],
    ],
    ['scatterAdd on axis 0', (t) => op.scatterAdd(t, ints([[0, 0, -1]]), [[1, 2, 3]], 0), [2, 3, 1, 1, 1, 4]],
    ['scatterElements', (t) => op.scatterElements(t, ints([[2], [0]]), [[5], [6]], 1), [1, 1, 5, 6, 1, 1]],
    [
      'scatterNd',
      (t) =>
        op.scatterNd(
          t,
          ints([
            [1, 2],
            [0, 0],
          ]),
          [5, 6],
        ),
      [6, 1, 1, 1, 1, 5],
    ],
    ['scatterNd of rows', (t) => op.scatterNd(t, ints([[-1]]), [[5, 6, 7]]), [1, 1, 1, 5, 6, 7]],
    [
      'scatterNdAdd',
      (t) =>
        op.scatterNdAdd(
          t,
          ints([
            [1, 2],
            [1, -1],
          ]),
          [5, 6],
        ),
      [1, 1, 1, 1, 1, 12],
    ],
  ])('%s', async (_, fn, expected) => {
    expect([...(await evaluate(fn, ones)).data]).toEqual(expected);
  });

  it('embedding looks rows up', async () => {
    const y = await evaluate(
      op.embedding,
      array([[2, 0]], { dtype: 'int32' }),
      array([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    expect(y.shape).toEqual([1, 2, 2]);
    expect([...y.data]).toEqual([5, 6, 1, 2]);
  });
  it('oneHot marks places; ids out of range mark none', async () => {
    const y = await evaluate(
      (ids) => op.oneHot(ids, 3),
      array(
        [
          [1, 0],
          [-1, 3],
        ],
        { dtype: 'int64' },
      ),
    );
    expect(y.shape).toEqual([2, 2, 3]);
    expect([...y.data]).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('gradients', () => {
  const twoRows = randomArray([2, 3], { seed: 3 });
  it.each<[string, (...ts: Tensor[]) => Tensor, NDArray[]]>([
    [
      'gather',
      (t) =>
        op.gather(
          t,
          ints([
            [2, 0],
            [2, -1],
          ]),
        ),
      [x],
    ],
    ['gather on axis 1', (t) => op.gather(t, ints([1, 3, 1]), 1), [x]],
    ['gather on the last axis', (t) => op.gather(t, ints([[1], [1]]), 2), [x]],
    ['embedding', (t) => op.embedding(ints([1, 3, 1]), t), [base]],
    [
      'gatherElements',
      (t) =>
        op.gatherElements(
          t,
          ints([
            [
              [0, 1],
              [0, -1],
            ],
            [
              [2, 2],
              [1, 0],
            ],
          ]),
          0,
        ),
      [x],
    ],
    [
      'gatherNd',
      (t) =>
        op.gatherNd(
          t,
          ints([
            [2, -1],
            [0, 1],
            [2, 3],
          ]),
        ),
      [x],
    ],
    [
      'gatherNd with a batch',
      (t) =>
        op.gatherNd(
          t,
          ints([
            [[1], [1]],
            [[-1], [0]],
            [[0], [2]],
          ]),
          1,
        ),
      [x],
    ],
    ['indexAdd', (t, u) => op.indexAdd(t, ints([1, 1]), u), [base, twoRows]],
    [
      'indexAdd on axis 1',
      (t, u) =>
        op.indexAdd(
          t,
          ints([
            [0, 2],
            [-1, 2],
          ]),
          u,
          1,
        ),
      [base, randomArray([4, 2, 2])],
    ],
    [
      'scatterAdd',
      (t, u) =>
        op.scatterAdd(
          t,
          ints([
            [0, 0, -1],
            [1, 2, 1],
          ]),
          u,
          1,
        ),
      [base, twoRows],
    ],
    [
      'scatterElements',
      (t, u) =>
        op.scatterElements(
          t,
          ints([
            [0, 1, -1],
            [1, 2, 0],
          ]),
          u,
          1,
        ),
      [base, twoRows],
    ],
    ['scatterNd', (t, u) => op.scatterNd(t, ints([[1], [-1]]), u), [base, twoRows]],
    [
      'scatterNdAdd',
      (t, u) =>
        op.scatterNdAdd(
          t,
          ints([
            [1, 0],
            [1, 0],
          ]),
          u,
        ),
      [base, randomArray([2])],
    ],
  ])('%s', async (_, fn, inputs) => {
    await checkGradients((...ts) => square(fn(...ts)), inputs, { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program serves every batch and length, gradients included', async () => {
    const f = program(
      (t: Tensor, i: Tensor) => {
        const y = op.gatherNd(t, i, 1);
        return { y, g: grad(sum(square(op.gather(y, ints([0]), 1))), t) };
      },
      { inputs: [{ shape: ['B', 'L', 2] }, { shape: ['B', 'P', 1], dtype: 'int32' }] },
    );
    for (const [b, length] of [
      [1, 3],
      [2, 4],
    ] as const) {
      const t = randomArray([b, length, 2], { dtype: 'float32' });
      const at = array(new Int32Array(b).fill(-1), { dtype: 'int32', shape: [b, 1, 1] });
      const { y, g } = await f(t, at);
      const last = (i: number) => t.data[(i * length + length - 1) * 2] as number;
      for (let i = 0; i < b; i++) {
        expect(y.data[i * 2]).toBe(last(i));
        expect(g.data[(i * length + length - 1) * 2]).toBeCloseTo(2 * last(i), 6);
      }
      expect([...g.data].filter((v) => v !== 0).length).toBe(2 * b);
    }
  });
});

describe('the lowering for WebGPU, run on the CPU', () => {
  it('indexAdd adds up, also below the first axis and for one axis only', async () => {
    const runtime = { ...defaultRuntime(), device: 'webgpu' as const };
    const f = program(
      (t: Tensor) => [
        op.indexAdd(t, ints([[1], [-1]]), [[[1, 2]], [[3, 4]]], 0),
        op.indexAdd(op.gather(t, ints(0)), ints([1, 1]), [5, 6]),
      ],
      { runtime },
    );
    const [rows, line] = await f(
      array([
        [0, 0],
        [10, 20],
      ]),
    );
    expect([...rows!.data]).toEqual([0, 0, 14, 26]);
    expect([...line!.data]).toEqual([0, 11]);
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => Tensor, RegExp]>([
    ['float indices', (t) => op.gather(t, t), /^gather: indices are float64 \[3, 4, 2\], expected int32/],
    ['axis', (t) => op.gather(t, ints([0]), 3), /^gather: axis 3 is out of range/],
    [
      'rank',
      (t) => op.gatherElements(t, ints([[0]]), 0),
      /^gatherElements: indices \[1, 1\] do not fit \[3, 4, 2\] along axis 0/,
    ],
    [
      'size',
      (t) => op.gatherElements(t, ints([[[0, 0, 0]]]), 0),
      /^gatherElements: indices \[1, 1, 3\] do not fit/,
    ],
    [
      'coordinates',
      (t) => op.gatherNd(t, ints([[0, 0, 0, 0]])),
      /^gatherNd: indices \[1, 4\] do not address \[3, 4, 2\]/,
    ],
    [
      'batch',
      (t) => op.gatherNd(t, ints([[[0]]]), 1),
      /^gatherNd: the first 1 axes of indices \[1, 1, 1\] and \[3, 4, 2\] differ/,
    ],
    [
      'updates',
      (t) => op.indexAdd(t, ints([0]), [[1, 2]]),
      /^indexAdd: updates has shape \[1, 2\], expected \[1, 4, 2\]/,
    ],
    [
      'dtype',
      (t) => op.scatterAdd(t, ints([[[0]]]), constant(array([[[1]]])), 0),
      /^scatterAdd: updates are float32, the tensor is float64/,
    ],
    ['table', (t) => op.embedding(ints([0]), t), /^embedding: table \[3, 4, 2\] is not \[ids, features\]/],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn, x)).rejects.toThrow(message);
  });
  it('an index out of range', async () => {
    await expect(evaluate((t) => op.gather(t, ints([3])), x)).rejects.toThrow(
      /out of (data )?bounds|out of range/,
    );
  });
});
