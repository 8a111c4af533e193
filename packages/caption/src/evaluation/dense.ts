/**
 * @module Scores of dense captions: segments and their sentences against references (section 6).
 */
import { bleu } from './bleu.js';
import { cider } from './cider.js';
import { type Detection, detectionAt, overlap, type Timed, withF1 } from './detection.js';
import { meteor } from './meteor/meteor.js';
import { mean, type Pair } from './pairs.js';
import { ptbTokens } from './ptb-tokens.js';
import { rougeL } from './rouge.js';

/** A segment in seconds, and what is said of it. */
export interface Caption extends Timed {
  readonly sentence: string;
}

/** Captions by video. */
export type Captions = ReadonlyMap<string, readonly Caption[]>;

export interface DenseOptions {
  /** Overlaps from which on a segment counts as that of a reference (0.3, 0.5, 0.7, 0.9). */
  readonly tIoUs?: readonly number[];
  /** Predictions of a video that count, the first ones (100). */
  readonly maxPerVideo?: number;
  /** Whether characters beyond ASCII count as spaces (true). */
  readonly ascii?: boolean;
}

/** Scores of sentences, from 0 to 1 (CIDEr to 10). */
export const SENTENCE_SCORES = [
  'Bleu_1',
  'Bleu_2',
  'Bleu_3',
  'Bleu_4',
  'ROUGE_L',
  'CIDEr',
  'METEOR_exact_stem',
  'METEOR_exact_stem_synonym',
] as const;
export type SentenceScores = Record<(typeof SENTENCE_SCORES)[number], number>;

export interface DenseScores extends SentenceScores, Detection {}

export interface DenseReport {
  /** By overlap. */
  readonly scores: ReadonlyMap<number, DenseScores>;
  /** Means over the overlaps; F1 is that of the mean precision and recall. */
  readonly average: DenseScores;
  /** Scores of sentences by overlap and video. */
  readonly perVideo: ReadonlyMap<number, ReadonlyMap<string, SentenceScores>>;
}

/** What stands for the reference of a prediction that overlaps none: no caption has such a word. */
const NOTHING = ['(nothing)'];

const DEFAULT_T_IOUS = [0.3, 0.5, 0.7, 0.9];

/** Scores predictions against one or more sets of references: every video of a reference counts, with 0 where nothing is predicted. */
export function evaluateDense(
  predictions: Captions,
  references: readonly Captions[],
  { tIoUs = DEFAULT_T_IOUS, maxPerVideo = 100, ascii = true }: DenseOptions = {},
): DenseReport {
  const videos = [...new Set(references.flatMap((set) => [...set.keys()]))];
  const tokenized = remembered((sentence) => ptbTokens(sentence, { ascii }));
  const predicted = (video: string) => (predictions.get(video) ?? []).slice(0, maxPerVideo);
  const perVideo = new Map<number, Map<string, SentenceScores>>();
  const scores = new Map<number, DenseScores>();
  const comparable = new Map(
    videos.map((video) => {
      const known = references.flatMap((set) => set.get(video) ?? []);
      return [video, predicted(video).map((prediction) => choicesOf(prediction, known, tokenized))] as const;
    }),
  );
  for (const threshold of tIoUs) {
    const sentences = new Map(
      [...comparable].map(
        ([video, choices]) => [video, sentenceScores(choices.flatMap((c) => pairsAt(c, threshold)))] as const,
      ),
    );
    perVideo.set(threshold, sentences);
    scores.set(threshold, {
      ...meanScores([...sentences.values()]),
      ...detectionAt(predicted, references, videos, threshold),
    });
  }
  const all = [...scores.values()];
  const average = {
    ...meanScores(all),
    ...withF1(mean(all.map((s) => s.Precision)), mean(all.map((s) => s.Recall))),
  };
  return { scores, average, perVideo };
}

/** Scores of the pairs of one video; 0 without pairs. */
export function sentenceScores(pairs: readonly Pair[]): SentenceScores {
  if (pairs.length === 0) {
    return Object.fromEntries(SENTENCE_SCORES.map((name) => [name, 0])) as SentenceScores;
  }
  const [Bleu_1, Bleu_2, Bleu_3, Bleu_4] = bleu(pairs);
  return {
    Bleu_1,
    Bleu_2,
    Bleu_3,
    Bleu_4,
    ROUGE_L: rougeL(pairs),
    CIDEr: cider(pairs),
    METEOR_exact_stem: meteor(pairs, ['exact', 'stem']),
    METEOR_exact_stem_synonym: meteor(pairs, ['exact', 'stem', 'synonym']),
  };
}

/** A prediction with each of a video's references, and without one. */
interface Choices {
  readonly pairs: readonly { readonly pair: Pair; readonly overlap: number }[];
  readonly none: Pair;
}

function choicesOf(
  prediction: Caption,
  references: readonly Caption[],
  tokens: (sentence: string) => readonly string[],
): Choices {
  const hypothesis = tokens(prediction.sentence);
  return {
    pairs: references.map((reference) => ({
      pair: { hypothesis, reference: tokens(reference.sentence) },
      overlap: overlap(prediction, reference),
    })),
    none: { hypothesis, reference: NOTHING },
  };
}

/** The pairs with the references that a prediction overlaps; the one without a reference where there are none. */
function pairsAt({ pairs, none }: Choices, threshold: number): Pair[] {
  const near = pairs.filter((choice) => choice.overlap >= threshold).map(({ pair }) => pair);
  return near.length === 0 ? [none] : near;
}

const meanScores = (all: readonly SentenceScores[]): SentenceScores =>
  Object.fromEntries(
    SENTENCE_SCORES.map((name) => [name, mean(all.map((scores) => scores[name]))]),
  ) as SentenceScores;

function remembered(tokens: (sentence: string) => readonly string[]) {
  const known = new Map<string, readonly string[]>();
  return (sentence: string) => {
    const found = known.get(sentence) ?? tokens(sentence);
    known.set(sentence, found);
    return found;
  };
}
