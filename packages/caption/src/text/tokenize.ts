/**
 * @module Captions as words, as spaCy's English tokenizer (2.0) splits them (section 4).
 */

/** A caption as it is learnt: straight quotes, no full stops, single spaces. */
export const cleaned = (caption: string): string =>
  caption
    .replaceAll('\u2019', "'")
    .replace(/\.(?!\d)/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** A caption's words in lower case. */
export const tokenize = (caption: string): string[] =>
  cleaned(caption)
    .split(' ')
    .filter((chunk) => chunk !== '')
    .flatMap(words)
    .map((word) => word.toLowerCase());

/** What is cut off in front of a word, and behind it. */
const PREFIX = /^(?:[,:;!?¿¡"'`“”‘’()[\]{}<>*&$£€#§%=—–]|\.{2,}|\+(?!\d)|--+)/;
const SUFFIX =
  /(?:'s|'S|[,:;!?"'`“”‘’()[\]{}<>*&#—–]|\.{2,}|--+|(?<=\d)(?:\+|km|m|cm|mm|kg|g|lbs?|ft|in|mph|kmh|%|\$)|(?<=[\da-z%)\]"'])\.)$/;
/** Where a word is cut within. What is cut at is a word. */
const INFIX =
  /\.{2,}|(?<=\d)[+\-*^](?=[\d-])|(?<=[a-z])\.(?=[A-Z])|(?<=\p{L}),(?=\p{L})|(?<=\p{L})[?";:=,.]*(?:--?|–|—|~)(?=\p{L})|(?<=[\p{L}"])[:<>=/](?=\p{L})/u;

/** The words of a chunk without spaces: known contractions, else what is left between its punctuation. */
function words(chunk: string): string[] {
  const [front, back]: string[][] = [[], []];
  let rest = chunk;
  while (rest !== '') {
    const known = contraction(rest);
    if (known) return [...front!, ...known, ...back!];
    const prefix = PREFIX.exec(rest)?.[0];
    if (prefix !== undefined && prefix !== rest) {
      front!.push(prefix);
      rest = rest.slice(prefix.length);
      continue;
    }
    const suffix = SUFFIX.exec(rest)?.[0];
    if (suffix === undefined || suffix === rest) break;
    back!.unshift(suffix);
    rest = rest.slice(0, -suffix.length);
  }
  return [...front!, ...parts(rest), ...back!];
}

/** A word cut at what stands within it. */
function parts(word: string): string[] {
  const cut: string[] = [];
  let rest = word;
  for (let found = INFIX.exec(rest); found; found = INFIX.exec(rest)) {
    cut.push(rest.slice(0, found.index), found[0]);
    rest = rest.slice(found.index + found[0].length);
  }
  return [...cut, rest].filter((part) => part !== '');
}

const PRONOUNS = 'i|you|he|she|it|we|they|who|what|when|where|why|how|there|that|this|these|those'.split('|');
const VERBS =
  'ca|could|do|does|did|had|may|might|must|need|ought|sha|should|wo|would|is|are|was|were|have|has|ai|dare';
/** Without an apostrophe these are words of their own. */
const WORDS = new Set('its ill hell shell well were shed wed id whore cant wont'.split(' '));

const NEGATED = new RegExp(`^(${VERBS})(n'?t)(?:('?ve))?$`, 'i');
const SHORTENED = new RegExp(`^(${PRONOUNS.join('|')})('?(?:s|m|re|ve|ll|d))$`, 'i');
const PAIRS: Readonly<Record<string, readonly string[]>> = {
  cannot: ['can', 'not'],
  gonna: ['gon', 'na'],
  gotta: ['got', 'ta'],
  "let's": ['let', "'s"],
  lets: ['let', 's'],
  "y'all": ["y'", 'all'],
};
/** An apostrophe does not part these. */
const WHOLE = new Set(["o'clock", "ma'am", "'em", "'cause", "'til"]);

function contraction(chunk: string): readonly string[] | undefined {
  const word = chunk.toLowerCase();
  if (WHOLE.has(word)) return [word];
  if (Object.hasOwn(PAIRS, word)) return PAIRS[word];
  if (WORDS.has(word)) return undefined;
  const negated = NEGATED.exec(word);
  if (negated) return negated.slice(1).filter((part) => part !== undefined);
  return SHORTENED.exec(word)?.slice(1);
}
