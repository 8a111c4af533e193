/**
 * @module METEOR 1.5 (section 6), without its table of paraphrases, which is not free.
 */
import { type Pair, sum } from '../pairs.js';
import { align, chunksOf, type Match } from './align.js';
import { normalized, STAGES, type Stage, type Word } from './words.js';

/** Precision against recall, the penalty's exponent and weight, content words against function words: for English. */
const [ALPHA, BETA, GAMMA, DELTA] = [0.85, 0.2, 0.6, 0.75];

/** What a score is made of; those of several pairs add up. */
interface Statistics {
  /** Matched words by weight, and all words, of each side. */
  readonly matched: readonly [number, number];
  readonly length: readonly [number, number];
  /** Matched words of either side, which are as many. */
  readonly words: number;
  /** Runs of matches; none of sentences that match as a whole. */
  readonly chunks: number;
}

/** The score of all pairs together, by words that match in some of the stages. 0 where nothing matches. */
export function meteor(pairs: readonly Pair[], stages: readonly Stage[]): number {
  const all = pairs.map((pair) => statistics(pair, stages));
  const total = (part: (s: Statistics) => number) => sum(all.map(part));
  const [precision, recall] = ([0, 1] as const).map(
    (side) => total((s) => s.matched[side]) / total((s) => s.length[side]),
  ) as [number, number];
  const fMean = 1 / ((1 - ALPHA) / precision + ALPHA / recall);
  const fragmentation = total((s) => s.chunks) / total((s) => s.words);
  const score = fMean * (1 - GAMMA * fragmentation ** BETA);
  return Number.isNaN(score) ? 0 : score;
}

/** Of pairs that were scored before: evaluations come back to them for other overlaps. */
const known = new WeakMap<Pair, Map<string, Statistics>>();

function statistics(pair: Pair, stages: readonly Stage[]): Statistics {
  const ofPair = known.get(pair) ?? new Map<string, Statistics>();
  known.set(pair, ofPair);
  const found = ofPair.get(stages.join()) ?? statisticsOf(pair, stages);
  ofPair.set(stages.join(), found);
  return found;
}

function statisticsOf(pair: Pair, stages: readonly Stage[]): Statistics {
  const [hypothesis, reference] = [normalized(pair.hypothesis), normalized(pair.reference)];
  const matches = align(hypothesis, reference, stages);
  const chunks = chunksOf(matches);
  const whole = chunks === 1 && matches.length === hypothesis.length && matches.length === reference.length;
  return {
    matched: [
      matchedWeight(matches, hypothesis, 'hypothesis'),
      matchedWeight(matches, reference, 'reference'),
    ],
    length: [sum(hypothesis.map(weightOf)), sum(reference.map(weightOf))],
    words: matches.length,
    chunks: whole ? 0 : chunks,
  };
}

const weightOf = ({ isFunctionWord }: Word): number => (isFunctionWord ? 1 - DELTA : DELTA);

const matchedWeight = (matches: readonly Match[], words: readonly Word[], side: 'hypothesis' | 'reference') =>
  sum(matches.map((match) => STAGES[match.stage] * weightOf(words[match[side]]!)));
