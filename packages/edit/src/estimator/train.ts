/**
 * @module Training of an estimator, in a run folder.
 */
import { div, mean, program, square, sub, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, cosineDecay, manualSeed, randomState } from '@sextant/nn';
import {
  type Dataset,
  Loader,
  type Metrics,
  type ProgressUpdate,
  type Run,
  type TrainResult,
  train,
} from '@sextant/train';
import { LIGHT_COEFFICIENTS } from '../attributes.js';
import { type ColumnStatistics, squaresAbout } from '../columns.js';
import { keptOf } from '../held-out.js';
import type { EstimatorTrainConfig } from './config.js';
import { between, type Shot } from './data.js';
import { Estimator } from './model.js';

export interface TrainEstimatorOptions {
  readonly run: Run<EstimatorTrainConfig>;
  readonly shots: Dataset<Shot>;
  /** Means and deviations of what the pictures show [C]. */
  readonly statistics: ColumnStatistics;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

interface Batch<T> {
  /** [B, 3, S, S] */
  readonly image: T;
  /** [B, C] */
  readonly shown: T;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done.
 *
 * @returns the estimator as the last step left it, and how the training ended.
 * @throws InputError as `train` does, or when the data do not fit the configuration.
 */
export async function trainEstimator({
  run,
  shots,
  statistics,
  ...options
}: TrainEstimatorOptions): Promise<{ estimator: Estimator; result: TrainResult }> {
  const { config } = run;
  const { batchSize, epochs, seed, weightDecay } = config;
  if (statistics.mean.size !== config.estimator.outFeatures) {
    throw new InputError(
      `${statistics.mean.size} numbers of light and attributes; the estimator tells ${config.estimator.outFeatures}`,
    );
  }
  const { training, held } = splitShots(shots, config);
  manualSeed(seed);
  const estimator = new Estimator(config.estimator);
  estimator.target_mean.value = statistics.mean;
  estimator.target_std.value = statistics.std;
  const loader = new Loader({ dataset: training, batchSize, seed });
  const steps = epochs * loader.batchesPerEpoch;
  const optimizer = new Adam(estimator.parameters(), {
    learningRate: cosineDecay(config.learningRate, steps),
    weightDecay,
  });
  const step = program(
    ({ image, shown }: Batch<Tensor>) => {
      const wanted = div(sub(shown, estimator.target_mean), estimator.target_std);
      const loss = mean(square(sub(estimator.standardized(image), wanted)));
      optimizer.minimize(loss);
      return { loss };
    },
    { name: 'trainingStep' },
  );
  const validate = validation(estimator, held, config);
  try {
    const result = await train({
      run,
      steps,
      state: { estimator, optimizer, random: randomState },
      loader,
      step: async () => step((await loader.next()) as never),
      validate: validate.measure,
      best: { metric: 'unexplained' },
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: config.validateEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { estimator, result };
  } finally {
    await step.release();
    await validate.release();
  }
}

/** Pictures to train on, and the last ones, which are held out. @throws InputError when there are too few of either. */
export function splitShots(
  shots: Dataset<Shot>,
  { heldOut, batchSize }: Pick<EstimatorTrainConfig, 'batchSize' | 'heldOut'>,
) {
  const { length } = shots;
  const kept = keptOf(length, heldOut);
  if (kept === length) throw new InputError(`${length} pictures are too few to hold some out`);
  if (kept < batchSize) {
    throw new InputError(`${kept} pictures to train on do not fill a batch of ${batchSize}`);
  }
  return { training: between(shots, 0, kept), held: between(shots, kept, length) };
}

/** Of the held-out pictures, by attribute and over all: the share of the variance that is not explained, 1 - R². */
function validation(estimator: Estimator, held: Dataset<Shot>, { table, batchSize }: EstimatorTrainConfig) {
  const loader = new Loader({
    dataset: held,
    batchSize: Math.min(batchSize, held.length),
    shuffle: false,
    dropLast: false,
  });
  const told = program((image: Tensor) => estimator.eval((m) => m.forward(image)), { name: 'validation' });
  const names = [
    ...Array.from({ length: LIGHT_COEFFICIENTS }, (_, i) => `light${i}`),
    ...table.attributes.map(({ name }) => name),
  ];
  const measure = async (): Promise<Metrics> => {
    const wanted: number[][] = names.map(() => []);
    const errors: number[] = names.map(() => 0);
    for await (const { image, shown } of loader.pass()) {
      const found = await told(image);
      for (const [at, value] of shown.data.entries()) {
        const k = at % names.length;
        wanted[k]!.push(value);
        errors[k]! += (value - Number(found.data[at])) ** 2;
      }
    }
    const shares = names.map((_, k) => errors[k]! / squaresAbout(wanted[k]!));
    // What does not vary cannot be explained.
    const varying = shares.filter(Number.isFinite);
    return {
      unexplained: varying.reduce((a, b) => a + b, 0) / varying.length,
      ...Object.fromEntries(
        names.flatMap((name, k) => (Number.isFinite(shares[k]) ? [[name, shares[k]!]] : [])),
      ),
    };
  };
  return { measure, release: () => told.release() };
}
