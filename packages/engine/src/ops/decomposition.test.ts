import { describe, expect, it } from 'vitest';
import { array, type NDArray } from '../ndarray.js';
import { program } from '../program.js';
import { constant, type Tensor } from '../tensor.js';
import { checkGradients, evaluate, randomArray } from '../testing.js';
import * as op from './decomposition.js';
import { add, mul } from './elementwise.js';
import { cast } from './functions.js';
import { matmul } from './linalg.js';
import { broadcastTo, swapAxes } from './shape.js';
import { stack } from './slicing.js';

const r = (shape: number[], seed = 1) => randomArray(shape, { seed });

/** A symmetric positive definite matrix, or a batch of them. */
function definite(shape: readonly number[], seed = 1): NDArray {
  const n = shape.at(-1)!;
  const { data } = r([...shape], seed);
  const result = array(new Float64Array(data.length), { dtype: 'float64', shape });
  for (let start = 0; start < data.length; start += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = i === j ? n / 4 : 0;
        for (let k = 0; k < n; k++) sum += Number(data[start + i * n + k]) * Number(data[start + j * n + k]);
        result.data[start + i * n + j] = sum;
      }
    }
  }
  return result;
}

const transposed = (t: Tensor) => swapAxes(t, -1, -2);
const largest = (y: NDArray) => Array.from(y.data, Number).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
const differences = (y: NDArray, expected: NDArray) =>
  largest(array(Float64Array.from(y.data, (v, i) => Number(v) - Number(expected.data[i]))));

describe('values', () => {
  const a = array([
    [4, 2, -2],
    [2, 10, 5],
    [-2, 5, 21],
  ]);
  const l = [2, 0, 0, 1, 3, 0, -1, 2, 4];

  it('cholesky', async () => {
    expect([...(await evaluate(op.cholesky, a)).data]).toEqual(l);
  });
  it.each<[string, op.TriangularOptions, number[]]>([
    ['lower', {}, [0.5, 0, 0, -1 / 6, 1 / 3, 0, 5 / 24, -1 / 6, 0.25]],
    ['upper', { lower: false }, [0.25, -0.05, 1 / 28, 0, 0.1, -1 / 42, 0, 0, 1 / 21]],
    ['unit diagonal', { unitDiagonal: true }, [1, 0, 0, -2, 1, 0, 12, -5, 1]],
  ])('triangularInverse, %s: the other triangle is not read', async (_, options, expected) => {
    const given = options.lower === false || options.unitDiagonal ? a : array([...l], { shape: [3, 3] });
    const spoilt = array(Array.from(given.data, Number), { shape: [3, 3] });
    if (options.lower === false) spoilt.data[3] = Number.NaN;
    else spoilt.data[1] = Number.NaN;
    const y = await evaluate((t) => op.triangularInverse(t, options), spoilt);
    for (const [i, v] of expected.entries()) expect(y.data[i]).toBeCloseTo(v, 5);
  });
  it('what is not positive definite shows as NaN on the diagonal', async () => {
    for (const place of [0, 20, 39]) {
      const bad = definite([40, 40]);
      bad.data[place * 41] = -1;
      const y = await evaluate(op.cholesky, bad);
      const diagonal = Array.from({ length: 40 }, (_, i) => Number(y.data[i * 41]));
      expect(diagonal.some(Number.isNaN)).toBe(true);
    }
  });
});

