/**
 * @module Training in a run folder (section 4): both stages.
 */
import { fromFile } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { Loader, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import { type Pair, pairs } from './data/pairs.js';
import type { Footage } from './data/view.js';
import { Discriminator } from './discriminator.js';
import { SelfDriving } from './evaluation/self-driving.js';
import { readAvatarWeights, readDiscriminator } from './load.js';
import { AvatarNetworks } from './networks.js';
import { SampleSheet } from './samples.js';
import { StandingStatistics } from './statistics.js';
import { type Comparers, TrainingStep } from './step.js';
import type { TrainConfig } from './train-config.js';

export interface TrainAvatarOptions {
  readonly run: Run<TrainConfig>;
  /** Videos to learn from. */
  readonly footage: Footage;
  /** Videos of other people, the first `config.validated` of which are measured. */
  readonly unseen?: Footage;
  readonly comparers?: Comparers;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.steps` are done. With every checkpoint come standing
 * statistics, measures of people who are not trained on, and a sheet of samples in the run's folder `samples`.
 *
 * @returns the networks as the last step left them, and how the training ended.
 * @throws InputError as `train` does, or when the networks of the first stage cannot be read.
 */
export async function trainAvatar({
  run,
  footage,
  unseen,
  comparers = {},
  ...options
}: TrainAvatarOptions): Promise<{ readonly networks: AvatarNetworks; readonly result: TrainResult }> {
  const { config } = run;
  const { batchSize, sources, seed, steps, checkpointEvery } = config;
  const { networks, discriminator } = await learnersOf(run, options.onMessage);
  const loader = new Loader({ dataset: pairs(footage, { sources }), batchSize, seed });
  const step = new TrainingStep({ networks, discriminator, comparers }, config);
  const standing = new StandingStatistics(networks);
  const measured = unseen && measurement(networks, unseen, config);
  const samples = await SampleSheet.of(networks, unseen ?? footage, sources);
  try {
    const result = await train({
      run,
      steps,
      state: step.state,
      loader,
      step: async (n) => {
        const metrics = await step.run(await loader.next());
        if (n % checkpointEvery === 0 || n === steps) {
          if (config.stage === 'base') await standing.collect(first(loader, config.standing));
          await samples.write(run, n);
        }
        return metrics;
      },
      ...(measured && { validate: measured.measure, best: { metric: 'l1' } }),
      logEvery: config.logEvery,
      checkpointEvery,
      validateEvery: checkpointEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { networks, result };
  } finally {
    await step.release();
    await standing.release();
    await samples.release();
    await measured?.release();
  }
}

/** New networks; in the second stage those of the first one, with a new enhancer. */
async function learnersOf(run: Run<TrainConfig>, say: (line: string) => void = () => {}) {
  const { networks: shape, stage, base, seed } = run.config;
  manualSeed(seed);
  const networks = new AvatarNetworks(shape, { enhancer: stage === 'enhancer' });
  const discriminator = new Discriminator(shape.imageSize, shape.discriminator);
  // A run that is continued has all of it in its checkpoint.
  if (base !== undefined && (await run.checkpoints.steps()).length === 0) {
    const { state } = await readAvatarWeights(base);
    const judged = await readDiscriminator(base);
    fromFile(`${base}: these are not weights of the networks that the configuration describes`, () => {
      networks.loadStateDict(new Map([...networks.stateDict(), ...state]));
      if (judged) discriminator.loadStateDict(judged);
    });
    if (!judged) say(`${base} has no discriminator: a new one is trained`);
  }
  return { networks, discriminator };
}

/** Always the same batches, apart from the sequence of training. */
async function* first(loader: Loader<Pair>, count: number): AsyncGenerator<Pair> {
  let given = 0;
  for (let epoch = 0; given < count; epoch++) {
    for await (const batch of loader.pass(epoch)) {
      yield batch;
      if (++given === count) return;
    }
  }
}

/** Measures of people who are not trained on: one pair of each. */
function measurement(
  networks: AvatarNetworks,
  unseen: Footage,
  { validated, batchSize, sources }: TrainConfig,
) {
  const { get } = pairs(unseen, { sources, drawn: false });
  const length = Math.min(unseen.length, validated);
  const loader = new Loader({
    dataset: { length, get },
    batchSize: Math.min(batchSize, length),
    shuffle: false,
    dropLast: false,
  });
  const selfDriving = new SelfDriving(networks);
  return {
    measure: async () => {
      const { made } = await selfDriving.of(loader.pass());
      return { ...made };
    },
    release: () => selfDriving.release(),
  };
}
