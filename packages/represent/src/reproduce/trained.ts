/**
 * @module Encoders of experiments: trained in run folders, from where they were stopped.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type JobContext, type LogLine, logLines, once, secondsOf } from '@sextant/experiment';
import { openImages, type Readable, readable } from '@sextant/image';
import { InputError } from '@sextant/io';
import { type Metrics, Progress, Run } from '@sextant/train';
import { ViewLoader } from '../augment/loader.js';
import { type TrainConfig, TrainSchema } from '../config.js';
import { pipelineOf } from '../encoder.js';
import type { Method } from '../methods.js';
import { trainEncoder } from '../train.js';

/** What an experiment chooses; the rest is the same for all. */
export type Settings = Omit<TrainConfig, 'data' | 'test' | 'seed'>;

/** CIFAR-10's two halves, read once. */
export type Sets = () => Promise<{ readonly train: Readable; readonly test: Readable }>;

/** @param data - the folder of the data sets. @throws InputError when CIFAR-10 is not among them. */
export function cifar10Sets(data: string): Sets {
  const folder = join(data, 'cifar10');
  if (!existsSync(folder)) {
    throw new InputError(`the data are not there: ${folder}; give their folder with --data`);
  }
  return once(async () => ({
    train: await readable(await openImages(join(folder, 'train.zip')), { keepBytes: 2 ** 30 }),
    test: await readable(await openImages(join(folder, 'test.zip'))),
  }));
}

/** What a training left. */
export interface Logs {
  readonly steps: number;
  readonly metrics: readonly LogLine[];
  readonly seconds: number;
}

/**
 * Trains on the first half; a line of progress tells what `validate` measures. Undefined when `signal` stopped it; the folder
 * holds how far it came.
 */
export async function trained(
  sets: Sets,
  name: string,
  settings: Settings,
  { folder, signal }: JobContext,
  validate: (method: Method) => Promise<Metrics>,
): Promise<Logs | undefined> {
  const { set, images } = (await sets()).train;
  const config: TrainConfig = { ...settings, data: 'reproduce', test: null, seed: 0 };
  const run = existsSync(join(folder, 'config.json'))
    ? await Run.resume(folder, TrainSchema, { keep: 1 })
    : await Run.create(folder, TrainSchema, config, { keep: 1 });
  const progress = new Progress({ unit: 'pictures' });
  const loader = new ViewLoader({
    set,
    ...(images ? { images } : {}),
    pipeline: pipelineOf(settings.pipeline),
    samples: settings.numSamples,
    batchSize: settings.batchSize,
    seed: config.seed,
    threads: settings.workers,
  });
  try {
    const { result } = await trainEncoder({
      run,
      loader,
      ...(set.labels ? { labels: set.labels } : {}),
      validate: async (method) => {
        const metrics = await validate(method);
        const text = Object.entries(metrics).map(([key, value]) => `${key} ${Number(value).toFixed(3)}`);
        progress.say(`${name}: ${text.join(', ')}`);
        return metrics;
      },
      signal,
      onProgress: progress.update,
      onMessage: progress.say,
    });
    if (!result.finished) return undefined;
    const [metrics, timing] = [await logLines(folder, 'metrics'), await logLines(folder, 'timing')];
    return { steps: result.step, metrics, seconds: secondsOf(timing) };
  } finally {
    progress.close();
    await loader.close();
    await run.close();
  }
}
