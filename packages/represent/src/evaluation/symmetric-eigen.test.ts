import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './symmetric-eigen.js';

/** G Gᵀ of a random G [n, rank]. */
function gram(n: number, rank: number, seed: number): Float64Array {
  const g = new Generator(seed).normalArray([n, rank]).data;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += g[i * rank + k]! * g[j * rank + k]!;
    return sum;
  });
}

describe('symmetricEigen', () => {
  it('gives known values', () => {
    // The second difference of 4 points: 2 - 2 cos(k π / 5).
    const matrix = Float64Array.of(2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2, -1, 0, 0, -1, 2);
    const { values } = symmetricEigen(matrix, 4);
    for (const [i, k] of [4, 3, 2, 1].entries())
      expect(values[i]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / 5), 14);
  });

  it.each([
    [1, 1],
    [2, 2],
    [40, 40],
    [40, 3],
    [120, 119],
  ])('gives orthonormal vectors that the matrix stretches: size %i, rank %i', (n, rank) => {
    const matrix = gram(n, rank, 1);
    const { values, vectors } = symmetricEigen(matrix, n, { vectors: true });
    const row = (i: number) => vectors!.subarray(i * n, (i + 1) * n);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, k) => s + v * b[k]!, 0);
    const tolerance = 1e-12 * values[0]!;
    for (let i = 0; i < n; i++) {
      const image = Float64Array.from({ length: n }, (_, r) =>
        dot(matrix.subarray(r * n, (r + 1) * n), row(i)),
      );
      for (let k = 0; k < n; k++)
        expect(Math.abs(image[k]! - values[i]! * row(i)[k]!)).toBeLessThan(tolerance);
      for (let j = 0; j <= i; j++)
        expect(Math.abs(dot(row(i), row(j)) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
      if (i >= rank) expect(Math.abs(values[i]!)).toBeLessThan(tolerance);
    }
    expect(symmetricEigen(matrix, n).values).toEqual(values);
  });

  it('takes zeros, equal values and numbers of very different sizes', () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    const diagonal = Float64Array.of(1e-150, 0, 0, 0, 5, 0, 0, 0, 5);
    expect([...symmetricEigen(diagonal, 3).values]).toEqual([5, 5, 1e-150]);
    const tiny = gram(5, 5, 2).map((v) => v * 1e-200);
    const expected = symmetricEigen(gram(5, 5, 2), 5).values;
    for (const [i, v] of symmetricEigen(tiny, 5).values.entries())
      expect(v / (expected[i]! * 1e-200)).toBeCloseTo(1, 10);
  });

  it('refuses what is not finite', () => {
    expect(() => symmetricEigen(Float64Array.of(Number.NaN), 1)).toThrow(RangeError);
  });
});
