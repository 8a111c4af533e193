/**
 * @module Whether vectors tell persons apart: every pair of pictures is asked whether it shows one person.
 */

export interface Verification {
  /** Share of wrong answers at the threshold where as many pairs of one person are refused as of two are accepted. */
  readonly equalError: number;
  /** The cosine from which on a pair is accepted. */
  readonly threshold: number;
  /** Share of right answers at the best threshold, where pairs of one person and of two count half each. */
  readonly accuracy: number;
  /** Pairs of one person, and of two. */
  readonly pairs: readonly [same: number, different: number];
}

/**
 * Verification on all pairs.
 *
 * @param vectors - of length 1.
 * @param people - of each vector.
 * @throws RangeError when all pairs are of one kind.
 */
export function verify(vectors: readonly Float32Array[], people: ArrayLike<number>): Verification {
  const [same, different]: [number[], number[]] = [[], []];
  for (let i = 0; i < vectors.length; i++) {
    const a = vectors[i]!;
    for (let j = 0; j < i; j++) {
      const b = vectors[j]!;
      let cosine = 0;
      for (let k = 0; k < a.length; k++) cosine += a[k]! * b[k]!;
      (people[i] === people[j] ? same : different).push(cosine);
    }
  }
  if (same.length === 0 || different.length === 0)
    throw new RangeError('verification needs pairs of one person and of two');
  const [accepted, refused] = [Float64Array.from(same).sort(), Float64Array.from(different).sort()];
  let [wrong, least, equal, threshold] = [0, 1, 1, accepted[0]!];
  let gap = Number.POSITIVE_INFINITY;
  // Every cosine of one person as a threshold: those below it are refused.
  for (const [below, cosine] of accepted.entries()) {
    while (wrong < refused.length && refused[wrong]! < cosine) wrong++;
    const [missed, taken] = [below / accepted.length, 1 - wrong / refused.length];
    least = Math.min(least, (missed + taken) / 2);
    if (Math.abs(missed - taken) < gap) {
      gap = Math.abs(missed - taken);
      [equal, threshold] = [(missed + taken) / 2, cosine];
    }
  }
  return { equalError: equal, threshold, accuracy: 1 - least, pairs: [same.length, different.length] };
}
