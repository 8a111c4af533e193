/**
 * @module Weights as files: ours carry their configuration with them.
 */
import type { NDArray } from '@sextant/engine';
import { decodePyTorch, decodeSafetensors, encodeSafetensors, fromFile, InputError } from '@sextant/io/web';
import { skipInit } from '@sextant/nn';
import { z } from 'zod';
import { notFinite } from './checks.js';
import { GeneratorSchema, MelSchema, RefinementsSchema } from './config.js';
import { importGenerator } from './import.js';
import { type MelOptions, PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { Generator, type GeneratorConfig, hopLength, numGeneratorParameters } from './model.js';

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
 * @param mel - options of the front-end that differ from those of the weights. A checkpoint says nothing of its
 *   front-end: it is taken for its code base's own.
 * @throws InputError when they are neither, the front-end does not fit the generator, or a weight is not finite.
 */
export function decodeWeights(bytes: Uint8Array, mel: Partial<MelOptions> = {}): Required<VocoderWeights> {
  const isSafetensors = bytes[8] === '{'.charCodeAt(0);
  const { tensors, metadata } = isSafetensors ? ours(bytes) : theirs(bytes);
  const parsed = Metadata.safeParse({ ...metadata, mel: { ...metadata.mel, ...mel } });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw unusable(`${path.join('.')}: ${message}`);
  }
  const { generator: config, ...rest } = parsed.data;
  const [bands, hop] = [config.nMelChannels, hopLength(config)];
  if (bands !== rest.mel.nMelChannels || hop !== rest.mel.hopLength) {
    throw new InputError(
      `the generator takes ${bands} bands and makes ${hop} samples of a frame, its front-end gives ${rest.mel.nMelChannels} bands every ${rest.mel.hopLength} samples: give the front-end it was trained for (import --mel)`,
    );
  }
  return { generator: filledGenerator(config, tensors), ...rest };
}

interface Decoded {
  readonly tensors: ReadonlyMap<string, NDArray>;
  /** As it stands in the file. */
  readonly metadata: { readonly mel?: object };
}

function ours(bytes: Uint8Array): Decoded {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.sextant !== 'vocoder' || metadata.config === undefined) {
    throw unusable('their configuration is missing');
  }
  let config: unknown;
  try {
    config = JSON.parse(metadata.config);
  } catch {
    throw unusable('their configuration is not valid JSON');
  }
  if (typeof config !== 'object' || config === null) throw unusable('their configuration is no object');
  return { tensors, metadata: config };
}

function theirs(bytes: Uint8Array): Decoded {
  // A zip archive, or the opcode that begins a pickle.
  if (bytes[0] !== 'P'.charCodeAt(0) && bytes[0] !== 0x80) {
    throw unusable('they are neither safetensors nor a PyTorch checkpoint');
  }
  const { format, config, state } = importGenerator(decodePyTorch(bytes));
  const mel = format === 'official' ? PAPER_MEL : TACOTRON_MEL;
  return { tensors: state, metadata: { generator: config, mel } as Decoded['metadata'] };
}

const UNUSABLE = 'these are not usable weights of a vocoder';
const unusable = (why: string): InputError => new InputError(`${UNUSABLE}: ${why}`);

/**
 * A generator with the given variables.
 *
 * @throws InputError when they are not those of these options, or not finite.
 */
export function filledGenerator(config: GeneratorConfig, state: ReadonlyMap<string, NDArray>): Generator {
  // Before anything is made: a small file cannot ask for a large generator.
  const [needed, given] = [
    numGeneratorParameters(config),
    [...state.values()].reduce((n, { size }) => n + size, 0),
  ];
  if (needed !== given) {
    throw unusable(`a generator of their options has ${needed} parameters, they hold ${given}`);
  }
  const generator = skipInit(() => new Generator(config));
  fromFile(UNUSABLE, () => generator.loadStateDict(state));
  for (const [name, { value }] of generator.namedVariables()) {
    const at = notFinite(value.data as Float32Array);
    if (at >= 0) throw unusable(`${name} holds ${value.data[at]}`);
  }
  return generator;
}
