import { array, Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { normalizedMutualInformation, purity, silhouette } from './cluster-measures.js';
import { kMeans } from './clusters.js';
import { squaredDistance } from './features.js';

/** Clouds about (10 c, -10 c, …), far from the origin. */
function clouds(rows: number, width: number, k: number) {
  const features = new Generator(1).normalArray([rows, width]);
  const classes = Int32Array.from({ length: rows }, (_, i) => (i * 7) % k);
  for (let i = 0; i < features.size; i++)
    features.data[i]! += 500 + 10 * classes[Math.floor(i / width)]! * (i % 2 ? -1 : 1);
  return { features, classes };
}

describe('kMeans', () => {
  it('finds clouds, with their means as centres', async () => {
    const { features, classes } = clouds(90, 4, 6);
    const { assignments, centres, inertia, converged } = await kMeans(features, 6, { starts: 2 });
    expect(normalizedMutualInformation(assignments, classes)).toBeCloseTo(1, 12);
    expect(purity(assignments, classes)).toBe(1);
    expect(converged).toBe(true);
    let expected = 0;
    for (let c = 0; c < 6; c++) {
      const members = [...assignments.keys()].filter((i) => assignments[i] === c);
      for (let j = 0; j < 4; j++) {
        const mean = members.reduce((s, i) => s + features.data[4 * i + j]!, 0) / members.length;
        expect(centres.data[4 * c + j]).toBeCloseTo(mean, 3);
      }
      for (const i of members) expected += squaredDistance(features.data, 4 * i, centres.data, 4 * c, 4);
    }
    expect(inertia / expected).toBeCloseTo(1, 4);
  });

  it('is the same for the same seed, and takes equal vectors', async () => {
    const features = array(new Float32Array(20), { shape: [10, 2] });
    const { inertia } = await kMeans(features, 3, { starts: 1 });
    expect(inertia).toBe(0);
    const many = new Generator(3).normalArray([60, 2]);
    const run = (seed: number) => kMeans(many, 5, { starts: 1, seed });
    expect((await run(4)).assignments).toEqual((await run(4)).assignments);
  });

  it('refuses more clusters than vectors', async () => {
    await expect(kMeans(array([[1], [2]]), 3)).rejects.toThrow(/3 clusters are asked of 2 vectors/);
  });
});

describe('silhouette', () => {
  it('is what its definition gives', async () => {
    const features = array([
      [0, 0],
      [0, 1],
      [5, 0],
      [5, 1],
      [9, 9],
    ]);
    const clusters = Int32Array.of(4, 4, 0, 0, 7);
    const far = (5 + Math.sqrt(26)) / 2;
    expect(await silhouette(features, clusters)).toBeCloseTo((4 * (1 - 1 / far)) / 5, 12);
  });

  it('needs two clusters', async () => {
    await expect(silhouette(array([[0], [1]]), Int32Array.of(2, 2))).rejects.toThrow(/there is 1/);
  });

  it('of a sample is near that of all', async () => {
    const { features, classes } = clouds(800, 3, 2);
    const [all, some] = [
      await silhouette(features, classes),
      await silhouette(features, classes, { sample: 300 }),
    ];
    expect(some).not.toBe(all);
    expect(some).toBeCloseTo(all, 1);
  });
});

describe('agreement with classes', () => {
  // scikit-learn's documentation: normalized_mutual_info_score of labels that are cut across is 0.
  it.each([
    [[0, 0, 1, 1], [1, 1, 0, 0], 1, 1],
    [[0, 0, 0, 0], [0, 1, 2, 3], 0, 0.25],
    [[0, 0, 1, 1], [0, 1, 0, 1], 0, 0.5],
    [[3, 3], [1, 1], 1, 1],
  ])('%j and %j', (a, b, information, share) => {
    const [x, y] = [Int32Array.from(a), Int32Array.from(b)];
    expect(normalizedMutualInformation(x, y)).toBeCloseTo(information, 12);
    expect(purity(x, y)).toBe(share);
  });

  it('refuses labellings of different things', () => {
    expect(() => purity(Int32Array.of(1), Int32Array.of(1, 2))).toThrow(/1 and of 2 things/);
  });
});
