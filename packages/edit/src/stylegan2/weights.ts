/**
 * @module Generators as files: ours carry their configuration with them.
 */
import type { NDArray } from '@sextant/engine';
import { decodeModelFile, encodeModelFile } from '@sextant/io/web';
import { ModelSchema } from './config.js';
import type { Generator } from './generator.js';
import { filledGenerator } from './import.js';

/** A generator, and the mean of its w [styleDim] where it is known. */
export interface GeneratorWeights {
  readonly generator: Generator;
  readonly meanLatent?: NDArray;
}

const SYSTEM = 'edit/generator';
const MEAN = 'mean_latent';

/** The file's bytes: safetensors with the configuration as metadata. */
export function encodeGenerator({ generator, meanLatent }: GeneratorWeights): Uint8Array {
  const state = generator.stateDict();
  if (meanLatent) state.set(MEAN, meanLatent);
  return encodeModelFile(SYSTEM, { config: generator.config, state });
}

/** Reads what {@link encodeGenerator} wrote. @throws InputError when it is anything else. */
export function decodeGenerator(bytes: Uint8Array): GeneratorWeights {
  const { config, state } = decodeModelFile(SYSTEM, ModelSchema, bytes);
  const own = new Map(state);
  own.delete(MEAN);
  const meanLatent = state.get(MEAN);
  return { generator: filledGenerator(config, own), ...(meanLatent && { meanLatent }) };
}
