declare module 'wink-porter2-stemmer' {
  /** The stem of an English word in lower case, by Porter's second algorithm. */
  export default function stem(word: string): string;
}
declare module 'wink-lexicon/src/wn-noun-exceptions.js' {
  const bases: Readonly<Record<string, string>>;
  export default bases;
}
declare module 'wink-lexicon/src/wn-verb-exceptions.js' {
  const bases: Readonly<Record<string, string>>;
  export default bases;
}
declare module 'wink-lexicon/src/wn-adjective-exceptions.js' {
  const bases: Readonly<Record<string, string>>;
  export default bases;
}
