import { array, Generator, type NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { type Features, squaredDistance } from './features.js';
import { classifyByNeighbours } from './knn.js';
import { nearest } from './nearest.js';

const gaussian = (rows: number, width: number, seed: number): Features =>
  new Generator(seed).normalArray([rows, width]);

/** All distances one by one, sorted by distance and then by row. */
function slowly(base: Features, queries: Features, k: number): { row: number; distance: number }[][] {
  const width = base.shape[1]!;
  return Array.from({ length: queries.shape[0]! }, (_, q) =>
    Array.from({ length: base.shape[0]! }, (_, row) => ({
      row,
      distance: Math.sqrt(squaredDistance(queries.data, q * width, base.data, row * width, width)),
    }))
      .sort((a, b) => a.distance - b.distance || a.row - b.row)
      .slice(0, k),
  );
}

describe('nearest', () => {
  it.each([
    ['more than one block of the base', 8200, 12, 3, 5],
    ['more than one block of queries', 30, 1030, 3, 5],
    ['wide vectors', 300, 40, 200, 5],
    ['all of the base', 7, 20, 4, 7],
    ['one vector', 1, 3, 2, 1],
  ])('finds what measuring all distances finds: %s', async (_, n, q, width, k) => {
    const [base, queries] = [gaussian(n, width, 1), gaussian(q, width, 2)];
    const { indices, distances } = await nearest(base, queries, k);
    const expected = slowly(base, queries, k).flat();
    expect([...indices]).toEqual(expected.map(({ row }) => row));
    expect([...distances]).toEqual(expected.map(({ distance }) => distance));
  });

  it('is exact where float32 products cannot tell distances apart', async () => {
    // A few far vectors and a crowd within 1e-3, far from the mean.
    const base = gaussian(400, 16, 3);
    for (let i = 16; i < base.size; i++) base.data[i] = 1000 + base.data[i]! * 1e-3;
    const queries = gaussian(30, 16, 4);
    for (let i = 0; i < queries.size; i++) queries.data[i] = 1000 + queries.data[i]! * 1e-3;
    const { indices } = await nearest(base, queries, 5);
    expect([...indices]).toEqual(slowly(base, queries, 5).flatMap((found) => found.map(({ row }) => row)));
  });

  it('prefers the lower row among equal vectors', async () => {
    const base = array(new Float32Array(600), { shape: [300, 2] });
    const { indices, distances } = await nearest(base, array([[3, 4]]), 3);
    expect([...indices]).toEqual([0, 1, 2]);
    expect([...distances]).toEqual([5, 5, 5]);
  });

  it.each<[string, NDArray<'float32'>, number, RegExp]>([
    ['more neighbours than vectors', gaussian(2, 3, 1), 3, /3 nearest vectors are asked of 2/],
    ['none', gaussian(2, 3, 1), 0, /0 nearest vectors/],
    ['another width', gaussian(2, 4, 1), 1, /vectors of 4 and of 3 numbers/],
  ])('refuses %s', async (_, base, k, message) => {
    await expect(nearest(base, gaussian(1, 3, 2), k)).rejects.toThrow(message);
  });
});

describe('classifyByNeighbours', () => {
  it('takes the most frequent class, and the smallest of equally frequent ones', async () => {
    const features = array([[0], [1], [2], [10], [11], [12], [13]]);
    const labels = Int32Array.of(2, 1, 1, 3, 0, 0, 3);
    const { predictions } = await classifyByNeighbours({ features, labels }, array([[0], [11.4]]), 3);
    expect([...predictions]).toEqual([1, 0]);
    const tied = await classifyByNeighbours({ features, labels }, array([[11.6]]), 4);
    expect([...tied.predictions]).toEqual([0]);
  });

  it('refuses labels that do not match', async () => {
    const labelled = { features: gaussian(3, 2, 1), labels: Int32Array.of(0, 1) };
    await expect(classifyByNeighbours(labelled, gaussian(1, 2, 1))).rejects.toThrow(/2 labels for 3 vectors/);
  });
});
