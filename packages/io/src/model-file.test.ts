import { NDArray } from '@sextant/engine';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { decodeModelFile, encodeModelFile } from './model-file.js';
import { encodeSafetensors } from './safetensors.js';

const schema = z.strictObject({ width: z.int().positive(), name: z.string() });
const state = new Map([['a.weight', new NDArray(Float32Array.of(1, 2), [2], 'float32')]]);

it('keeps configuration and arrays', () => {
  const model = { config: { width: 3, name: 'x' }, state };
  expect(decodeModelFile('edit', schema, encodeModelFile('edit', model))).toEqual(model);
});

it.each([
  ['another system', encodeModelFile('vocoder', { config: {}, state }), /not those of a model of edit/],
  ['no configuration', encodeSafetensors(state, { sextant: 'edit' }), /configuration is missing/],
  ['no JSON', encodeSafetensors(state, { sextant: 'edit', config: '{' }), /not valid JSON/],
  [
    'a configuration of other values',
    encodeModelFile('edit', { config: { width: 0, name: 'x' }, state }),
    /the configuration of its weights: width: Too small/,
  ],
  ['another file', Uint8Array.of(1, 2, 3), /turn a PyTorch checkpoint into some with import/],
])('refuses %s', (_, bytes, message) => {
  expect(() => decodeModelFile('edit', schema, bytes)).toThrow(message);
});
