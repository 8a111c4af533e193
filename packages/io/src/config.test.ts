import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config.js';
import { InputError } from './errors.js';

const schema = z.strictObject({
  learningRate: z.number().positive().default(1e-3),
  batchSize: z.int().min(1),
  model: z
    .strictObject({ channels: z.int(), layers: z.array(z.strictObject({ kernel: z.int() })).default([]) })
    .default({ channels: 8, layers: [] }),
  scheduler: z
    .union([
      z.strictObject({ name: z.literal('cosine'), warmup: z.int() }),
      z.strictObject({ name: z.literal('none') }),
    ])
    .optional(),
});

const message = (value: unknown): string => {
  try {
    parseConfig(schema, value, 'config.json');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('parseConfig', () => {
  it('fills defaults in', () => {
    expect(parseConfig(schema, { batchSize: 2 }, 'config.json')).toEqual({
      learningRate: 1e-3,
      batchSize: 2,
      model: { channels: 8, layers: [] },
    });
  });

  it.each([
    [
      'a misspelt key',
      { batchSize: 2, learningrte: 1 },
      'config.json: learningrte: unknown key; did you mean learningRate?',
    ],
    [
      'a key in another case',
      { batchSize: 2, BATCHSIZE: 4 },
      'config.json: BATCHSIZE: unknown key; did you mean batchSize?',
    ],
    [
      'a key like no other',
      { batchSize: 2, zzz: 1 },
      'config.json: zzz: unknown key; known keys are learningRate, batchSize, model, scheduler',
    ],
    [
      'an inner key',
      { batchSize: 2, model: { channels: 1, layer: [] } },
      'config.json: model.layer: unknown key; did you mean layers?',
    ],
    [
      'a key in a list',
      { batchSize: 2, model: { channels: 1, layers: [{ kernel: 1 }, { kernel: 3, kernl: 3 }] } },
      'config.json: model.layers.1.kernl: unknown key; did you mean kernel?',
    ],
    [
      'two mistakes',
      { batchSize: 0, learnRate: 1 },
      'config.json: batchSize: Too small: expected number to be >=1. learnRate: unknown key; did you mean learningRate?',
    ],
    [
      'many mistakes, of which three are told',
      { batchSize: 0, learningRate: 0, model: {}, learnRate: 1, batchsize: 2 },
      'config.json: learningRate: Too small: expected number to be >0. ' +
        'batchSize: Too small: expected number to be >=1. ' +
        'model.channels: Invalid input: expected number, received undefined. And 2 more',
    ],
    ['a number', 5, 'config.json must hold an object, { "key": value, … }, not 5'],
    ['a list', [{ batchSize: 2 }], 'config.json must hold an object, { "key": value, … }, not a list'],
    ['null', null, 'config.json must hold an object, { "key": value, … }, not null'],
  ])('refuses %s', (_, value, line) => {
    expect(message(value)).toBe(line);
  });
});
