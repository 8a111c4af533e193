/**
 * @module Weights as files: safetensors that carry their configuration with them.
 */
import type { NDArray } from '@sextant/engine';
import { decodeSafetensors, encodeSafetensors, InputError, isFolder, readFile, within } from '@sextant/io';
import { checkpointPath, componentTensors, parseConfig, readCheckpoint, readConfig } from '@sextant/train';
import { type ModelConfig, ModelSchema, TrainSchema } from './config.js';

/** A network's configuration, and its parameters by their paths. */
export interface ForecastWeights {
  readonly config: ModelConfig;
  readonly state: ReadonlyMap<string, NDArray>;
}

/** Safetensors with the configuration as metadata. */
export const encodeWeights = ({ config, state }: ForecastWeights): Uint8Array =>
  encodeSafetensors(state, { sextant: 'forecast', config: JSON.stringify(config) });

/** Reads what {@link encodeWeights} wrote. @throws InputError when it is anything else. */
export function decodeWeights(bytes: Uint8Array): ForecastWeights {
  if (bytes[8] !== '{'.charCodeAt(0)) {
    throw new InputError('it holds no weights of ours: turn a PyTorch checkpoint into some with import');
  }
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.sextant !== 'forecast' || metadata.config === undefined) {
    throw new InputError(
      'its tensors are not those of a forecasting network: their configuration is missing',
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(metadata.config);
  } catch {
    throw new InputError('the configuration of its weights is not valid JSON');
  }
  return { config: parseConfig(ModelSchema, config, 'the configuration of its weights'), state: tensors };
}

/**
 * Reads a file of ours, or of a run folder the best checkpoint (the last one where nothing was validated).
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function readWeights(path: string): Promise<ForecastWeights> {
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(path, () => decodeWeights(bytes));
  }
  const config = await readConfig(path, TrainSchema);
  const which = config.heldOut > 0 ? 'best' : 'latest';
  const checkpoint = await readCheckpoint(await checkpointPath(path, which));
  return { config: modelOf(config), state: componentTensors(checkpoint, 'network') };
}

/** What of a training's configuration its network needs. */
export const modelOf = (config: ModelConfig): ModelConfig => {
  const { network, history, horizon, scale, features, season, series } = config;
  return { network, history, horizon, scale, features, season, series };
};
