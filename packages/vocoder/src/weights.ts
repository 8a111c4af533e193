/**
 * @module Weights as files: ours carry their configuration with them.
 */
import type { NDArray } from '@sextant/engine';
import { decodePyTorch, decodeSafetensors, encodeSafetensors, InputError } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { z } from 'zod';
import { GeneratorSchema, MelSchema, RefinementsSchema } from './config.js';
import { importGenerator } from './import.js';
import { type MelOptions, PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { Generator, type GeneratorConfig } from './model.js';

/** A generator, the front-end it was trained for, and how often its audio is refined by default. */
export interface VocoderWeights {
  readonly generator: Generator;
  readonly mel: MelOptions;
  readonly refinements?: number;
}

const Metadata = z.object({
  generator: GeneratorSchema,
  mel: MelSchema,
  refinements: RefinementsSchema.default(0),
});

/** Safetensors with the configuration as metadata. */
export function encodeWeights({ generator, mel, refinements = 0 }: VocoderWeights): Uint8Array {
  const config = JSON.stringify({ generator: generator.config, mel, refinements });
  return encodeSafetensors(generator.stateDict(), { sextant: 'vocoder', config });
}

/**
 * Reads our weights, or a generator's checkpoint of either public code base.
 *
 * @throws InputError when they are neither.
 */
export function decodeWeights(bytes: Uint8Array): Required<VocoderWeights> {
  const isSafetensors = bytes[8] === '{'.charCodeAt(0);
  if (!isSafetensors) {
    const { format, config, state } = importGenerator(decodePyTorch(bytes));
    const mel = format === 'official' ? PAPER_MEL : TACOTRON_MEL;
    return { generator: filled(config, state), mel, refinements: 0 };
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  const parsed = Metadata.safeParse(
    metadata.sextant === 'vocoder' ? JSON.parse(metadata.config ?? '{}') : undefined,
  );
  if (!parsed.success)
    throw new InputError('these are not weights of a vocoder: their configuration is missing');
  const { generator, ...rest } = parsed.data;
  return { generator: filled(generator, tensors), ...rest };
}

function filled(config: GeneratorConfig, state: ReadonlyMap<string, NDArray>): Generator {
  const generator = skipInit(() => new Generator(config));
  generator.loadStateDict(state);
  return generator;
}
