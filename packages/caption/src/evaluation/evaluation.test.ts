import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluateDense } from './dense.js';
import { meteor } from './meteor/meteor.js';
import { synsetsOf } from './meteor/wordnet.js';
import { ptbTokens } from './ptb-tokens.js';

const GOLDENS = fileURLToPath(new URL('../../../../../shared/goldens/caption', import.meta.url));
const present = existsSync(GOLDENS);
if (!present) console.warn(`caption: tokens and alignments skipped, there is no ${GOLDENS}`);
const json = (path: string) => JSON.parse(readFileSync(`${GOLDENS}/${path}`, 'utf8'));

describe('tokens', () => {
  it.each([
    [`She can't go; it's the dog's (old) "toy".`, `she ca n't go it 's the dog 's -lrb- old -rrb- toy`],
    ['He cannot climb and/or jump at 2:35 p.m.!', 'he can not climb and\\/or jump at 2:35 p.m.'],
    ['A grey t-shirt, 3,000 #1 colours?!', 'a gray t-shirt 3,000 # 1 colors ?!'],
    ["The girls' hour -- and the café...", 'the girls hour and the caf'],
    ['', ''],
  ])('of %s', (sentence, tokens) => expect(ptbTokens(sentence).join(' ')).toBe(tokens));

  it.skipIf(!present).each(['evaluate-gt-50', 'evaluate-props-200'])(
    'of %s are the reference lexer’s',
    (name) => {
      for (const { raw, tokens } of json(`${name}/tokens.json`)) expect(ptbTokens(raw)).toEqual(tokens);
    },
  );
});

describe('METEOR', () => {
  const score = (hypothesis: string, reference: string, ...stages: ('exact' | 'stem' | 'synonym')[]) =>
    meteor([{ hypothesis: hypothesis.split(' '), reference: reference.split(' ') }], stages);

  it('is 1 of equal sentences, 0 of sentences that share nothing', () => {
    expect(score('a man walks', 'a man walks', 'exact', 'stem')).toBe(1);
    expect(score('a man walks', 'dogs bark', 'exact', 'stem', 'synonym')).toBe(0);
  });

  it('knows irregular forms and endings', () => {
    const shared = (a: string, b: string) => [...synsetsOf(a)].some((s) => synsetsOf(b).has(s));
    expect(shared('talking', 'spoke')).toBe(true);
    expect(shared('men', 'man')).toBe(true);
    expect(shared('man', 'boat')).toBe(false);
  });

  it.skipIf(!present)('of sentences is the reference program’s', () => {
    const segments = json('evaluate-gt-50/expected.json').meteor_segments as Record<string, never>[];
    for (const { hypothesis, reference, exact_stem, exact_stem_synonym } of segments) {
      expect(score(hypothesis!, reference!, 'exact', 'stem')).toBeCloseTo(exact_stem!, 10);
      expect(score(hypothesis!, reference!, 'exact', 'stem', 'synonym')).toBeCloseTo(exact_stem_synonym!, 10);
    }
  });
});

describe('dense captions', () => {
  const reference = new Map([['v', [{ start: 0, end: 10, sentence: 'A man walks.' }]]]);

  it('score fully where they are the reference, nothing where nothing is predicted', () => {
    const perfect = evaluateDense(reference, [reference]).average;
    expect(perfect.Bleu_1).toBeCloseTo(1, 6);
    expect(perfect.METEOR_exact_stem).toBe(1);
    expect(perfect.F1).toBeCloseTo(1, 6);
    const nothing = evaluateDense(new Map(), [reference]).average;
    expect(Object.values(nothing).every((score) => score === 0)).toBe(true);
  });

  it('count only the first predictions', () => {
    const wrong = { start: 50, end: 60, sentence: 'Dogs bark.' };
    const predictions = new Map([['v', [wrong, ...reference.get('v')!]]]);
    expect(evaluateDense(predictions, [reference], { maxPerVideo: 1 }).average.Recall).toBe(0);
    expect(evaluateDense(predictions, [reference], { maxPerVideo: 2 }).average.Recall).toBe(1);
  });
});
