/**
 * @module The captioner's loss (section 3).
 */
import {
  add,
  cast,
  div,
  expandDims,
  gatherElements,
  mul,
  notEqual,
  slice,
  squeeze,
  sub,
  sum,
  type Tensor,
  where,
} from '@sextant/engine';
import { PADDING } from './masks.js';

/**
 * Kullback and Leibler's divergence of predictions from smoothed targets: a word's probability is 1 - smoothing, that of every
 * other smoothing / (V - 2), that of padding 0; positions of padding count nothing.
 *
 * @param logProbs - [B, S, V]
 * @param targets - integers [B, S]
 * @returns the sum over words, and how many there are.
 */
export function smoothedDivergence(
  logProbs: Tensor,
  targets: Tensor,
  smoothing: number,
): { readonly sum: Tensor; readonly words: Tensor } {
  const vocabulary = logProbs.shape[2] as number;
  const ids = cast(targets, 'int32');
  const counts = notEqual(ids, PADDING);
  const [each, own] = [smoothing / (vocabulary - 2), 1 - smoothing];
  const at = (id: Tensor) => squeeze(gatherElements(logProbs, expandDims(id, -1), -1), [-1]);
  const ofWord = at(ids);
  const ofPadding = squeeze(slice(logProbs, 2, PADDING, PADDING + 1), [2]);
  // Σ q ln q does not depend on predictions; of a target that is no padding it is the same everywhere.
  const entropy = plogp(own) + (vocabulary - 2) * plogp(each);
  const cross = add(mul(sub(sub(sum(logProbs, { axes: [-1] }), ofPadding), ofWord), each), mul(ofWord, own));
  const divergence = where(counts, sub(entropy, cross), 0);
  return { sum: sum(divergence), words: sum(cast(counts, 'float32')) };
}

/** p ln p, 0 at 0. */
const plogp = (p: number): number => (p === 0 ? 0 : p * Math.log(p));

/** Mean of {@link smoothedDivergence} over words. */
export function smoothedLoss(logProbs: Tensor, targets: Tensor, smoothing = 0.7): Tensor {
  const { sum: total, words } = smoothedDivergence(logProbs, targets, smoothing);
  return div(total, words);
}
