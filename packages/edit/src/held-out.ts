/**
 * @module How many of a data set are trained on, and how many are held out.
 */

/** How many of `count` items are trained on; the others, a share of all rounded down, are held out. */
export const keptOf = (count: number, heldOut: number): number => Math.ceil(count * (1 - heldOut));
