/**
 * @module Uniform numbers that depend on a seed alone.
 */

/** Gives the next number in [0, 1). */
export type Random = () => number;

/** The mulberry32 generator. @param seed - its lower 32 bits count. */
export function mulberry32(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed of whole numbers, of which each counts: a set's seed, a person, a frame. */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce((seed, part) => mulberry32(seed ^ part)() * 2 ** 32, 0);
}
