import { Generator } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import * as init from './init.js';
import { Linear } from './linear.js';
import { manualSeed, skipInit } from './random.js';

const generator = () => new Generator(3);
const moments = (data: Float32Array) => {
  const mean = data.reduce((s, v) => s + v, 0) / data.length;
  const std = Math.sqrt(data.reduce((s, v) => s + (v - mean) ** 2, 0) / data.length);
  return { mean, std, low: Math.min(...data), high: Math.max(...data) };
};

describe('distributions', () => {
  it('uniform', () => {
    const m = moments(init.uniform([100, 100], { low: 1, high: 4, generator: generator() }).data);
    expect(m.mean).toBeCloseTo(2.5, 1);
    expect(m.std).toBeCloseTo(3 / Math.sqrt(12), 1);
    expect(m.low).toBeGreaterThanOrEqual(1);
    expect(m.high).toBeLessThan(4);
  });
  it('normal', () => {
    const m = moments(init.normal([100, 100], { mean: 1, std: 0.5, generator: generator() }).data);
    expect(Math.abs(m.mean - 1)).toBeLessThan(0.02);
    expect(Math.abs(m.std - 0.5)).toBeLessThan(0.02);
    expect(m.high).toBeGreaterThan(2.5);
  });
  it('truncatedNormal', () => {
    const m = moments(init.truncatedNormal([100, 100], { low: -1, high: 1, generator: generator() }).data);
    expect([m.low >= -1, m.high <= 1]).toEqual([true, true]);
    // The standard deviation of N(0, 1) within [-1, 1].
    expect(Math.abs(m.std - 0.5396)).toBeLessThan(0.02);
    expect(() => init.truncatedNormal([1], { low: 8, high: 9 })).toThrow(/truncatedNormal: \[8, 9\] is far/);
  });
  it('zeros and ones', () => {
    expect([...init.zeros([2]).data, ...init.ones([2]).data]).toEqual([0, 0, 1, 1]);
  });
});

describe('scaled to the layer', () => {
  const shape = [64, 32, 3];
  it('fans', () => {
    expect(init.fans(shape)).toEqual({ fanIn: 96, fanOut: 192 });
    expect(() => init.fans([3])).toThrow(/fans: \[3\] needs two axes at least/);
  });
  // Bounds of uniform distributions and deviations of normal ones, by PyTorch's formulas.
  it.each<[string, (s: number[], o: object) => { data: Float32Array }, object, 'high' | 'std', number]>([
    ['xavierUniform', init.xavierUniform, {}, 'high', Math.sqrt(6 / 288)],
    ['xavierUniform, gain', init.xavierUniform, { gain: 2 }, 'high', 2 * Math.sqrt(6 / 288)],
    ['xavierNormal', init.xavierNormal, {}, 'std', Math.sqrt(2 / 288)],
    ['kaimingUniform', init.kaimingUniform, {}, 'high', Math.sqrt(6 / 96)],
    ['kaimingUniform, slope √5', init.kaimingUniform, { slope: Math.sqrt(5) }, 'high', 1 / Math.sqrt(96)],
    [
      'kaimingNormal, fanOut',
      init.kaimingNormal,
      { mode: 'fanOut', nonlinearity: 'relu' },
      'std',
      1 / Math.sqrt(96),
    ],
    ['kaimingNormal, tanh', init.kaimingNormal, { nonlinearity: 'tanh' }, 'std', 5 / 3 / Math.sqrt(96)],
  ])('%s', (_, fn, options, statistic, expected) => {
    const { [statistic]: value } = moments(fn(shape, { generator: generator(), ...options }).data);
    expect(value / expected).toBeGreaterThan(0.97);
    expect(value / expected).toBeLessThan(1.03);
  });
  it.each([[[3, 5]], [[5, 3]], [[4, 2, 2]]])('orthogonal %j', (shape) => {
    const { data } = init.orthogonal(shape, { gain: 2, generator: generator() });
    const rows = shape[0]!;
    const columns = data.length / rows;
    const short = Math.min(rows, columns);
    for (let i = 0; i < short; i++) {
      for (let j = 0; j < short; j++) {
        let product = 0;
        for (let k = 0; k < Math.max(rows, columns); k++) {
          product +=
            rows <= columns
              ? data[i * columns + k]! * data[j * columns + k]!
              : data[k * columns + i]! * data[k * columns + j]!;
        }
        expect(product).toBeCloseTo(i === j ? 4 : 0, 5);
      }
    }
  });
});

describe('skipInit', () => {
  it('leaves weights zero and the default generator where it was', () => {
    manualSeed(4);
    const drawn = new Linear(3, 2).stateDict();
    manualSeed(4);
    const blank = skipInit(() => new Linear(3, 2)).stateDict();
    expect([...blank.get('weight')!.data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(new Linear(3, 2).stateDict()).toEqual(drawn);
  });
});
