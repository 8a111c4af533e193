/**
 * @module What scores compare: tokens of predicted sentences with those of references.
 */

/** A predicted sentence and the one that it should be like. */
export interface Pair {
  readonly hypothesis: readonly string[];
  readonly reference: readonly string[];
}

/** Runs of n tokens, with how often each occurs. */
export function ngrams(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const gram = tokens.slice(i, i + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** 0 of nothing. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : sum(values) / values.length;
