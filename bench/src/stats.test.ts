import { describe, expect, test } from 'vitest';
import { median, quantile, spread } from './stats.js';

describe('statistics', () => {
  test.each([
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('median of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

  test('quantiles are interpolated and leave the values as they are', () => {
    const values = [4, 0, 2, 6, 8];
    expect([0, 0.25, 0.625, 1].map((q) => quantile(values, q))).toEqual([0, 2, 5, 8]);
    expect(values).toEqual([4, 0, 2, 6, 8]);
  });

  test('spread is the middle half as a fraction of the median', () => {
    expect(spread([1, 2, 4, 6, 100])).toBe(1);
    expect(spread([5, 5, 5])).toBe(0);
  });

  test('no values are an error', () => expect(() => median([])).toThrow(RangeError));
});
