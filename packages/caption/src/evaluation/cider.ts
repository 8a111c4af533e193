/**
 * @module CIDEr: runs of words, weighed by how rare they are among the references (section 6, the variant of the published scores).
 */
import { mean, ngrams, type Pair, sum } from './pairs.js';

const ORDERS = [1, 2, 3, 4];
/** Of the penalty for lengths that differ. */
const SIGMA = 6;

/** Ten times the mean similarity of the pairs; 0 of a single pair, whose words are all equally rare. */
export function cider(pairs: readonly Pair[]): number {
  const documents = new Map<string, number>();
  for (const { reference } of pairs) {
    for (const gram of ORDERS.flatMap((n) => [...ngrams(reference, n).keys()])) {
      documents.set(gram, (documents.get(gram) ?? 0) + 1);
    }
  }
  const rarity = (gram: string) => Math.log(pairs.length) - Math.log(Math.max(1, documents.get(gram) ?? 0));
  return mean(pairs.map((pair) => 10 * mean(ORDERS.map((n) => similarity(pair, n, rarity)))));
}

function similarity({ hypothesis, reference }: Pair, n: number, rarity: (gram: string) => number): number {
  const [h, r] = [weighted(hypothesis, n, rarity), weighted(reference, n, rarity)];
  const product = sum(
    [...h].map(([gram, weight]) => Math.min(weight, r.get(gram) ?? 0) * (r.get(gram) ?? 0)),
  );
  const lengths = norm(h) * norm(r);
  const difference = bigrams(hypothesis) - bigrams(reference);
  return (lengths === 0 ? product : product / lengths) * Math.exp(-(difference ** 2) / (2 * SIGMA ** 2));
}

const weighted = (tokens: readonly string[], n: number, rarity: (gram: string) => number) =>
  new Map([...ngrams(tokens, n)].map(([gram, count]) => [gram, count * rarity(gram)] as const));

const norm = (weights: ReadonlyMap<string, number>): number =>
  Math.sqrt(sum([...weights.values()].map((w) => w * w)));

/** What this variant takes for the length. */
const bigrams = (tokens: readonly string[]): number => Math.max(0, tokens.length - 1);
