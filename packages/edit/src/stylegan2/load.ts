/**
 * @module Generators from what `--weights` names: a file of ours, a checkpoint of rosinality's, or a run folder.
 */
import { isFolder, readFile, within } from '@sextant/io';
import { checkpointPath, componentTensors, readCheckpoint, readConfig } from '@sextant/train';
import { filledGenerator, importModel } from './import.js';
import { Synthesizer } from './synthesizer.js';
import { TrainSchema } from './train-config.js';
import { decodeGenerator } from './weights.js';

/**
 * Loads weights of ours, a PyTorch checkpoint, or the averaged generator of a run folder's last checkpoint.
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function loadSynthesizer(path: string): Promise<Synthesizer> {
  if (!(await isFolder(path))) {
    const bytes = await readFile(path);
    return within(
      path,
      () => new Synthesizer(isPyTorch(bytes) ? importModel(bytes) : decodeGenerator(bytes)),
    );
  }
  const { model } = await readConfig(path, TrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(path, 'latest'));
  return within(path, () => {
    const generator = filledGenerator(model, componentTensors(checkpoint, 'average'));
    return new Synthesizer({ generator });
  });
}

/** Whether a file begins as a zip archive or a pickle does. */
const isPyTorch = (bytes: Uint8Array): boolean => bytes[0] === 'P'.charCodeAt(0) || bytes[0] === 0x80;
