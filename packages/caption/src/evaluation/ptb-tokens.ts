/**
 * @module Sentences as the tokens of the Penn Treebank, as the published scores take them: lower-case, without punctuation
 * (section 6).
 */
import { americanSpelling } from './american-spelling.js';

/** Tokens that are left out. Brackets are not among them: in lower case they are other tokens. */
const PUNCTUATION = new Set([
  ...["''", "'", '``', '`', '-LRB-', '-RRB-', '-LCB-', '-RCB-'],
  ...['.', '?', '!', ',', ':', '-', '--', '...', ';'],
]);

/** Words that are two tokens. */
const SPLIT = new Map([
  ['cannot', 3],
  ['gonna', 3],
  ['gotta', 3],
  ['lemme', 3],
  ['gimme', 3],
  ['wanna', 3],
]);

const ABBREVIATION = [
  'mr|mrs|ms|messrs|dr|prof|rev|gen|sen|rep|gov|lt|col|sgt|capt|maj|hon|st|mt|ft',
  'jr|sr|bros|inc|corp|ltd|co|vs|etc|ph\\.d|est|dept|univ|assn',
  'jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|mon|tues?|wed|thurs?|fri',
].join('|');

const BRACKETS: Readonly<Record<string, string>> = {
  '(': '-lrb-',
  ')': '-rrb-',
  '[': '-lrb-',
  ']': '-rrb-',
  '{': '-lcb-',
  '}': '-rcb-',
};

/** What a token may be, the first that fits. A word holds single hyphens and slashes; an apostrophe ends it but in names. */
const TOKEN = new RegExp(
  [
    String.raw`(?<address>(?:https?:\/\/|www\.)\S*[\w\/]|\w+(?:\.\w+)*\.(?:com|net|org|edu)\b|[\w.]+@[\w.]*\w)`,
    String.raw`(?<clitic>'(?:s|m|d|re|ve|ll)(?![\w]))`,
    String.raw`(?<negation>n't(?![\w]))`,
    String.raw`(?<number>[-+]?\d+(?:[,.:]\d+)+(?:-\w+)*|[-+]?[.,]\d+)`,
    String.raw`(?<acronym>(?:[a-z]\.){2,})`,
    String.raw`(?<abbreviation>(?:${ABBREVIATION})\.(?![\w]))`,
    String.raw`(?<name>o'clock|ma'am|[a-hj-xz]'[a-z]{3,}|'(?:em|til|n)\b|'\d0s)`,
    String.raw`(?<word>[a-z0-9]+?(?:(?=n't\b)|(?![a-z0-9]))(?:[-_\/][a-z0-9]+)*)`,
    String.raw`(?<run>[?!]+|\.{2,}|-+)`,
    String.raw`(?<quote>''|\x60\x60|"|['\x60])`,
    String.raw`(?<other>\S)`,
  ].join('|'),
  'giu',
);

/**
 * A sentence's tokens.
 *
 * @param options.ascii - whether other characters count as spaces (true).
 */
export function ptbTokens(sentence: string, { ascii = true }: { readonly ascii?: boolean } = {}): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of ASCII.
  const text = (ascii ? sentence.replace(/[^\x00-\x7f]/g, ' ') : sentence).toLowerCase();
  const tokens: string[] = [];
  for (const { 0: token, groups } of text.matchAll(TOKEN)) {
    const kind = Object.keys(groups!).find((name) => groups![name] !== undefined);
    if (kind === 'word') tokens.push(...wordTokens(token));
    else if (kind === 'run') tokens.push(runToken(token));
    else if (kind === 'quote') tokens.push(token === '"' ? "''" : token);
    else tokens.push(BRACKETS[token] ?? (token === '/' || token === '*' ? `\\${token}` : token));
  }
  return tokens.filter((token) => !PUNCTUATION.has(token));
}

function wordTokens(word: string): string[] {
  const at = SPLIT.get(word);
  if (at !== undefined) return [word.slice(0, at), word.slice(at)];
  return [americanSpelling(word).replaceAll('/', '\\/')];
}

/** Dots are one token; so are dashes, of which more than one are two. */
function runToken(run: string): string {
  if (run[0] === '.') return '...';
  if (run[0] === '-') return run.length === 1 ? '-' : '--';
  return run;
}
