/**
 * @module Training of an embedder of persons, in a run folder.
 */
import { cast, NDArray, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, cosineDecay, manualSeed, randomState } from '@sextant/nn';
import { Loader, type Metrics, type ProgressUpdate, type Run, type TrainResult, train } from '@sextant/train';
import { z } from 'zod';
import type { Portraits } from './data.js';
import { Classes, Embedder, EmbedderSchema, vectorsOf } from './model.js';
import { verify } from './verification.js';

const size = z.int().positive();

export const IdentityModelSchema = z.strictObject({ embedder: EmbedderSchema });
export type IdentityModelConfig = z.output<typeof IdentityModelSchema>;

export const IdentityTrainSchema = IdentityModelSchema.extend({
  /** Folder of pictures with person.npy. */
  data: z.string(),
  /** Another of other people, whom the embedder is tried on; null: the last people of `data` are. */
  held: z.string().nullable(),
  /** Share of the people who are held out where no others are given. */
  heldOut: z.number().gt(0).max(0.9),
  seed: z.int().nonnegative(),
  /** What cosines are multiplied by, and by how much the right person's must be larger. */
  scale: z.number().positive(),
  margin: z.number().nonnegative(),
  epochs: size,
  batchSize: size,
  /** Its peak: it falls to 0 along a cosine. */
  learningRate: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  logEvery: size,
  checkpointEvery: size,
  validateEvery: size,
});
export type IdentityTrainConfig = z.output<typeof IdentityTrainSchema>;

export interface TrainIdentityOptions {
  readonly run: Run<IdentityTrainConfig>;
  readonly training: Portraits;
  /** Of people who are not trained on. */
  readonly held: Portraits;
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
  readonly resumeCommand?: string;
}

interface Batch<T> {
  /** [B, 3, S, S] */
  readonly image: T;
  /** [B] */
  readonly person: T;
}

/**
 * Trains from the run's last checkpoint, or from the beginning, until `config.epochs` are done.
 *
 * @returns the embedder as the last step left it, and how the training ended.
 * @throws InputError as `train` does, or when the people are too few.
 */
export async function trainIdentity({
  run,
  training,
  held,
  ...options
}: TrainIdentityOptions): Promise<{ embedder: Embedder; result: TrainResult }> {
  const { config } = run;
  const { batchSize, epochs, seed, weightDecay } = config;
  checkPeople({ training, held });
  manualSeed(seed);
  const embedder = new Embedder(config.embedder);
  const classes = new Classes(training.count, config.embedder.features);
  const loader = new Loader({ dataset: training, batchSize, seed });
  const steps = epochs * loader.batchesPerEpoch;
  const optimizer = new Adam([...embedder.parameters(), ...classes.parameters()], {
    learningRate: cosineDecay(config.learningRate, steps),
    weightDecay,
  });
  const step = program(
    ({ image, person }: Batch<Tensor>) => {
      const loss = classes.loss(embedder.forward(image), cast(person, 'int32'), config);
      optimizer.minimize(loss);
      return { loss };
    },
    { name: 'trainingStep' },
  );
  const validate = validation(embedder, held, batchSize);
  try {
    const result = await train({
      run,
      steps,
      state: { embedder, classes, optimizer, random: randomState },
      loader,
      step: async () => step((await loader.next()) as never),
      validate: validate.measure,
      best: { metric: 'equalError' },
      logEvery: config.logEvery,
      checkpointEvery: config.checkpointEvery,
      validateEvery: config.validateEvery,
      itemsPerStep: batchSize,
      ...options,
    });
    return { embedder, result };
  } finally {
    await step.release();
    await validate.release();
  }
}

/** @throws InputError when there are not several pictures of several people, to train on and to try the network on. */
export function checkPeople(parts: { readonly training: Portraits; readonly held: Portraits }): void {
  for (const [what, { length, count }] of [
    ['to train on', parts.training],
    ['to try it on', parts.held],
  ] as const) {
    if (count < 2) throw new InputError(`${count} people ${what} are too few: give pictures of more`);
    if (length === count) {
      throw new InputError(
        `one picture each of ${count} people ${what}: give several of each, as \`sextant edit heads --frames 8\` makes`,
      );
    }
  }
}

/** Pictures that persons are told apart on; their pairs are a thousand times as many. */
const VERIFIED = 2000;

/** How well people are told apart who were not trained on. The threshold becomes part of the embedder. */
function validation(embedder: Embedder, held: Portraits, batchSize: number) {
  const length = Math.min(held.length, VERIFIED);
  const loader = new Loader({
    dataset: { length, get: held.get },
    batchSize: Math.min(batchSize, length),
    shuffle: false,
    dropLast: false,
  });
  const embed = program((image: Tensor) => embedder.eval((e) => e.forward(image)), { name: 'validation' });
  const measure = async (): Promise<Metrics> => {
    const vectors: Float32Array[] = [];
    for await (const { image } of loader.pass()) vectors.push(...vectorsOf(await embed(image)));
    const { equalError, accuracy, threshold } = verify(vectors, held.people);
    // A function of what was trained alone: where a training continues, it is the same again.
    embedder.threshold.value = new NDArray(Float32Array.of(threshold), [], 'float32');
    return { equalError, accuracy, threshold };
  };
  return { measure, release: () => embed.release() };
}
