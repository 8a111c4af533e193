/**
 * @module Models as files: safetensors whose metadata say which system they belong to, and its configuration.
 */
import type { NDArray } from '@sextant/engine';
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
 * Reads what {@link encodeModelFile} wrote; the configuration is to be checked.
 *
 * @throws InputError when it is anything else, such as a model of another system.
 */
export function decodeModelFile(system: string, bytes: Uint8Array): ModelFile {
  if (bytes[8] !== '{'.charCodeAt(0)) {
    throw new InputError('it holds no weights of ours: turn a PyTorch checkpoint into some with import');
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.sextant !== system || metadata.config === undefined) {
    throw new InputError(`its tensors are not those of a model of ${system}: their configuration is missing`);
  }
  try {
    return { config: JSON.parse(metadata.config), state: tensors };
  } catch {
    throw new InputError('the configuration of its weights is not valid JSON');
  }
}
