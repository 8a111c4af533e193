/**
 * @module Training without labels, in a run folder (section 4 of the specification).
 */
import { array, Generator, NDArray, program, type Tensor, Variable } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, manualSeed, randomState } from '@sextant/nn';
import { type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import type { ViewLoader } from './augment/loader.js';
import type { TrainConfig } from './config.js';
import { BYOL, byolDecay, type Method, newMethod, type ViewBatch } from './methods.js';
import { type LearningRate, learningRateAt } from './schedule.js';

export interface TrainEncoderOptions {
  readonly run: Run<TrainConfig>;
  /** Views [numSamples, batchSize, 3, S, S] of the pictures, without end. */
  readonly loader: ViewLoader;
  /** Class ids of the loader's pictures; supervised training needs them. */
  readonly labels?: Int32Array;
  /** Measures the method after some epochs. */
  readonly validate?: (method: Method) => Promise<Metrics>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done.
 *
 * @returns the method as the last step left it, and how the training ended.
 * @throws InputError as `train` does; TensorError when a batch's covariance cannot be inverted.
 */
export async function trainEncoder({
  run,
  loader,
  labels,
  validate,
  ...options
}: TrainEncoderOptions): Promise<{ method: Method; result: TrainResult }> {
  const { config } = run;
  const { seed, batchSize, epochs, validateEpochs } = config;
  const perEpoch = loader.batchesPerEpoch;
  manualSeed(seed);
  const method = newMethod(config, config.loss);
  const rate = new Variable(array(0));
  const optimizer = new Adam('online' in method ? method.online() : method.parameters(), {
    learningRate: rate,
    weightDecay: config.weightDecay,
  });
  const average = method instanceof BYOL ? method.average() : undefined;
  const step = program(
    ({ decay, ...batch }: ViewBatch<Tensor> & { readonly decay: Tensor }) => {
      const loss = method.loss(batch);
      optimizer.minimize(loss);
      average?.update(decay);
      return { loss };
    },
    { name: 'trainingStep' },
  );
  const permutations = new Permutations(config);
  try {
    const result = await train({
      run,
      steps: epochs * perEpoch,
      state: { method, optimizer, random: randomState, ...(average && { average }) },
      loader,
      step: async (n) => {
        const iteration = n - 1;
        rate.value = array(learningRateAt(scheduleOf(config, perEpoch), iteration));
        const progress = Math.floor(iteration / perEpoch) / epochs;
        const { views, indices } = await loader.next();
        const { loss } = await step({
          views,
          ...(config.loss.method === 'supervised' && { labels: labelsAt(labels!, indices) }),
          decay: array(config.loss.method === 'byol' ? byolDecay(config.loss.tau, progress) : 1),
          ...permutations.at(iteration),
        } as never);
        if (config.loss.method === 'w-mse' && !Number.isFinite(loss.item())) throw singular(config, n);
        return { loss };
      },
      ...(validate ? { validate: () => validate(method), best: { metric: 'knn', goal: 'max' } } : {}),
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: validateEpochs * perEpoch,
      itemsPerStep: batchSize,
      ...options,
    });
    return { method, result };
  } finally {
    await step.release();
  }
}

const labelsAt = (labels: Int32Array, indices: Int32Array): NDArray<'int32'> =>
  new NDArray(
    indices.map((i) => labels[i]!),
    [indices.length],
    'int32',
  );

/** Why W-MSE's loss can be no number while the networks are sound. */
const singular = ({ loss, head }: TrainConfig, step: number): InputError =>
  new InputError(
    `step ${step}: the covariance of ${(loss as { wSize?: number }).wSize} embeddings of ${head.emb} numbers is singular: ` +
      `whiten more rows together (wSize, at least ${2 * head.emb}), or set wEps to 1e-4`,
  );

const scheduleOf = (
  { learningRate: peak, epochs, warmup, decay }: TrainConfig,
  iterationsPerEpoch: number,
): LearningRate => ({ peak, epochs, iterationsPerEpoch, warmup, decay });

/** The orders in which W-MSE cuts its batches: the same for the same seed and iteration. */
class Permutations {
  private readonly random: Generator;

  constructor(private readonly config: TrainConfig) {
    this.random = new Generator(config.seed).fork('whitening');
  }

  /** Integers [w_iter, batchSize]; nothing for other methods. */
  at(iteration: number): { readonly permutations?: NDArray } {
    const { loss, batchSize } = this.config;
    if (loss.method !== 'w-mse') return {};
    const random = this.random.fork(String(iteration));
    const rows = Array.from({ length: loss.wIter }, () => [...random.permutation(batchSize).data]);
    return {
      permutations: new NDArray(Int32Array.from(rows.flat()), [loss.wIter, batchSize], 'int32'),
    };
  }
}
