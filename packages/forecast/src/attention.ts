/**
 * @module Causal attention by a pattern of offsets, without an L × L tensor (section 3.2 of the paper).
 *
 * Keys at one offset from their queries are the keys shifted by it: the score of offset o is the product of the
 * queries with the shifted keys, summed over a head's features. So attention by n offsets takes n shifted products
 * forwards and three times as many backwards, and keeps scores [n, L] instead of [L, L]. Heads' features stand
 * before time, so that sums over features add whole rows.
 */
import {
  add,
  arange,
  cast,
  constant,
  customVjp,
  type Dim,
  expandDims,
  greater,
  matmul,
  mul,
  NDArray,
  pad,
  slice,
  softmax,
  stack,
  sum,
  swapAxes,
  type Tensor,
} from '@sextant/engine';
import { isFull, type Pattern } from './patterns.js';

export interface PatternAttentionOptions {
  readonly pattern: Pattern;
  /** Applied to the weights after the softmax. */
  readonly dropout?: (weights: Tensor) => Tensor;
}

/** Where attention is forbidden; its exponential is exactly 0 beside any other score. */
const FORBIDDEN = -1e9;

/**
 * Attention of every position to those its pattern allows: q, k, v [B, H, d, L] → [B, H, d, L]. Scores are the plain
 * products of q and k: queries come scaled.
 *
 * @returns `output`, and the weights [B, H, n, L] by the pattern's offsets; [B, H, L, L] where it is full.
 */
export function patternAttention(q: Tensor, k: Tensor, v: Tensor, options: PatternAttentionOptions) {
  return isFull(options.pattern) ? fullAttention(q, k, v, options) : shiftedAttention(q, k, v, options);
}

/** Matrix products: every offset is used. */
function fullAttention(q: Tensor, k: Tensor, v: Tensor, { dropout = (w) => w }: PatternAttentionOptions) {
  const scores = matmul(swapAxes(q, -1, -2), k);
  const weights = softmax(add(scores, cast(causalBias(q.shape.at(-1)!), scores.dtype)), -1);
  return { output: matmul(v, swapAxes(dropout(weights), -1, -2)), weights };
}

function shiftedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { pattern, dropout = (w) => w }: PatternAttentionOptions,
) {
  const { offsets } = pattern;
  const scores = shiftedScores(q, k, offsets);
  const bias = slice(offsetBias(pattern), 1, 0, q.shape.at(-1)!);
  const weights = softmax(add(scores, cast(bias, scores.dtype)), 2);
  return { output: shiftedMix(dropout(weights), v, offsets), weights };
}

/** Scores [B, H, n, L] of queries with the keys that stand n offsets before them (zeros before the first). */
const shiftedScores = (query: Tensor, key: Tensor, offsets: readonly number[]): Tensor =>
  customVjp(
    (q, k) => {
      const at = delayed(k, offsets);
      return stack(
        offsets.map((o) => sum(mul(q, at(o)), { axes: [2] })),
        2,
      );
    },
    [query, key],
    (g, [q, k]) => [weightedSum(delayed(k, offsets), g, offsets), weightedAdvance(q, g, offsets)],
  );

/** Means [B, H, d, L] of the values at the offsets, by weights [B, H, n, L]. */
const shiftedMix = (weights: Tensor, values: Tensor, offsets: readonly number[]): Tensor =>
  customVjp(
    (w, v) => weightedSum(delayed(v, offsets), w, offsets),
    [weights, values],
    (g, [w, v]) => {
      const at = delayed(v, offsets);
      const ofWeights = stack(
        offsets.map((o) => sum(mul(g, at(o)), { axes: [2] })),
        2,
      );
      return [ofWeights, weightedAdvance(g, w, offsets)];
    },
  );

/** x [..., L] as it was o steps earlier: zeros, then x without its last o positions. */
export function delayed(x: Tensor, offsets: readonly number[]): (offset: number) => Tensor {
  const longest = Math.max(...offsets);
  const padded = pad(x, [[longest, 0]]);
  return (o) => (o === 0 ? x : slice(padded, -1, longest - o, -o));
}

/** x [..., L] as it will be o steps later: x without its first o positions, then zeros. */
function advanced(x: Tensor, offsets: readonly number[]): (offset: number) => Tensor {
  const longest = offsets.at(-1)!;
  const padded = pad(x, [[0, longest]]);
  return (o) => (o === 0 ? x : slice(padded, -1, o, o === longest ? undefined : o - longest));
}

/** Σₒ weights[o] · at(o): weights [B, H, n, L] and [B, H, d, L] → [B, H, d, L]. */
const weightedSum = (at: (o: number) => Tensor, weights: Tensor, offsets: readonly number[]): Tensor =>
  offsets.map((o, i) => mul(at(o), slice(weights, 2, i, i + 1))).reduce((a, b) => add(a, b));

/** Σₒ of weights[o] · x, o steps later: what a position gives to those that look back to it. */
function weightedAdvance(x: Tensor, weights: Tensor, offsets: readonly number[]): Tensor {
  const at = advanced(x, offsets);
  return offsets
    .map((o, i) => mul(at(o), advanced(slice(weights, 2, i, i + 1), [o])(o)))
    .reduce((a, b) => add(a, b));
}

/** What is added to scores: 0 where position p may use the n-th offset, forbidding where not; [n, length]. */
export function offsetBias({ offsets, length, allows }: Pattern): Tensor {
  const bias = new Float32Array(offsets.length * length);
  for (const [i, o] of offsets.entries()) {
    for (let p = 0; p < length; p++) if (p < o || !allows(p, o)) bias[i * length + p] = FORBIDDEN;
  }
  return constant(new NDArray(bias, [offsets.length, length], 'float32'));
}

/** What is added to scores [L, L] of a full pattern. */
function causalBias(length: Dim): Tensor {
  const positions = arange(length);
  return mul(cast(greater(positions, expandDims(positions, 1)), 'float32'), FORBIDDEN);
}
