/**
 * @module Models as files: safetensors whose metadata say which system they belong to, and its configuration.
 */
import type { NDArray } from '@sextant/engine';
import type { z } from 'zod';
import { parseConfig } from './config.js';
import { InputError } from './errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** A model's configuration, as plain data, and its arrays by their paths. */
export interface ModelFile<Config = unknown> {
  readonly config: Config;
  readonly state: ReadonlyMap<string, NDArray>;
}

/** The file's bytes. @param system - the system's name. */
export const encodeModelFile = (system: string, { config, state }: ModelFile): Uint8Array =>
  encodeSafetensors(state, { sextant: system, config: JSON.stringify(config) });

/**
 * Reads what {@link encodeModelFile} wrote.
 *
 * @param schema - of the configuration.
 * @throws InputError when it is anything else, such as a model of another system.
 */
export function decodeModelFile<Config>(
  system: string,
  schema: z.ZodType<Config>,
  bytes: Uint8Array,
): ModelFile<Config> {
  if (bytes[8] !== '{'.charCodeAt(0)) {
    throw new InputError('it holds no weights of ours: turn a PyTorch checkpoint into some with import');
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.sextant !== system || metadata.config === undefined) {
    throw new InputError(`its tensors are not those of a model of ${system}: their configuration is missing`);
  }
  const where = 'the configuration of its weights';
  let config: unknown;
  try {
    config = JSON.parse(metadata.config);
  } catch {
    throw new InputError(`${where} is not valid JSON`);
  }
  return { config: parseConfig(schema, config, where), state: tensors };
}
