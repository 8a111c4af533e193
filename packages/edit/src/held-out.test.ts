import { Generator } from '@sextant/engine';
import { expect, it } from 'vitest';
import { splitShots } from './estimator/train.js';
import { splitCodes } from './flow/codes.js';
import { keptOf } from './held-out.js';
import { splitPeople } from './identity/data.js';

it.each([
  [20, 0.05, 19],
  [19, 0.05, 19],
  [25, 0.1, 23],
  [25, 0, 25],
])('of %d with a share of %d held out, all learn from %d', (count, heldOut, kept) => {
  expect(keptOf(count, heldOut)).toBe(kept);
  const random = new Generator(1);
  const codes = { w: random.normalArray([count, 1, 2]), context: random.normalArray([count, 3]) };
  const { training, held } = splitCodes(codes, heldOut);
  expect([training.w.shape[0], held?.w.shape[0] ?? 0]).toEqual([kept, count - kept]);
  const people = splitPeople(
    Int32Array.from({ length: count }, (_, i) => i),
    heldOut,
  );
  expect([people.training.size, people.held.size]).toEqual([kept, count - kept]);
  const shots = {
    length: count,
    get: (i: number) => ({ image: random.normalArray([i]), shown: random.normalArray([i]) }),
  };
  const split = () => splitShots(shots, { heldOut, batchSize: 1 });
  if (kept === count) expect(split).toThrow(/are too few to hold some out/);
  else expect([split().training.length, split().held.length]).toEqual([kept, count - kept]);
});
