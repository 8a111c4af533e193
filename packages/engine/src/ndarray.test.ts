import { describe, expect, it } from 'vitest';
import { array, zeros } from './ndarray.js';

describe('array', () => {
  it('takes its shape from nested lists', () => {
    const { shape, data } = array([[1, 2, 3], Float32Array.of(4, 5, 6) as never]);
    expect([shape, [...data]]).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
  });
  it('refuses ragged lists, and what is no number', () => {
    expect(() => array([[1, 2], [3]])).toThrow('array(): nested lists are ragged');
    for (const [wrong, what] of [
      [['1'], 'string'],
      [[null], 'null'],
      [[{ x: 1 }], 'Object'],
      [undefined, 'undefined'],
    ] as const) {
      expect(() => array(wrong as never)).toThrow(
        `array: expected numbers or nested lists of numbers, found ${what}`,
      );
    }
  });
});

describe('zeros', () => {
  it('has the shape', () => {
    expect(zeros([2, 0, 3])).toMatchObject({ size: 0, shape: [2, 0, 3] });
    expect(zeros([])).toMatchObject({ size: 1 });
  });
  it.each([-1, 1.5, Number.NaN])('refuses a size of %d', (size) => {
    expect(() => zeros([2, size])).toThrow(
      `zeros: shape [2, ${size}] has a size that is not a whole number, 0 or above`,
    );
  });
});
