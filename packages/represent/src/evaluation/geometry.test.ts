import { array, Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { normalized, squaredDistance } from './features.js';
import { alignment, spectrum, uniformity } from './geometry.js';

describe('alignment', () => {
  it('is the mean squared distance on the sphere', () => {
    const [x, y] = [
      array([
        [2, 0],
        [0, 3],
      ]),
      array([
        [5, 0],
        [4, 0],
      ]),
    ];
    expect(alignment([x, y])).toBeCloseTo(1, 6);
    expect(alignment([x, y], 1)).toBeCloseTo(Math.SQRT2 / 2, 6);
    expect(() => alignment([x, array([[1, 2]])])).toThrow(/2 and 1 vectors are not pairs/);
  });
});

describe('uniformity', () => {
  it('is what its definition gives', async () => {
    const features = new Generator(1).normalArray([1100, 3]);
    const { data } = normalized(features);
    let [total, pairs] = [0, 0];
    for (let i = 0; i < 1100; i++)
      for (let j = 0; j < i; j++, pairs++)
        total += Math.exp(-2 * squaredDistance(data, 3 * i, data, 3 * j, 3));
    expect(await uniformity(features)).toBeCloseTo(Math.log(total / pairs), 5);
  });

  it('is 0 for collapsed vectors and about -2t for spread ones', async () => {
    expect(await uniformity(array(new Float32Array(40).fill(3), { shape: [10, 4] }))).toBeCloseTo(0, 5);
    expect(await uniformity(new Generator(1).normalArray([300, 200]), { sample: 100 })).toBeCloseTo(-3.95, 1);
    await expect(uniformity(array([[1, 2]]))).rejects.toThrow(/two vectors or more/);
  });
});

describe('spectrum', () => {
  it('counts the dimensions that vectors fill', async () => {
    const isotropic = await spectrum(new Generator(1).normalArray([5000, 10]));
    expect(isotropic.rank).toBe(10);
    expect(isotropic.effectiveRank).toBeGreaterThan(9.95);
    // Three directions in ten dimensions, about a far point.
    const low = new Generator(2).normalArray([400, 3]).data;
    const map = new Generator(3).normalArray([3, 10]).data;
    const flat = Float32Array.from({ length: 4000 }, (_, at) => {
      const [i, j] = [Math.floor(at / 10), at % 10];
      return 7 + low[3 * i]! * map[j]! + low[3 * i + 1]! * map[10 + j]! + low[3 * i + 2]! * map[20 + j]!;
    });
    const { rank, effectiveRank } = await spectrum(array(flat, { shape: [400, 10] }));
    expect(rank).toBe(3);
    expect(effectiveRank).toBeLessThan(3.01);
  });

  it('is of singular values', async () => {
    // Centred columns (±3, ∓3) and (±4, ∓4) in one direction: singular value √50.
    const { singularValues } = await spectrum(
      array([
        [4, 4],
        [-2, -4],
      ]),
    );
    expect(singularValues[0]).toBeCloseTo(Math.sqrt(50), 12);
    expect(singularValues[1]).toBeCloseTo(0, 6);
  });

  it('of collapsed vectors is 0 about their mean, 1 about 0', async () => {
    const collapsed = array([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const about = await spectrum(collapsed);
    expect([about.rank, about.effectiveRank]).toEqual([0, 0]);
    const { rank, effectiveRank, singularValues } = await spectrum(collapsed, { centred: false });
    expect(rank).toBe(1);
    expect(effectiveRank).toBeCloseTo(1, 6);
    expect(singularValues[0]).toBeCloseTo(Math.sqrt(15), 12);
  });
});
