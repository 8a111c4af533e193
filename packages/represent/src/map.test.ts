import { array, Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { principalCoordinates } from './components.js';
import { classifyByNeighbours } from './evaluation/knn.js';
import { mapVectors, UMAP_LIMIT } from './map.js';

/** Clouds in 20 dimensions about directions of their own. */
function clouds(rows: number, k: number) {
  const features = new Generator(1).normalArray([rows, 20]);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % k);
  for (let i = 0; i < rows; i++) features.data[20 * i + labels[i]!]! += 12;
  return { features, labels };
}

describe('principalCoordinates', () => {
  it('finds the directions of largest variance', async () => {
    const spread = [1, 9, 0.5, 4];
    const features = new Generator(2).normalArray([500, 4]);
    for (let i = 0; i < features.size; i++) features.data[i]! *= spread[i % 4]!;
    const { data } = await principalCoordinates(features, 2);
    for (const [c, column] of [
      [0, 1],
      [1, 3],
    ] as const) {
      let [xy, xx, yy] = [0, 0, 0];
      for (let i = 0; i < 500; i++) {
        const [x, y] = [data[2 * i + c]!, features.data[4 * i + column]!];
        [xy, xx, yy] = [xy + x * y, xx + x * x, yy + y * y];
      }
      expect(Math.abs(xy) / Math.sqrt(xx * yy)).toBeGreaterThan(0.99);
    }
  });

  it('takes what has fewer dimensions', async () => {
    const { data } = await principalCoordinates(array([[1], [2], [6]]), 2);
    const expected = [-2, 0, -1, 0, 3, 0];
    for (const [i, v] of data.entries()) expect(v).toBeCloseTo(expected[i]!, 5);
    expect([
      ...(
        await principalCoordinates(
          array([
            [1, 2],
            [1, 2],
          ]),
          2,
        )
      ).data,
    ]).toEqual([0, 0, 0, 0]);
  });
});

describe('mapVectors', () => {
  it('keeps clouds together, the same for the same seed', async () => {
    const { features, labels } = clouds(120, 6);
    const epochs: number[] = [];
    const run = (seed: number) =>
      mapVectors(features, { seed, epochs: 120, onEpoch: (epoch) => void epochs.push(epoch) });
    const points = await run(1);
    expect(points.shape).toEqual([120, 2]);
    expect(epochs).toEqual(Array.from({ length: 120 }, (_, i) => i));
    const { predictions } = await classifyByNeighbours({ features: points, labels }, points, 9);
    expect(predictions).toEqual(labels);
    expect(await run(1)).toEqual(points);
    expect(await run(2)).not.toEqual(points);
  });

  it('takes equal vectors, and few', async () => {
    const same = array(new Float32Array(60).fill(1), { shape: [30, 2] });
    expect((await mapVectors(same, { epochs: 5 })).data.every(Number.isFinite)).toBe(true);
    expect(
      (
        await mapVectors(
          array([
            [1, 2],
            [3, 1],
            [5, 9],
          ]),
        )
      ).shape,
    ).toEqual([3, 2]);
    expect((await mapVectors(clouds(6, 2).features, { epochs: 5 })).shape).toEqual([6, 2]);
  });

  it('refuses what it cannot place', async () => {
    const many = array(new Float32Array(UMAP_LIMIT + 1).fill(1), { shape: [UMAP_LIMIT + 1, 1] });
    await expect(mapVectors(many)).rejects.toThrow(/20001 vectors are more than the 20000/);
    await expect(mapVectors(clouds(9, 2).features, { neighbours: 1 })).rejects.toThrow(/1 neighbours/);
    await expect(
      mapVectors(
        array([
          [0, 0],
          [1, 0],
        ]),
      ),
    ).rejects.toThrow(/vector 0 is all zeros/);
  });
});
