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

export const isFunctionWord = (word: string): boolean => FUNCTION_WORDS.has(word);

/** Tokens as METEOR's normalisation leaves them: dashes between letters are gone, n't is n and 't. */
export function normalized(tokens: readonly string[]): string[] {
  return tokens
    .join(' ')
    .toLowerCase()
    .replace(/(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])/gu, ' ')
    .replace(/(?<=\p{L})'(?=\p{L})/gu, " '")
    .replace(/(?<=[^\p{L}\p{N}])'(?=\p{L})/gu, "' ")
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** How two words may match, in the order in which it is tried, with how much that counts. */
export const STAGES = { exact: 1, stem: 0.6, synonym: 0.8 } as const;
export type Stage = keyof typeof STAGES;

/** Whether two words match in a stage; different words may do so in several. */
export const matches = (stage: Stage, a: string, b: string): boolean =>
  stage === 'exact' ? a === b : a !== b && MATCHES[stage](a, b);

const MATCHES: Readonly<Record<Exclude<Stage, 'exact'>, (a: string, b: string) => boolean>> = {
  stem: (a, b) => stemOf(a) === stemOf(b),
  synonym: (a, b) => {
    const ofA = synsets(a);
    return [...synsets(b)].some((synset) => ofA.has(synset));
  },
};

const stemOf = remembered(stem);
const synsets = remembered(synsetsOf);

function remembered<T>(fn: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    const found = known.get(word) ?? fn(word);
    known.set(word, found);
    return found;
  };
}
