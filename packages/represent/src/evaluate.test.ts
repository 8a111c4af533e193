import { openListing } from '@sextant/image';
import { describe, expect, it } from 'vitest';
import { withClassesOf } from './evaluate.js';

/** A set of pictures that are never read. */
const labelled = (labels: readonly number[], classes?: readonly string[]) =>
  openListing({
    place: { kind: 'files', folder: '.', names: labels.map((_, i) => `${i}.png`) },
    labels: Int32Array.from(labels),
    ...(classes && { classes }),
    skipped: {},
  });

describe('withClassesOf', () => {
  const known = labelled([0, 1, 2], ['cat', 'dog', 'ship']);

  it('numbers classes by their names', () => {
    const set = withClassesOf(known, labelled([0, 1, 1], ['cat', 'ship']), 'held');
    expect([...set.labels!]).toEqual([0, 2, 2]);
    expect(set.classes).toEqual(known.classes);
    expect(set.name(2)).toBe('2.png');
  });

  it('takes numbers as they are where there are no names', () => {
    expect([...withClassesOf(known, labelled([2, 0]), 'held').labels!]).toEqual([2, 0]);
    expect([...withClassesOf(labelled([0, 1]), labelled([1], ['cat', 'ship']), 'held').labels!]).toEqual([1]);
  });

  it('says which class is not known, unless it has no picture', () => {
    const names = ['cat', 'zebra'];
    expect(() => withClassesOf(known, labelled([0, 1], names), 'held')).toThrow(
      'held: the class "zebra" is none of those to learn from, which are "cat", "dog", "ship"; leave it out',
    );
    expect([...withClassesOf(known, labelled([0, 0], names), 'held').labels!]).toEqual([0, 0]);
  });
});
