/**
 * @module WordNet 3.0: words that mean the same share a synset.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import adjectives from 'wink-lexicon/src/wn-adjective-exceptions.js';
import nouns from 'wink-lexicon/src/wn-noun-exceptions.js';
import verbs from 'wink-lexicon/src/wn-verb-exceptions.js';

/** Irregular forms by their parts of speech. METEOR's list has no `does`. */
const IRREGULAR = [nouns, { ...verbs, does: undefined }, adjectives];

const PARTS = ['noun', 'verb', 'adj', 'adv'] as const;

/** Endings and what stands for them in the base form, the first that gives a known word. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['s', ''],
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['men', 'man'],
  ['ies', 'y'],
  ['es', 'e'],
  ['es', ''],
  ['ed', 'e'],
  ['ed', ''],
  ['ing', 'e'],
  ['ing', ''],
  ['er', ''],
  ['est', ''],
  ['er', 'e'],
  ['est', 'e'],
];

let index: ReadonlyMap<string, ReadonlySet<string>> | undefined;

/** Names of the synsets of a word and of its base forms. */
export function synsetsOf(word: string): ReadonlySet<string> {
  index ??= readIndex();
  const known = index;
  return new Set([word, ...basesOf(word, known)].flatMap((w) => [...(known.get(w) ?? [])]));
}

/** Of an irregular form its bases; else the first known word that an ending can be of. */
function basesOf(word: string, known: ReadonlyMap<string, unknown>): string[] {
  const irregular = IRREGULAR.flatMap((bases: Readonly<Record<string, string | undefined>>) =>
    Object.hasOwn(bases, word) ? (bases[word] ?? []) : [],
  );
  if (irregular.length > 0) return irregular;
  if (word.length <= 2 || word.endsWith('ss')) return [];
  const regular = ENDINGS.filter(([ending]) => word.endsWith(ending)).map(
    ([ending, instead]) => word.slice(0, -ending.length) + instead,
  );
  return regular.filter((base) => known.has(base)).slice(0, 1);
}

/**
 * Synsets by word. METEOR names a synset by its place in a file, whatever the file: words of different parts of speech may share
 * one by chance. Lines are
 * `word pos synsets pointers symbols… senses tagged offset…`.
 */
function readIndex(): Map<string, Set<string>> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet/package.json')), 'db');
  const synsets = new Map<string, Set<string>>();
  for (const part of PARTS) {
    for (const line of readFileSync(join(folder, `index.${part}`), 'latin1').split('\n')) {
      // The licence stands before the words, set in.
      if (line === '' || line.startsWith(' ')) continue;
      const [word, , count, ...rest] = line.trimEnd().split(' ');
      const own = synsets.get(word!) ?? new Set();
      for (const offset of rest.slice(-Number(count))) own.add(offset);
      synsets.set(word!, own);
    }
  }
  return synsets;
}
