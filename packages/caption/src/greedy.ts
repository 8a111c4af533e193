/**
 * @module Sentences word by word, always the likeliest (section 5).
 */
import {
  add,
  all,
  arange,
  argmax,
  cast,
  equal,
  expandDims,
  full,
  gather,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  sub,
  type Tensor,
  where,
  whileLoop,
} from '@sextant/engine';
import { PADDING } from './masks.js';

/** What begins and ends a sentence. */
export const [START, END] = [2, 3];

export interface Sentences {
  /** Ids [B, maxLength + 1], the start first; what follows a row's end means nothing. */
  readonly ids: Tensor;
  /** How many of them were written: the longest sentence's, start and end included. */
  readonly length: Tensor;
}

/**
 * Writes until every row has ended, or `maxLength` words: one loop in the program.
 *
 * @param decode - log probabilities [B, S, V] of the word after each of ids [B, S].
 * @param batch - B
 */
export function greedy(decode: (ids: Tensor) => Tensor, batch: number, maxLength: number): Sentences {
  const int32 = (value: number) => cast(value, 'int32');
  const place = cast(arange(maxLength + 1), 'int32');
  const first = equal(place, 0);
  const { ids, length } = whileLoop(
    ({ length, ended }) => logicalAnd(lessEqual(length, int32(maxLength)), logicalNot(all(ended))),
    ({ ids, length, ended }) => {
      // Words see those before them only, so padding behind the last one changes nothing.
      const next = cast(argmax(gather(decode(ids), sub(length, int32(1)), 1), 1), 'int32');
      return {
        ids: where(equal(place, length), expandDims(next, 1), ids),
        length: add(length, int32(1)),
        ended: logicalOr(ended, equal(next, END)),
      };
    },
    {
      ids: where(first, int32(START), full([batch, maxLength + 1], int32(PADDING))),
      length: int32(1),
      ended: equal(full([batch], int32(0)), 1),
    },
  );
  return { ids, length };
}

/** The words of a row without start and what stands behind its end. */
export function wordsOf(ids: ArrayLike<number>): number[] {
  const words = Array.from(ids).slice(1);
  const end = words.indexOf(END);
  return end < 0 ? words : words.slice(0, end);
}
