import { expect, it } from 'vitest';
import { verify } from './verification.js';

/** On the unit circle. */
const at = (degrees: number) =>
  Float32Array.of(Math.cos((Math.PI * degrees) / 180), Math.sin((Math.PI * degrees) / 180));
const cosine = (degrees: number) => Math.cos((Math.PI * degrees) / 180);

it('tells persons apart without error where they are', () => {
  const { equalError, accuracy, threshold, pairs } = verify([0, 5, 90, 96].map(at), [7, 7, 3, 3]);
  expect([equalError, accuracy]).toEqual([0, 1]);
  expect(threshold).toBeCloseTo(cosine(6), 6);
  expect(pairs).toEqual([2, 4]);
});

it('finds where as many of both kinds are wrong', () => {
  const people = [0, 0, 1, 1, 2, 2, 3, 3];
  const angles = [0, 5, 100, 110, 200, 240, 300, 383];
  const { equalError, accuracy, threshold, pairs } = verify(angles.map(at), people);
  expect(pairs).toEqual([4, 24]);
  // One pair of 4 is further apart than 40 degrees; of 24 pairs of two persons 18 and 23 degrees are nearer.
  expect(threshold).toBeCloseTo(cosine(40), 6);
  expect(equalError).toBeCloseTo((1 / 4 + 2 / 24) / 2, 6);
  // At 83 degrees none is refused, and also 60, 60, 65 and 77 degrees are accepted.
  expect(accuracy).toBeCloseTo(1 - (0 + 6 / 24) / 2, 6);
});

it('needs pairs of both kinds', () => {
  expect(() => verify([0, 1].map(at), [1, 2])).toThrow(/pairs of one person and of two/);
});
