/**
 * @module Training of a network on the windows of a table, in a run folder (section 4).
 */
import { grad, program, type Tensor } from '@sextant/engine';
import {
  Adam,
  clipByGlobalNorm,
  cosineDecay,
  joinSchedules,
  linearWarmup,
  manualSeed,
  randomState,
  type Schedule,
} from '@sextant/nn';
import { Loader, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import { isDirect, type TrainConfig } from './config.js';
import { LastWindows, TrainingWindows, type WindowOptions } from './data.js';
import type { WindowBatch } from './losses.js';
import { type ForecastNetwork, newNetwork } from './networks.js';
import type { SeriesTable } from './series.js';

export interface TrainNetworkOptions {
  readonly run: Run<TrainConfig>;
  readonly table: SeriesTable;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done.
 *
 * @returns the network as the last step left it, and how the training ended.
 * @throws InputError as `train` does, or when the series are too short.
 */
export async function trainNetwork({
  run,
  table,
  ...options
}: TrainNetworkOptions): Promise<{ network: ForecastNetwork; result: TrainResult }> {
  const { config } = run;
  const { batchSize, heldOut, seed } = config;
  manualSeed(seed);
  const network = newNetwork(config);
  const optimizer = new Adam(network.module.parameters(), {
    learningRate: learningRate(config),
    weightDecay: config.optimizer.weightDecay,
  });
  // The length of an epoch means nothing here: windows are drawn at random.
  const dataset = new TrainingWindows(table, windowOptions(config, network), batchSize * 1000, heldOut);
  const loader = new Loader({ dataset, batchSize, seed, shuffle: false, prefetch: 1 });
  const step = program(
    (batch: WindowBatch) => {
      const loss = network.loss(batch);
      optimizer.update(clipByGlobalNorm(grad(loss, optimizer.parameters), config.optimizer.maxNorm));
      return { loss };
    },
    { name: 'trainingStep' },
  );
  try {
    const result = await train({
      run,
      steps: config.steps,
      state: { network: network.module, optimizer, random: randomState },
      loader,
      step: async () => step((await loader.next()) as never),
      ...(heldOut > 0 ? { validate: validation(network, table, config), best: { metric: 'loss' } } : {}),
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: config.validateEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { network, result };
  } finally {
    await step.release();
  }
}

/** What windows of a configuration's training are like. A direct network learns the horizon alone. */
const windowOptions = (config: TrainConfig, { features }: ForecastNetwork): WindowOptions => {
  const direct = isDirect(config);
  return { ...config, features, direct, likelihood: direct ? 'horizon' : config.likelihood };
};

function learningRate({ steps, optimizer: { learningRate: peak, warmup, decay } }: TrainConfig): Schedule {
  const main: Schedule = decay ? cosineDecay(peak, Math.max(steps - warmup, 1)) : () => peak;
  return warmup > 0 ? joinSchedules([linearWarmup(peak, warmup), main], [warmup]) : main;
}

/** The loss on the last window of every series, of whose horizon training has seen nothing. */
function validation(network: ForecastNetwork, table: SeriesTable, config: TrainConfig) {
  const dataset = new LastWindows(table, windowOptions(config, network));
  const loader = new Loader({
    dataset,
    batchSize: Math.min(config.batchSize, dataset.length),
    shuffle: false,
    dropLast: false,
  });
  const measure = program((batch: WindowBatch): Tensor => network.module.eval(() => network.loss(batch)), {
    name: 'validation',
  });
  return async () => {
    let [total, windows] = [0, 0];
    for await (const batch of loader.pass()) {
      const size = batch.series.shape[0]!;
      total += size * (await measure(batch as never)).item();
      windows += size;
    }
    return { loss: total / windows };
  };
}
