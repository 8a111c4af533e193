/**
 * @module Training of StyleGAN2 in a run folder (section 4.2 of the specification).
 */
import { join } from 'node:path';
import { type NDArray, Generator as Random } from '@sextant/engine';
import { encodePng, type Image, sheet } from '@sextant/image';
import { makeFolder, writeFile } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { type ProgressUpdate, type Run, type Seekable, type TrainResult, train } from '@sextant/train';
import { Discriminator } from './discriminator.js';
import { Generator } from './generator.js';
import { Adversaries } from './step.js';
import { Synthesizer } from './synthesizer.js';
import type { TrainConfig } from './train-config.js';

export interface TrainGeneratorOptions {
  readonly run: Run<TrainConfig>;
  /** Batches [B, 3, S, S] of -1 to 1 without end, as `pictureLoader` gives. */
  readonly loader: Seekable & { next(): Promise<NDArray> };
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done. Every `sampleEvery` steps the
 * averaged generator's pictures of always the same latents are put on a sheet in the run's folder `samples`.
 *
 * @returns the averaged generator as the last step left it, and how the training ended.
 * @throws InputError as `train` does.
 */
export async function trainGenerator({
  run,
  loader,
  ...options
}: TrainGeneratorOptions): Promise<{ readonly generator: Generator; readonly result: TrainResult }> {
  const { config } = run;
  const { model, seed, steps, batchSize, sampleEvery } = config;
  manualSeed(seed);
  const generator = new Generator(model);
  const average = new Generator(model);
  average.loadStateDict(generator.stateDict());
  const adversaries = new Adversaries(generator, new Discriminator(model), average, config);
  const synthesizer = new Synthesizer({ generator: average }, { freeze: false });
  try {
    const result = await train({
      run,
      steps,
      state: adversaries.state,
      loader,
      step: async (n) => {
        const metrics = await adversaries.step(n, await loader.next());
        if (n % sampleEvery === 0 || n === steps) await writeSamples(run, n, synthesizer);
        return metrics;
      },
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { generator: average, result };
  } finally {
    await adversaries.release();
    await synthesizer.release();
  }
}

/** Pictures of always the same latents on one sheet, for the run's folder and for TensorBoard. */
async function writeSamples(run: Run<TrainConfig>, step: number, synthesizer: Synthesizer): Promise<void> {
  const { seed, model } = run.config;
  const { size, styleDim } = model;
  const z = new Random(seed).fork('samples').normalArray([size > 64 ? 16 : 64, styleDim]);
  const images: Image[] = await synthesizer.images(await synthesizer.map(z));
  const png = await encodePng(sheet(images, { cell: Math.max(size, 64), gap: 2 }));
  const folder = join(run.folder, 'samples');
  await makeFolder(folder);
  await writeFile(join(folder, `step-${String(step).padStart(8, '0')}.png`), [png]);
  run.tensorboard.image(step, 'samples', png);
}
