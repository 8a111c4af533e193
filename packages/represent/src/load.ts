/**
 * @module Encoders from what `--weights` names: a file, a run folder, or nothing for those that come with the package.
 */
import { isFolder, readFile, within } from '@sextant/io';
import { checkpointPath, componentTensors, readCheckpoint, readConfig } from '@sextant/train';
import { TrainSchema } from './config.js';
import { Encoder } from './encoder.js';
import { under } from './import.js';

/**
 * Loads weights of ours, the last checkpoint of a run folder, or the embedded weights.
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function loadEncoder(path?: string): Promise<Encoder> {
  if (path === undefined) return Encoder.load();
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(path, () => Encoder.fromBytes(bytes));
  }
  const { encoder, pipeline } = await readConfig(path, TrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, 'latest'));
  const state = under(componentTensors(checkpoint, 'method'), 'model');
  return within(path, () => Encoder.of({ config: { encoder, pipeline }, state }));
}
