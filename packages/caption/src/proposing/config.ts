/**
 * @module What a proposal generator and its training consist of, as they stand in files, and configurations to begin with.
 */
import { z } from 'zod';
import { CaptionerSchema } from '../captioning/config.js';

const size = z.int().positive();
const positive = z.number().positive();

const HeadsSchema = z.strictObject({
  /** Lengths of anchors in seconds, ascending. */
  anchors: z.array(positive).min(1).readonly(),
  /** A head for each. */
  kernelSizes: z.array(size).min(1).readonly(),
  /** Widths of the hidden convolutions. */
  hidden: z.array(size).readonly(),
  /** Seconds from one row of features to the next. */
  stride: positive,
});

export const ProposalSchema = CaptionerSchema.omit({ dModelCaps: true, dFfCaps: true, dWord: true }).extend({
  layerNorm: z.boolean(),
  audio: HeadsSchema,
  video: HeadsSchema,
});

/** A generator, and how many rows of features it looks at. */
export const ProposalModelSchema = z.strictObject({
  proposals: ProposalSchema,
  rows: z.strictObject({ audio: size, video: size }),
});
export type ProposalModelConfig = z.output<typeof ProposalModelSchema>;

export const ProposalTrainSchema = ProposalModelSchema.extend({
  /** Annotations to learn from, and the folder of the videos' features. */
  data: z.string(),
  features: z.string(),
  /** Annotations that a training is measured on; several are references of the same videos. */
  validation: z.array(z.string()).readonly(),
  /** Weights of the captioner whose encoder is used as it is; null: one is learnt. */
  captioner: z.string().nullable(),
  seed: z.int().nonnegative(),
  epochs: size,
  batchSize: size,
  learningRate: positive,
  logEvery: size,
  checkpointEvery: size,
  /** Epochs between measurements. */
  validateEpochs: size,
});
export type ProposalTrainConfig = z.output<typeof ProposalTrainSchema>;

interface HeadsPreset {
  /** How many lengths. */
  readonly anchors: number;
  readonly kernelSizes: readonly number[];
  readonly hidden: readonly number[];
  readonly stride: number;
}

type Preset = Pick<
  ProposalTrainConfig,
  'batchSize' | 'checkpointEvery' | 'epochs' | 'learningRate' | 'logEvery' | 'rows' | 'validateEpochs'
> & { readonly audio: HeadsPreset; readonly video: HeadsPreset };

const paper: Preset = {
  audio: {
    anchors: 48,
    kernelSizes: [5, 13, 23, 35, 51, 69, 91, 121, 161, 211],
    hidden: [512, 512],
    stride: 0.96,
  },
  video: {
    anchors: 128,
    kernelSizes: [1, 5, 9, 13, 19, 25, 35, 45, 61, 79],
    hidden: [512, 512],
    stride: 2.56,
  },
  rows: { audio: 800, video: 300 },
  epochs: 100,
  batchSize: 16,
  learningRate: 5e-5,
  logEvery: 20,
  checkpointEvery: 500,
  validateEpochs: 1,
};

export const PROPOSAL_PRESETS = {
  paper,
  /** Fewer and narrower heads, for small machines. */
  small: {
    ...paper,
    audio: { ...paper.audio, anchors: 8, kernelSizes: [5, 23, 69], hidden: [64] },
    video: { ...paper.video, anchors: 16, kernelSizes: [1, 9, 25], hidden: [64] },
    epochs: 30,
    learningRate: 1e-3,
  },
} as const satisfies Readonly<Record<string, Preset>>;
export type ProposalPreset = keyof typeof PROPOSAL_PRESETS;
