/**
 * @module Lengths of anchors: clusters of the lengths of events (section 2).
 */
import { Generator } from '@sextant/engine';
import { InputError } from '@sextant/io';

export interface AnchorOptions {
  /** Centres to begin with; drawn from the lengths by the seed if absent. */
  readonly init?: readonly number[];
  readonly seed?: number;
  readonly maxIterations?: number;
  /** Ends when the centres' squared shift is at most this share of the lengths' variance (1e-4). */
  readonly tolerance?: number;
}

/**
 * Centres of k-means of lengths in seconds (Lloyd's iterations), ascending [k].
 *
 * @throws InputError for fewer lengths than clusters.
 */
export function clusterLengths(lengths: readonly number[], k: number, options: AnchorOptions = {}): number[] {
  const { seed = 13, maxIterations = 300, tolerance = 1e-4 } = options;
  if (lengths.length < k) throw new InputError(`${lengths.length} events are too few for ${k} anchors`);
  let centres = [...(options.init ?? drawn(lengths, k, seed))];
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  const limit = (tolerance * lengths.reduce((a, b) => a + (b - mean) ** 2, 0)) / lengths.length;
  let labels: number[] = [];
  for (let i = 0; i < maxIterations; i++) {
    const now = lengths.map((length) => nearest(centres, length));
    const settled = labels.length > 0 && now.every((label, at) => label === labels[at]);
    labels = now;
    if (settled) break;
    const next = centres.map((centre, label) => {
      const own = lengths.filter((_, at) => now[at] === label);
      return own.length === 0 ? centre : own.reduce((a, b) => a + b, 0) / own.length;
    });
    const shift = next.reduce((a, centre, label) => a + (centre - centres[label]!) ** 2, 0);
    centres = next;
    if (shift <= limit) break;
  }
  return centres.sort((a, b) => a - b);
}

function nearest(centres: readonly number[], length: number): number {
  let best = 0;
  for (const [label, centre] of centres.entries()) {
    if (Math.abs(centre - length) < Math.abs(centres[best]! - length)) best = label;
  }
  return best;
}

/** Some of the lengths, at random. */
const drawn = (lengths: readonly number[], k: number, seed: number): number[] =>
  Array.from(new Generator(seed).permutation(lengths.length).data.slice(0, k), (i) => lengths[i]!);
