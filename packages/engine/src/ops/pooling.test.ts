import { describe, expect, it } from 'vitest';
import { grad } from '../autodiff.js';
import { array, NDArray } from '../ndarray.js';
import { type Program, program } from '../program.js';
import { defaultRuntime } from '../runtime/default.js';
import type { Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import { mul } from './elementwise.js';
import { square } from './functions.js';
import * as op from './pooling.js';
import { sum } from './reduce.js';

interface Geometry {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: readonly [number, number];
  readonly dilation?: number;
}

/** For each window the places that it covers in the last axes' merged index, -1 for padding. */
function windows(
  size: readonly number[],
  { kernel, stride = kernel, padding = [0, 0], dilation = 1 }: Geometry,
) {
  return size.reduce<number[][]>(
    (outer, n) => {
      const count = Math.floor((n + padding[0] + padding[1] - dilation * (kernel - 1) - 1) / stride) + 1;
      return outer.flatMap((places) =>
        Array.from({ length: count }, (_, o) =>
          places.flatMap((place) =>
            Array.from({ length: kernel }, (_, t) => {
              const i = o * stride - padding[0] + t * dilation;
              return place < 0 || i < 0 || i >= n ? -1 : place * n + i;
            }),
          ),
        ),
      );
    },
    [[0]],
  );
}

/** Σ over windows by `pick`, which gives each place of a window its weight; also the gradient of Σ y². */
function reference(x: NDArray, g: Geometry, pick: (values: number[], places: number[]) => number[]) {
  const size = x.shape.slice(2);
  const image = size.reduce((a, b) => a * b);
  const values: number[] = [];
  const gradient = new Array<number>(x.size).fill(0);
  for (let at = 0; at < x.size; at += image) {
    for (const places of windows(size, g)) {
      const elements = places.map((p) => (p < 0 ? 0 : (x.data[at + p] as number)));
      const weights = pick(elements, places);
      const y = elements.reduce((s, v, i) => s + v * weights[i]!, 0);
      values.push(y);
      places.forEach((p, i) => {
        if (p >= 0) gradient[at + p]! += 2 * y * weights[i]!;
      });
    }
  }
  return { values, gradient };
}

const largest = (values: number[], places: number[]) => {
  const inside = values.map((v, i) => (places[i]! < 0 ? Number.NEGATIVE_INFINITY : v));
  const first = inside.indexOf(Math.max(...inside));
  return values.map((_, i) => (i === first ? 1 : 0));
};
const average = (values: number[]) => values.map(() => 1 / values.length);
const averageInside = (values: number[], places: number[]) =>
  values.map(() => 1 / places.filter((p) => p >= 0).length);

const SIZES: Record<string, number[]> = { '1d': [2, 2, 11], '2d': [2, 2, 7, 8], '3d': [1, 2, 4, 5, 6] };
const GEOMETRIES: Geometry[] = [
  { kernel: 2 },
  { kernel: 3, stride: 2, padding: [1, 1] },
  { kernel: 3, stride: 1, padding: [0, 2] },
  { kernel: 2, stride: 3, padding: [1, 0] },
];
const cases = Object.keys(SIZES).flatMap((rank) => GEOMETRIES.map((g) => [rank, g] as const));
const optionsOf = ({ stride, padding, dilation }: Geometry, rank: string) => ({
  ...(stride ? { stride } : {}),
  ...(padding ? { padding: SIZES[rank]!.slice(2).map(() => padding) } : {}),
  ...(dilation ? { dilation } : {}),
});
const maxPools = { '1d': op.maxPool1d, '2d': op.maxPool2d, '3d': op.maxPool3d } as Record<
  string,
  typeof op.maxPool1d
>;
const avgPools = { '1d': op.avgPool1d, '2d': op.avgPool2d, '3d': op.avgPool3d } as Record<
  string,
  typeof op.avgPool1d
>;

async function compare(
  f: Program<[Tensor], { y: Tensor; g: Tensor }>,
  x: NDArray,
  expected: { values: number[]; gradient: number[] },
) {
  const { y, g } = await f(x);
  expect(y.size).toBe(expected.values.length);
  for (const [i, v] of expected.values.entries()) expect(y.data[i]).toBeCloseTo(v, 5);
  for (const [i, v] of expected.gradient.entries()) expect(g.data[i]).toBeCloseTo(v, 5);
  await f.release();
}
const valueAndGradient = (fn: (x: Tensor) => Tensor, device = defaultRuntime().device) =>
  program(
    (x: Tensor) => {
      const y = fn(x);
      return { y, g: grad(sum(square(y)), x) };
    },
    { runtime: { ...defaultRuntime(), device } },
  );

describe('against loops', () => {
  const dilated: (readonly [string, Geometry])[] = ['1d', '2d'].map((rank) => [
    rank,
    { kernel: 3, stride: 2, padding: [1, 1], dilation: 2 },
  ]);
  it.each([...cases, ...dilated])('maxPool%s %o, with many equals', async (rank, geometry) => {
    const x = randomArray(SIZES[rank]!, { low: 0, high: 3, dtype: 'float32' });
    x.data.forEach((v, i) => {
      x.data[i] = Math.floor(v as number);
    });
    const pool = (t: Tensor) => maxPools[rank]!(t, geometry.kernel, optionsOf(geometry, rank));
    const expected = reference(x, geometry, largest);
    await compare(valueAndGradient(pool), x, expected);
    // WebGPU's way of finding the places, run on the CPU.
    await compare(valueAndGradient(pool, 'webgpu'), x, expected);
  });
  it.each(cases)('avgPool%s %o', async (rank, geometry) => {
    const x = randomArray(SIZES[rank]!, { dtype: 'float32' });
    const pool = (countIncludePad: boolean) => (t: Tensor) =>
      avgPools[rank]!(t, geometry.kernel, { ...optionsOf(geometry, rank), countIncludePad });
    await compare(valueAndGradient(pool(true)), x, reference(x, geometry, average));
    await compare(valueAndGradient(pool(false)), x, reference(x, geometry, averageInside));
  });
});

describe('values of PyTorch', () => {
  const row = (n: number) =>
    new NDArray(
      Float32Array.from({ length: n }, (_, i) => i + 1),
      [1, 1, n],
      'float32',
    );
  it.each<[string, (t: Tensor) => Tensor, NDArray, number[]]>([
    ['avgPool1d', (t) => op.avgPool1d(t, 4, { stride: 2, padding: 1 }), row(7), [1.5, 3.5, 5.5]],
    [
      'avgPool1d without padding in the count',
      (t) => op.avgPool1d(t, 4, { stride: 2, padding: 1, countIncludePad: false }),
      row(7),
      [2, 3.5, 5.5],
    ],
    ['adaptiveAvgPool1d to fewer', (t) => op.adaptiveAvgPool1d(t, 3), row(7), [2, 4, 6]],
    ['adaptiveAvgPool1d to more', (t) => op.adaptiveAvgPool1d(t, 5), row(3), [1, 1.5, 2, 2.5, 3]],
    ['adaptiveAvgPool1d, even', (t) => op.adaptiveAvgPool1d(t, 2), row(6), [2, 5]],
    ['globalAvgPool', op.globalAvgPool, row(6), [3.5]],
  ])('%s', async (_, fn, x, expected) => {
    const y = await evaluate(fn, x);
    expect(y.size).toBe(expected.length);
    for (const [i, v] of expected.entries()) expect(y.data[i]).toBeCloseTo(v, 6);
  });
  it('of equal elements, the first in row-major order receives the gradient', async () => {
    const x = array([
      [
        [
          [1, 2, 2],
          [2, 2, 0],
          [0, 2, 2],
        ],
      ],
    ]);
    const g = await evaluate((t) => grad(sum(op.maxPool2d(t, 2, { stride: 1 })), t), x);
    expect([...g.data]).toEqual([0, 2, 0, 1, 1, 0, 0, 0, 0]);
  });
});

describe('gradients', () => {
  const double = (shape: number[]) => randomArray(shape, { low: -2, high: 2 });
  const single = (shape: number[]) => randomArray(shape, { dtype: 'float32' });
  it.each<[string, (t: Tensor) => Tensor, NDArray]>([
    ['maxPool1d', (t) => op.maxPool1d(t, 3, { stride: 2, padding: 1 }), double([1, 2, 7])],
    ['maxPool2d', (t) => op.maxPool2d(t, [3, 2], { stride: [2, 1], padding: [1, 0] }), double([1, 2, 5, 4])],
    ['maxPool3d', (t) => op.maxPool3d(t, 2, { stride: 1 }), double([1, 1, 3, 3, 3])],
    // ONNX Runtime has AveragePool in float32 only.
    [
      'avgPool1d',
      (t) => op.avgPool1d(t, 4, { stride: 2, padding: 1, countIncludePad: false }),
      single([1, 2, 9]),
    ],
    [
      'avgPool2d',
      (t) =>
        op.avgPool2d(t, 3, {
          stride: 2,
          padding: [
            [0, 1],
            [1, 1],
          ],
        }),
      single([1, 1, 6, 4]),
    ],
    ['avgPool2d, tiles', (t) => op.avgPool2d(t, 2), single([1, 1, 4, 6])],
    ['avgPool3d', (t) => op.avgPool3d(t, [1, 2, 2], { stride: [1, 2, 1] }), single([1, 1, 2, 4, 3])],
    ['adaptiveAvgPool2d', (t) => op.adaptiveAvgPool2d(t, [2, 5]), double([1, 2, 5, 3])],
    ['adaptiveAvgPool3d', (t) => op.adaptiveAvgPool3d(t, [1, 2, 3]), double([1, 1, 2, 3, 3])],
    ['globalAvgPool', op.globalAvgPool, double([2, 2, 3, 3])],
  ])('%s', async (_, fn, x) => {
    await checkGradients((t) => mul(fn(t), fn(t)), [x], { second: true });
  });
});

describe('symbolic sizes', () => {
  it('one program serves every length, gradients included', async () => {
    const geometry: Geometry = { kernel: 4, stride: 3, padding: [1, 2] };
    const options = { stride: 3, padding: [[1, 2]] } as const;
    const f = program(
      (x: Tensor) => {
        const max = op.maxPool1d(x, 4, options);
        const avg = op.avgPool1d(x, 4, { ...options, countIncludePad: false });
        return { max, avg, gMax: grad(sum(square(max)), x), gAvg: grad(sum(square(avg)), x) };
      },
      { inputs: [{ shape: ['N', 2, 'L'] }] },
    );
    for (const length of [7, 8, 9, 10]) {
      const x = randomArray([3, 2, length], { dtype: 'float32' });
      const results = await f(x);
      const max = reference(x, geometry, largest);
      const avg = reference(x, geometry, averageInside);
      for (const [i, v] of max.values.entries()) expect(results.max.data[i]).toBeCloseTo(v, 5);
      for (const [i, v] of avg.values.entries()) expect(results.avg.data[i]).toBeCloseTo(v, 5);
      for (const [i, v] of max.gradient.entries()) expect(results.gMax.data[i]).toBeCloseTo(v, 5);
      for (const [i, v] of avg.gradient.entries()) expect(results.gAvg.data[i]).toBeCloseTo(v, 5);
    }
  });
});

describe('errors', () => {
  it.each<[string, (t: Tensor) => Tensor, RegExp]>([
    [
      'rank',
      (t) => op.maxPool1d(t, 2),
      /^maxPool1d: input \[2, 3, 5, 4\] is not \[N, C, …\] with 1 spatial axis/,
    ],
    [
      'kernel',
      (t) => op.maxPool2d(t, [2, 2, 2]),
      /^maxPool2d: kernel \[2,2,2\] is not a whole number ≥ 1, or one for each of 2 spatial axes/,
    ],
    ['stride', (t) => op.avgPool2d(t, 2, { stride: 0 }), /^avgPool2d: stride 0 is not a whole number ≥ 1/],
    [
      'padding',
      (t) => op.maxPool2d(t, 2, { padding: 2 }),
      /^maxPool2d: padding 2 does not fit the kernel \[2,2\]/,
    ],
    ['window', (t) => op.maxPool2d(t, 5), /^maxPool: a window of 5 does not fit into 4 \(padding included\)/],
    ['size', (t) => op.adaptiveAvgPool2d(t, 1.5), /^adaptiveAvgPool2d: size 1.5 is not a whole number/],
    [
      'vector',
      (t) => op.globalAvgPool(op.globalAvgPool(t)),
      /^globalAvgPool: input \[2, 3\] is not \[N, C, ...spatial\]/,
    ],
  ])('%s', async (_, fn, message) => {
    await expect(evaluate(fn, randomArray([2, 3, 5, 4], { dtype: 'float32' }))).rejects.toThrow(message);
  });
  it('adaptive pooling of a symbolic size', async () => {
    const f = program((x: Tensor) => op.adaptiveAvgPool1d(x, 3), { inputs: [{ shape: [1, 1, 'L'] }] });
    await expect(f(randomArray([1, 1, 6], { dtype: 'float32' }))).rejects.toThrow(
      /^adaptiveAvgPool1d: input \[1, 1, L\] has symbolic sizes: only globalAvgPool takes them/,
    );
  });
});
