/**
 * @module Networks of experiments: trained in run folders, from where they were stopped.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { logLines, secondsOf } from '@sextant/experiment';
import { Progress, Run } from '@sextant/train';
import { type NetworkOptions, type TrainConfig, TrainSchema } from '../config.js';
import { parseFeature } from '../feature.js';
import { fitFeatures } from '../features.js';
import { NetworkMethod } from '../infer.js';
import type { SeriesTable } from '../series.js';
import { trainNetwork } from '../train.js';

/** What an experiment chooses of the training of its networks; the rest is the same for all. */
export interface NetworkTraining {
  /** Steps that the network sees. */
  readonly history: number;
  readonly scale: TrainConfig['scale'];
  /** Names of the covariates. */
  readonly features: readonly string[];
  /** Whether every series has a learned vector. */
  readonly ids: boolean;
  readonly likelihood: TrainConfig['likelihood'];
  /** Series are drawn in proportion to their scales to this power (1, the paper's). */
  readonly samplingPower?: number;
  readonly steps: number;
  readonly batchSize: number;
  /** The rate's peak, and the updates until it is reached; then it falls to 0 along a cosine. */
  readonly learningRate: number;
  readonly warmup: number;
}

export interface NetworkSettings extends NetworkTraining {
  readonly network: NetworkOptions;
}

/** The same training with its steps multiplied. */
export const trainedFor = (training: NetworkTraining, budget: number): NetworkTraining => ({
  ...training,
  steps: Math.max(1, Math.round(training.steps * budget)),
});

/** Lines of the training's log. The last one averages over the last of them, a tenth of the training. */
const LOGS = 10;

interface TrainedOptions {
  readonly folder: string;
  readonly name: string;
  readonly seed: number;
  readonly settings: NetworkSettings;
  readonly horizon: number;
  readonly season: number;
  readonly signal: AbortSignal;
}

/** Trains a network on all of a table. Undefined when `signal` stopped it; the folder holds how far it came. */
export async function trainedNetwork(table: SeriesTable, options: TrainedOptions) {
  const { folder, name, signal } = options;
  const run = existsSync(join(folder, 'config.json'))
    ? await Run.resume(folder, TrainSchema, { keep: 1 })
    : await Run.create(folder, TrainSchema, configOf(table, options), { keep: 1 });
  const progress = new Progress({ unit: 'windows' });
  try {
    const { network, result } = await trainNetwork({
      run,
      table,
      signal,
      onProgress: progress.update,
      onMessage: progress.say,
    });
    if (!result.finished) return undefined;
    const [metrics, timing] = [await logLines(folder, 'metrics'), await logLines(folder, 'timing')];
    return {
      method: new NetworkMethod(name, run.config, network),
      seconds: secondsOf(timing),
      /** Mean negative log-likelihood over the end of the training. */
      nll: Number(metrics.at(-1)!.loss),
    };
  } finally {
    progress.close();
    await run.close();
  }
}

function configOf(table: SeriesTable, { settings, horizon, season, seed }: TrainedOptions): TrainConfig {
  const { features, learningRate, warmup, ids, samplingPower = 1, ...rest } = settings;
  const { steps } = rest;
  return {
    ...rest,
    frequency: table.grid.frequency,
    horizon,
    season,
    features: fitFeatures(table, features.map(parseFeature)),
    series: ids ? table.series.map(({ id }) => id) : [],
    data: 'reproduce',
    seed,
    samplingPower,
    heldOut: 0,
    optimizer: { learningRate, warmup, decay: true, weightDecay: 0, maxNorm: 1 },
    logEvery: Math.ceil(steps / LOGS),
    checkpointEvery: Math.ceil(steps / LOGS),
    validateEvery: steps,
  };
}
