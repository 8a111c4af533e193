import {
  cast,
  Generator,
  grad,
  matmul,
  mul,
  NDArray,
  program,
  sum,
  swapAxes,
  type Tensor,
} from '@sextant/engine';
import { checkGradients } from '@sextant/engine/testing';
import { describe, expect, it } from 'vitest';
import { whiten } from './whitening.js';

/** Rows of correlated numbers: d of them from `rank` independent ones, and noise. */
function correlated(rows: number, d: number, { rank = d, noise = 0.1, seed = 1 } = {}): NDArray<'float32'> {
  const random = new Generator(seed);
  const [sources, mixing, rest] = [
    random.normalArray([rows, rank]).data,
    random.normalArray([rank, d]).data,
    random.normalArray([rows, d]).data,
  ];
  const data = Float32Array.from({ length: rows * d }, (_, i) => {
    const [row, column] = [Math.floor(i / d), i % d];
    let v = 3 + noise * rest[i]!;
    for (let k = 0; k < rank; k++)
      v += (sources[row * rank + k]! * mixing[k * d + column]!) / Math.sqrt(rank);
    return v;
  });
  return new NDArray(data, [rows, d], 'float32');
}

describe('whiten', () => {
  it('gives mean 0 and covariance I', async () => {
    const [rows, d] = [64, 6];
    const f = program((x: Tensor) => {
      const z = whiten(x);
      return { mean: sum(z, { axes: 0 }), gram: matmul(swapAxes(z, 0, 1), z) };
    });
    const { mean, gram } = await f(correlated(rows, d));
    for (const v of mean.data) expect(v).toBeCloseTo(0, 3);
    for (const [i, v] of gram.data.entries()) {
      expect(Number(v) / (rows - 1)).toBeCloseTo(Math.floor(i / d) === i % d ? 1 : 0, 4);
    }
  });

  it('has its gradients', async () => {
    const x = correlated(12, 3);
    await checkGradients(
      (t: Tensor) => whiten(t, { eps: 0.01 }),
      [new NDArray(Float64Array.from(x.data), x.shape, 'float64')],
    );
  });

  it('of 512 numbers: float32 agrees with float64 below 1e-3', async () => {
    const x = correlated(1024, 512, { rank: 256 });
    const f = program((t: Tensor) => {
      const [single, double] = [whiten(t), whiten(cast(t, 'float64'))];
      return { single: cast(single, 'float64'), double };
    });
    const { single, double } = await f(x);
    const differences = Array.from(single.data, (v, i) => Math.abs(Number(v) - Number(double.data[i])));
    expect(differences.reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(1e-3);
  });

  it('has finite gradients where the covariance is nearly singular', async () => {
    const x = correlated(96, 32, { rank: 4, noise: 1e-3 });
    const f = program((t: Tensor) => {
      const z = whiten(t);
      return grad(sum(mul(z, z)), [t])[0]!;
    });
    const g = await f(x);
    expect((g.data as Float32Array).every(Number.isFinite)).toBe(true);
  });

  it('refuses fewer rows than a covariance needs', () => {
    const few = () => program((t: Tensor) => whiten(t))(correlated(8, 8));
    return expect(few()).rejects.toThrow(
      /8 rows of 8 numbers have a singular covariance: give at least 9 rows/,
    );
  });
});
