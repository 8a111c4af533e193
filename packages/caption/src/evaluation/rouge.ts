/**
 * @module ROUGE-L: the longest common subsequence (section 6).
 */
import { mean, type Pair } from './pairs.js';

/** How much more recall counts than precision. */
const BETA = 1.2;

/** Mean over the pairs of the weighted harmonic mean of precision and recall of their longest common subsequences. */
export const rougeL = (pairs: readonly Pair[]): number => mean(pairs.map(score));

function score({ hypothesis, reference }: Pair): number {
  // As the published scorer splits text by spaces: of no text comes one empty word.
  const [h, r] = [hypothesis, reference].map((words) => (words.length === 0 ? [''] : words)) as [
    readonly string[],
    readonly string[],
  ];
  const common = longestCommonSubsequence(h, r);
  if (common === 0) return 0;
  const [precision, recall] = [common / h.length, common / r.length];
  return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1);
  for (const word of a) {
    const row = new Uint32Array(b.length + 1);
    for (const [j, other] of b.entries()) {
      row[j + 1] = word === other ? above[j]! + 1 : Math.max(above[j + 1]!, row[j]!);
    }
    above = row;
  }
  return above[b.length]!;
}
