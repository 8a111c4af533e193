import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tokenize } from './tokenize.js';
import { SPECIAL, Vocabulary } from './vocabulary.js';

describe('words of captions', () => {
  it.each([
    [" The man's dog can't jump. ", "the man 's dog ca n't jump"],
    ["They're on a t-shirt, and she's happy!", "they 're on a t - shirt , and she 's happy !"],
    ['He says \u201cgo\u201d at 2.5 m; it doesn\u2019t.', "he says \u201c go \u201d at 2.5 m ; it does n't"],
    ['Girls (two) and/or boys... 10,000 of them', 'girls ( two ) and / or boys 10,000 of them'],
    ["the players' ball, dont you cannot", "the players ' ball , do nt you can not"],
    ['', ''],
  ])('%s', (caption, words) => expect(tokenize(caption).join(' ')).toBe(words));
});

describe('a vocabulary', () => {
  const vocabulary = Vocabulary.of(['A dog runs.', 'A cat runs away', 'a bird']);

  it('numbers words by how frequent they are, then by the alphabet', () => {
    expect(vocabulary.words).toEqual([...SPECIAL, 'a', 'runs', 'away', 'bird', 'cat', 'dog']);
  });

  it('encodes and decodes', () => {
    expect(vocabulary.encode('A dog flies')).toEqual([2, 4, 9, 0, 3]);
    expect(vocabulary.decode([2, 4, 9, 5, 3, 5, 5])).toBe('A dog runs');
    expect(vocabulary.decode([2, 4])).toBe('A');
  });
});

const CAPTIONS = fileURLToPath(new URL('../../../../../shared/data/activitynet/train.json', import.meta.url));
const present = existsSync(CAPTIONS);
if (!present) console.warn(`caption: the size of the vocabulary is skipped, there is no ${CAPTIONS}`);

describe.skipIf(!present)('ActivityNet Captions', () => {
  it('has about as many words as the paper tells of its nine tenths', () => {
    const videos = Object.values(
      JSON.parse(readFileSync(CAPTIONS, 'utf8')) as Record<string, { sentences: string[] }>,
    );
    const { size, words } = Vocabulary.of(videos.flatMap(({ sentences }) => sentences));
    expect(words.slice(4, 8)).toEqual(['the', 'a', 'and', 'to']);
    // 10,172 words of 9,167 of the 10,009 videos.
    expect(size).toBeGreaterThan(10_172);
    expect(size).toBeLessThan(11_200);
  });
});
