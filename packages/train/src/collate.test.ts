import { array, zeros } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { collate } from './collate.js';

describe('collate', () => {
  it('stacks arrays, numbers, objects and lists', () => {
    const item = (i: number) => ({ mel: zeros([2, 3]), pair: [array(i, { dtype: 'int64' }), i] as const });
    expect(collate([item(1), item(2)])).toEqual({
      mel: zeros([2, 2, 3]),
      pair: [array([1, 2], { dtype: 'int64' }), array([1, 2])],
    });
  });

  it.each([
    [[{ x: zeros([2]) }, { x: zeros([3]) }], 'collate: x of one batch differ: float32 [2] and float32 [3]'],
    [
      [zeros([1]), zeros([1], 'float64')],
      'collate: the items of one batch differ: float32 [1] and float64 [1]',
    ],
    [[{ a: { b: zeros([1]) } }, { a: { b: 1 } }], 'collate: a.b of one batch differ: float32 [1] and number'],
    [[{ name: 'a' }], 'collate: name is string; give the loader a collate of its own'],
    [[null], 'collate: the item is null; give the loader a collate of its own'],
  ])('refuses %o', (items, message) => {
    expect(() => collate(items as unknown[])).toThrow(new RangeError(message));
  });
});
