/**
 * @module Vocoders from files: weights of any format, or a training run.
 */
import type { NDArray } from '@sextant/engine';
import { InputError, isFolder, readFile, within } from '@sextant/io';
import { checkpointPath, componentTensors, readCheckpoint, readConfig } from '@sextant/train';
import { TrainSchema } from './config.js';
import { audioFiles, readClip } from './data.js';
import { type Precision, Vocoder, type WeightsOptions } from './infer.js';
import { named } from './input.js';
import { filledGenerator } from './weights.js';

export interface LoadOptions extends WeightsOptions {
  readonly precision?: Precision;
  /** Folder of sounds to calibrate `int8` on; without it, a sentence that comes with the package. */
  readonly calibration?: string;
}

/**
 * Loads what `--weights` names: a file for {@link Vocoder.load}, or a run folder, of which the best
 * checkpoint counts; nothing for the embedded weights.
 *
 * @throws InputError naming the path and what is wrong with it.
 */
export async function loadVocoder(
  path: string | undefined,
  { precision = 'float32', calibration, ...options }: LoadOptions = {},
): Promise<Vocoder> {
  const vocoder = await fromPath(path, options);
  if (calibration === undefined) return vocoder.atPrecision({ precision });
  if (precision !== 'int8') throw new InputError('--calibration is for --precision int8');
  const spectrograms: NDArray[] = [];
  for (const file of await audioFiles(calibration)) {
    const sound = await readClip(file, vocoder.sampleRate);
    spectrograms.push(await named(file, () => vocoder.analyze(sound)));
  }
  return vocoder.atPrecision({ precision, calibration: spectrograms });
}

async function fromPath(path: string | undefined, options: WeightsOptions): Promise<Vocoder> {
  if (path === undefined) return Vocoder.load(undefined, options);
  if (await isFolder(path)) return fromRun(path, options);
  const bytes = await readFile(path);
  return within(path, () => Vocoder.fromBytes(bytes, options));
}

async function fromRun(folder: string, { refinements, mel }: WeightsOptions): Promise<Vocoder> {
  if (mel !== undefined) throw new InputError(`${folder} is a run, which knows its front-end: leave mel out`);
  const config = await readConfig(folder, TrainSchema);
  const checkpoint = await readCheckpoint(await checkpointPath(folder, 'best'));
  const generator = within(folder, () =>
    filledGenerator(config.generator, componentTensors(checkpoint, 'generator')),
  );
  return new Vocoder({ generator, mel: config.mel, refinements: refinements ?? config.refinements });
}
