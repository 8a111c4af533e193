/**
 * @module Whether an edit leaves the person as they were (section 8 a).
 */
import type { Seen } from './method.js';
import { distance, mean } from './statistics.js';

/** From sources to edits, means over pictures. */
export interface IdentityChange {
  /** Of the unit vectors that stand for the persons: 1 where nothing changed. */
  readonly cosine: number;
  /** Euclidean, 0 where nothing changed. */
  readonly distance: number;
  /** Share of the edits that are taken for the same person. */
  readonly same: number;
}

/**
 * @param threshold - the cosine from which on two pictures are taken for one person's.
 * @throws RangeError when a picture was seen by nobody who tells persons apart.
 */
export function identityChange(
  sources: readonly Seen[],
  edited: readonly Seen[],
  threshold: number,
): IdentityChange {
  const pairs = edited.map(({ face: to }, i) => {
    const from = sources[i]!.face;
    if (!from || !to) throw new RangeError(`picture ${i} has no vector of its person`);
    return [from, to] as const;
  });
  const cosines = pairs.map(([a, b]) => cosine(a, b));
  return {
    cosine: mean(cosines),
    distance: mean(pairs.map(([a, b]) => distance(a, b))),
    same: mean(cosines.map((c) => (c >= threshold ? 1 : 0))),
  };
}

/** Of unit vectors. */
export const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((s, v, i) => s + v * b[i]!, 0);
