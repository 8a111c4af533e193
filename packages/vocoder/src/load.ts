/**
 * @module Vocoders from files: weights of any format, or a training run.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { InputError, readFile, within } from '@sextant/io';
import { skipInit } from '@sextant/nn';
import { checkpointPath, componentTensors, parseConfig, readCheckpoint } from '@sextant/train';
import { TrainSchema } from './config.js';
import { audioFiles, readClip } from './data.js';
import { type Precision, Vocoder } from './infer.js';
import { Generator } from './model.js';

export interface LoadOptions {
  readonly precision?: Precision;
  /** Refinements of the audio; without it, as many as the weights say. */
  readonly refinements?: number;
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
  { precision = 'float32', refinements, calibration }: LoadOptions = {},
): Promise<Vocoder> {
  const loaded = await fromPath(path);
  const vocoder = refinements === undefined ? loaded : new Vocoder({ ...loaded.weights, refinements });
  if (calibration === undefined) return vocoder.atPrecision({ precision });
  if (precision !== 'int8') throw new InputError('--calibration is for --precision int8');
  const spectrograms: NDArray[] = [];
  for (const file of await audioFiles(calibration)) {
    const sound = await readClip(file, vocoder.sampleRate);
    const spectrogram = vocoder.analyze(sound).catch((error) =>
      within(file, () => {
        throw error;
      }),
    );
    spectrograms.push(await spectrogram);
  }
  return vocoder.atPrecision({ precision, calibration: spectrograms });
}

async function fromPath(path: string | undefined): Promise<Vocoder> {
  if (path === undefined) return Vocoder.load();
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
  if (isFolder) return fromRun(path);
  const bytes = await readFile(path);
  return within(path, () => Vocoder.fromBytes(bytes));
}

async function fromRun(folder: string): Promise<Vocoder> {
  const configPath = join(folder, 'config.json');
  const text = new TextDecoder().decode(await readFile(configPath));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(`${configPath} is not valid JSON`);
  }
  const config = parseConfig(TrainSchema, json, configPath);
  const checkpoint = await readCheckpoint(await checkpointPath(folder, 'best'));
  const generator = skipInit(() => new Generator(config.generator));
  generator.loadStateDict(componentTensors(checkpoint, 'generator'));
  return new Vocoder({ generator, mel: config.mel, refinements: config.refinements });
}
