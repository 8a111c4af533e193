/**
 * @module The configuration of a training run: what `config.json` holds.
 */
import { z } from 'zod';
import { PatternSchema } from './patterns.js';
import { SCALE_VARIANTS } from './scale.js';
import { FREQUENCY_UNITS } from './time.js';

// Configurations also come with files of others: the limits keep them from exhausting the machine.
const size = z.int().positive();
const width = size.max(4096);
const steps = size.max(2 ** 20);
const layers = size.max(64);
const dropout = z.number().min(0).max(0.99);

/** The paper's network (section 3). */
const Transformer = z.strictObject({
  model: z.literal('transformer'),
  dEmbed: width,
  nLayers: layers,
  nHeads: size.max(64),
  /** null: as wide as the model. */
  headDim: width.nullable(),
  kernelSize: size.max(64),
  scale: z.boolean(),
  dropout,
  mask: PatternSchema,
  skip: z.boolean(),
  /** Beyond the paper, `direct`: no step of the horizon reads a value after the history, sampled or true. */
  decoding: z.enum(['autoregressive', 'direct']).default('autoregressive'),
  head: z.enum(['gaussian', 'student-t', 'quantile']),
  sigmaFloor: z.number().nonnegative(),
  /** Whether every series has a learned vector. */
  seriesEmbedding: z.boolean(),
});

const recurrent = { embedding: width, hidden: width, layers, dropout };
const DeepAR = z.strictObject({ model: z.literal('deepar'), ...recurrent, head: z.enum(['top', 'all']) });
const DeepState = z.strictObject({ model: z.literal('deepstate'), ...recurrent, trend: z.boolean() });

export const NetworkSchema = z.discriminatedUnion('model', [Transformer, DeepAR, DeepState]);
export type NetworkOptions = z.output<typeof NetworkSchema>;

const FrequencySchema = z.strictObject(
  { unit: z.enum(FREQUENCY_UNITS), count: z.number().positive() },
  {
    error: ({ input }) =>
      input === undefined
        ? 'it is missing; say what a step of the training was, such as { "unit": "hour", "count": 1 }'
        : undefined,
  },
);

/** A feature by its name: see `parseFeature`. */
const FeatureSchema = z.strictObject({ name: z.string(), mean: z.number(), std: z.number().positive() });
export type FeatureConfig = z.output<typeof FeatureSchema>;

/** What a trained network must know to forecast. */
export const ModelSchema = z.strictObject({
  network: NetworkSchema,
  /** What a step is: of the tables that the network was trained on, and of those that it forecasts. */
  frequency: FrequencySchema,
  /** Steps that the network sees, and steps that it forecasts at most. */
  history: steps,
  horizon: steps,
  scale: z.enum(SCALE_VARIANTS),
  features: z.array(FeatureSchema).max(1024),
  /** Steps of a season, 0 for none. */
  season: z.int().nonnegative(),
  /** The ids of the series that have learned vectors, in their order; empty where none has. */
  series: z.array(z.string()),
});
export type ModelConfig = z.output<typeof ModelSchema>;

/** Whether a network forecasts all steps at once instead of one after the other. */
export const isDirect = ({ network }: Pick<ModelConfig, 'network'>): boolean =>
  network.model === 'transformer' && network.decoding === 'direct';

/** `ReadOptions` as they stand in a configuration; the frequency in words. */
const ReadSchema = z.strictObject({
  layout: z.enum(['long', 'wide', 'rows']).optional(),
  header: z.boolean().optional(),
  seriesColumn: z.string().optional(),
  timeColumn: z.string().optional(),
  valueColumn: z.string().optional(),
  targets: z.array(z.string()).optional(),
  covariates: z.array(z.string()).optional(),
  delimiter: z.string().optional(),
  dateFormat: z.string().optional(),
  frequency: z.string().optional(),
  seasons: z.array(steps).optional(),
  dropEmpty: z.boolean().optional(),
});
/** How a table is to be read, as plain data. */
export type ReadConfig = z.output<typeof ReadSchema>;

export const TrainSchema = ModelSchema.extend({
  /** Where the series are from; a run is continued with this file. */
  data: z.string(),
  /** How the file is read, where that is not recognised. */
  read: ReadSchema.optional(),
  /** Steps at the end of every series that the run does not know at all: what it is tested on. */
  testSteps: z.int().nonnegative().optional(),
  seed: z.int().nonnegative(),
  /** Updates. */
  steps: size,
  /** Windows per update. */
  batchSize: size,
  /** Series are drawn in proportion to their scales to this power: 1, the paper's, to 0, all alike. */
  samplingPower: z.number().min(0).max(1).default(1),
  /** Positions whose likelihood counts. */
  likelihood: z.enum(['all', 'horizon']),
  /** Steps at the end of every series that are for validation alone; 0: there is none. */
  heldOut: z.int().nonnegative(),
  optimizer: z.strictObject({
    learningRate: z.number().positive(),
    /** Updates until it is reached. */
    warmup: z.int().nonnegative(),
    /** The rate falls to 0 along a cosine over all steps (true), or stays. */
    decay: z.boolean(),
    weightDecay: z.number().nonnegative(),
    /** Gradients are scaled down to this norm. */
    maxNorm: z.number().positive(),
  }),
  logEvery: size,
  checkpointEvery: size,
  validateEvery: size,
});
export type TrainConfig = z.output<typeof TrainSchema>;
