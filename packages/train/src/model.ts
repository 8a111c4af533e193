/**
 * @module Models from what a path names: a file of weights, or the run folder of a training.
 */
import { isFolder, type ModelFile, readFile, within } from '@sextant/io';
import type { z } from 'zod';
import { componentTensors, readCheckpoint } from './checkpoint.js';
import { checkpointPath } from './checkpoint-folder.js';
import { readConfig } from './run.js';

/** How a system's models lie in files and in its trainings' folders. */
export interface ModelSource<TrainConfig, Config> {
  /** Reads a file of weights. @throws InputError when it is anything else. */
  readonly decode: (bytes: Uint8Array) => ModelFile<Config>;
  /** Of a run's `config.json`. */
  readonly schema: z.ZodType<TrainConfig>;
  /** What of it describes the model. */
  readonly configOf: (config: TrainConfig) => Config;
  /** Which part of a checkpoint's state the model is. */
  readonly component: string;
  /** Whether a training was measured on something, so that one of its checkpoints is the best (always). */
  readonly measured?: (config: TrainConfig) => boolean;
}

/**
 * A model's configuration and arrays, of a file or of a run folder: of its best checkpoint, or the last one where nothing was measured.
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function readModel<TrainConfig, Config>(
  path: string,
  { decode, schema, configOf, component, measured = () => true }: ModelSource<TrainConfig, Config>,
): Promise<ModelFile<Config>> {
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(path, () => decode(bytes));
  }
  const config = await readConfig(path, schema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, measured(config) ? 'best' : 'latest'));
  return { config: configOf(config), state: componentTensors(checkpoint, component) };
}
