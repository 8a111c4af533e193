/**
 * @module The words that a captioner knows, by their numbers (section 4).
 */
import { tokenize } from './tokenize.js';

/** What the first four numbers stand for: a word that is not known, nothing, the start, the end. */
export const SPECIAL = [' UNK ', '<blank>', '<s>', '</s>'] as const;
const [UNKNOWN, , START, END] = [0, 1, 2, 3];

export class Vocabulary {
  private readonly ids: ReadonlyMap<string, number>;

  /** @param words - by number, those of {@link SPECIAL} first. */
  constructor(readonly words: readonly string[]) {
    this.ids = new Map(words.map((word, id) => [word, id]));
  }

  /** All words of captions: the frequent ones first, of equally frequent ones by the alphabet. */
  static of(captions: Iterable<string>): Vocabulary {
    const counts = new Map<string, number>();
    for (const caption of captions) {
      for (const word of tokenize(caption)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const words = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([word]) => word);
    return new Vocabulary([...SPECIAL, ...words]);
  }

  get size(): number {
    return this.words.length;
  }

  /** A caption's numbers, between those of start and end. */
  encode(caption: string): number[] {
    return [START, ...tokenize(caption).map((word) => this.ids.get(word) ?? UNKNOWN), END];
  }

  /** The sentence of numbers, of which the first, the start's, is left out, and all from the end's on: its first letter is a capital. */
  decode(ids: ArrayLike<number>): string {
    const rest = Array.from(ids).slice(1);
    const end = rest.indexOf(END);
    const text = (end < 0 ? rest : rest.slice(0, end)).map((id) => this.words[id]).join(' ');
    return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
  }
}
