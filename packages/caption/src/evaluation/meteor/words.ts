/**
 * @module Words as METEOR compares them: normalised, stemmed, with their synonyms (section 6).
 */
import stem from 'wink-porter2-stemmer';
import { synsetsOf } from './wordnet.js';

/** Words that say little. */
const FUNCTION_WORDS = new Set(
  (
    `the , . to of and a in that for " is on 's it with was as said at he by be from have has are his but an this not i will ' they ) ` +
    '-rrb- ( -lrb- who their had we which were been more or s its would about new one after you : also up when there than $ all out her ' +
    `people she year two - can if last first over other into some what so -- no time years could ? 't \u2018 \u2019 \u201c \u201d \u2014`
  ).split(' '),
);

/** A word with what it is compared by. Equal words are the same object. */
export interface Word {
  readonly text: string;
  readonly stem: string;
  readonly synsets: ReadonlySet<string>;
  readonly isFunctionWord: boolean;
}

const known = new Map<string, Word>();

function wordOf(text: string): Word {
  const word = known.get(text) ?? {
    text,
    stem: stem(text),
    synsets: synsetsOf(text),
    isFunctionWord: FUNCTION_WORDS.has(text),
  };
  known.set(text, word);
  return word;
}

/** Tokens as METEOR's normalisation leaves them: dashes between letters are gone, n't is n and 't. */
export const normalized = (tokens: readonly string[]): Word[] =>
  tokens
    .join(' ')
    .toLowerCase()
    .replace(/(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])/gu, ' ')
    .replace(/(?<=\p{L})'(?=\p{L})/gu, " '")
    .replace(/(?<=[^\p{L}\p{N}])'(?=\p{L})/gu, "' ")
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(wordOf);

/** How two words may match, in the order in which it is tried, with how much that counts. */
export const STAGES = { exact: 1, stem: 0.6, synonym: 0.8 } as const;
export type Stage = keyof typeof STAGES;

/** Whether two words match in a stage; different words may do so in several. */
export const isMatch: Readonly<Record<Stage, (a: Word, b: Word) => boolean>> = {
  exact: (a, b) => a === b,
  stem: (a, b) => a !== b && a.stem === b.stem,
  synonym: (a, b) => a !== b && haveCommon(a.synsets, b.synsets),
};

function haveCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const synset of a) if (b.has(synset)) return true;
  return false;
}
