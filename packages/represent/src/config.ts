/**
 * @module What a model and a training consist of, as they stand in files.
 */
import { z } from 'zod';

const size = z.int().positive();

const EncoderSchema = z.strictObject({
  stem: z.enum(['cifar', 'small', 'imagenet']),
  block: z.enum(['basic', 'bottleneck']),
  layers: z.array(size).length(4).readonly(),
  planes: z.array(size).length(4).readonly(),
});

/** An encoder and what pictures must be made into for it. */
export const ModelSchema = z.strictObject({
  encoder: EncoderSchema,
  /** Name of the pipeline that its training used: size, means, deviations (see `augment/pipelines.ts`). */
  pipeline: z.string(),
});
export type ModelConfig = z.output<typeof ModelSchema>;

const MethodSchema = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('w-mse'),
    /** Rows that are whitened together. */
    wSize: size,
    /** Permutations of the batch that are whitened in turn. */
    wIter: size,
    /** Share of the identity in the covariance. */
    wEps: z.number().min(0).max(1),
    /** Distances of vectors of length 1 (true) or as they are. */
    norm: z.boolean(),
  }),
  z.strictObject({
    method: z.literal('mse'),
    norm: z.boolean(),
  }),
  z.strictObject({
    method: z.literal('contrastive'),
    /** The temperature. */
    tau: z.number().positive(),
    norm: z.boolean(),
  }),
  z.strictObject({
    method: z.literal('byol'),
    /** The target's first decay; it grows to 1. */
    tau: z.number().min(0).max(1),
    norm: z.boolean(),
  }),
  z.strictObject({
    method: z.literal('supervised'),
    classes: size,
  }),
]);

const DecaySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('step'),
    /** Epochs before the end at which the rate is multiplied by `gamma`. */
    before: z.array(z.int().nonnegative()).readonly(),
    gamma: z.number().positive(),
  }),
  z.strictObject({
    kind: z.literal('cosine'),
    min: z.number().nonnegative(),
    /** Epochs of the first cosine; null: of the whole training. */
    first: z.number().positive().nullable(),
    /** How many times longer each is than the one before. */
    factor: z.number().min(1),
  }),
]);

export const TrainSchema = ModelSchema.extend({
  /** Pictures to learn from. */
  data: z.string(),
  /** Labelled pictures that training never sees, for the accuracy of nearest neighbours. */
  test: z.string().nullable(),
  seed: z.int().nonnegative(),
  head: z.strictObject({ layers: size, size, emb: size, batchNorm: z.boolean() }),
  loss: MethodSchema,
  /** Views of each picture in a batch. */
  numSamples: size,
  /** Pictures of a batch. */
  batchSize: size,
  epochs: size,
  learningRate: z.number().positive(),
  /** The rate grows along a line over the first 500 steps. */
  warmup: z.boolean(),
  decay: DecaySchema,
  /** Adam's L2 penalty. */
  weightDecay: z.number().nonnegative(),
  /** Threads that decode and augment. */
  workers: size,
  logEvery: size,
  checkpointEvery: size,
  /** Epochs between measurements of nearest neighbours. */
  validateEpochs: size,
});
export type TrainConfig = z.output<typeof TrainSchema>;
