/**
 * @module BLEU: how many runs of a hypothesis' words are in the reference (section 6).
 */
import { ngrams, type Pair, sum } from './pairs.js';

const ORDERS = [1, 2, 3, 4] as const;
/** Keep what is divided from being 0. */
const [TINY, SMALL] = [1e-15, 1e-9];

/** BLEU-1 to BLEU-4 of all pairs together, with a penalty for hypotheses that are shorter than the references. */
export function bleu(pairs: readonly Pair[]): [number, number, number, number] {
  const length = (side: keyof Pair) => sum(pairs.map((pair) => pair[side].length));
  const ratio = (length('hypothesis') + TINY) / (length('reference') + SMALL);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return ORDERS.map((n) => {
    const correct = sum(pairs.map((pair) => common(pair, n)));
    const guessed = sum(pairs.map(({ hypothesis }) => Math.max(0, hypothesis.length - n + 1)));
    product *= (correct + TINY) / (guessed + SMALL);
    return product ** (1 / n) * brevity;
  }) as [number, number, number, number];
}

/** Runs that both have, each counted as often as in the sentence that has fewer. */
function common({ hypothesis, reference }: Pair, n: number): number {
  const wanted = ngrams(reference, n);
  return sum([...ngrams(hypothesis, n)].map(([gram, count]) => Math.min(count, wanted.get(gram) ?? 0)));
}