describe('any size, batched', () => {
  it.each([[[1, 1]], [[2, 3, 3]], [[32, 32]], [[33, 33]], [[2, 70, 70]], [[130, 130]]])(
    '%j',
    async (shape) => {
      const a = definite(shape);
      const b = r([...shape.slice(0, -1), 3], 2);
      const f = program((t: Tensor, s: Tensor) => {
        const l = op.cholesky(t);
        return {
          product: matmul(l, transposed(l)),
          identity: matmul(l, op.triangularInverse(add(l, 0))),
          solution: matmul(t, op.triangularSolve(l, op.triangularSolve(l, s), { transpose: true })),
        };
      });
      const { product, identity, solution } = await f(a, b);
      expect(differences(product, a)).toBeLessThan(1e-12 * largest(a));
      expect(differences(solution, b)).toBeLessThan(1e-11);
      const n = shape.at(-1)!;
      const eye = array(Array.from(identity.data, (_, i) => (Math.floor(i / n) % n === i % n ? 1 : 0)));
      expect(differences(identity, eye)).toBeLessThan(1e-11);
    },
  );

  it('float32 stays accurate for a condition number of 10⁴', async () => {
    // a = Σ λᵢ vᵢ vᵢᵀ, with the orthonormal vᵢ of a discrete cosine transform.
    const n = 192;
    const basis = Float64Array.from({ length: n * n }, (_, i) => {
      const [k, t] = [Math.floor(i / n), i % n];
      return (
        Math.sqrt((k === 0 ? 1 : 2) / n) *
        Math.cos((Math.PI * k * (t + 0.5)) / n) *
        10 ** ((-2 * k) / (n - 1))
      );
    });
    const v = array(basis, { dtype: 'float64', shape: [n, n] });
    const errors = await evaluate((t) => {
      const a = cast(matmul(transposed(t), t), 'float32');
      const [single, double] = [op.cholesky(a), op.cholesky(cast(a, 'float64'))];
      const exact = [double, op.triangularInverse(double)];
      const found = [single, op.triangularInverse(single)];
      return stack(exact.map((x, i) => add(x, mul(cast(found[i]!, 'float64'), -1))));
    }, v);
    const half = n * n;
    const error = (from: number) =>
      largest(array(Float64Array.from(errors.data.slice(from, from + half), Number)));
    expect(error(0)).toBeLessThan(1e-5);
    // The inverse's elements reach 100.
    expect(error(half)).toBeLessThan(1e-4 * 100);
  });
});

describe('gradients', () => {
  it.each<[string, (...ts: Tensor[]) => Tensor, NDArray[]]>([
    ['cholesky', op.cholesky, [definite([2, 3, 3])]],
    ['inverse of the factor', (t) => op.triangularInverse(op.cholesky(t)), [definite([3, 3])]],
    ['triangularInverse', op.triangularInverse, [definite([3, 3])]],
    [
      'upper, unit diagonal',
      (t) => op.triangularInverse(t, { lower: false, unitDiagonal: true }),
      [r([3, 3])],
    ],
    ['triangularSolve', op.triangularSolve, [definite([3, 3]), r([2, 3, 2])]],
    ['transposed', (l, b) => op.triangularSolve(l, b, { transpose: true }), [definite([2, 3, 3]), r([3, 2])]],
    ['upper', (l, b) => op.triangularSolve(l, b, { lower: false }), [definite([3, 3]), r([3, 2])]],
    ['whitening', (a, b) => op.triangularSolve(op.cholesky(a), b), [definite([3, 3]), r([3, 2])]],
  ])('%s', async (_, fn, inputs) => {
    await checkGradients(fn, inputs, { second: true });
  });

  it('of several blocks, along one direction', async () => {
    const base = constant(definite([70, 70]));
    const direction = constant(r([70, 70], 3));
    const along = (t: Tensor) => add(base, mul(broadcastTo(t, [70, 70]), direction));
    await checkGradients(
      (t) => op.triangularSolve(op.cholesky(along(t)), op.triangularInverse(along(t))),
      [array(0, { dtype: 'float64' })],
      { second: true },
    );
  });
});

it('a free batch', async () => {
  const f = program((t: Tensor) => op.cholesky(t), { inputs: [{ shape: ['B', 40, 40], dtype: 'float64' }] });
  const a = definite([3, 40, 40]);
  expect(differences(await f(a), await evaluate(op.cholesky, a))).toBe(0);
});

describe('errors', () => {
  it.each<[string, () => Tensor, RegExp]>([
    ['not square', () => op.cholesky(constant(r([2, 3]))), /cholesky: \[2, 3\] is not a square matrix/],
    [
      'integers',
      () => op.cholesky(constant(array([[1]], { dtype: 'int32' }))),
      /cholesky: is not defined for int32/,
    ],
    [
      'sides',
      () => op.triangularSolve(constant(r([3, 3])), constant(r([2, 3]))),
      /triangularSolve: right-hand sides \[2, 3\] do not align with \[3, 3\]: expected \[..., 3, m\]/,
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
  it('a free size', async () => {
    const f = program((t: Tensor) => op.cholesky(t), { inputs: [{ shape: ['n', 'n'] }] });
    await expect(f.compile()).rejects.toThrow(/cholesky: the size of \[n, n\] must be fixed/);
  });
});
