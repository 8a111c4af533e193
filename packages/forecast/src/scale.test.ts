import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { samplingProbabilities, seriesScale } from './scale.js';

const missing = Number.NaN;

describe('the scale of a series', () => {
  it('is one more than a mean of its history', () => {
    const history = [0, 4, 0, 8];
    expect(seriesScale(history, 'mean_plus_one')).toBe(4);
    expect(seriesScale(history, 'nonzero_mean_plus_one')).toBe(7);
    expect(seriesScale([-2, 4], 'mean_abs_plus_one')).toBe(4);
  });
  it('leaves out what is missing, and is 1 where nothing is left', () => {
    expect(seriesScale([missing, 3, 5], 'mean_plus_one')).toBe(5);
    for (const nothing of [[], [missing], [0, 0]])
      expect(seriesScale(nothing, 'nonzero_mean_plus_one')).toBe(1);
  });
  it('refuses to be negative or nothing', () => {
    expect(() => seriesScale([-3], 'mean_plus_one')).toThrow(InputError);
    expect(() => seriesScale([-1], 'nonzero_mean_plus_one')).toThrow('use mean_abs_plus_one');
  });
  it('says how often windows are drawn', () => {
    expect([...samplingProbabilities([1, 3])]).toEqual([0.25, 0.75]);
  });
});
