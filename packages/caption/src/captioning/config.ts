/**
 * @module What a captioner and its training consist of, as they stand in files, and configurations to begin with.
 */
import { z } from 'zod';

const size = z.int().positive();

export const CaptionerSchema = z.strictObject({
  /** Widths of features. */
  dVid: size,
  dAud: size,
  /** Width inside every attention. */
  dModel: size,
  dModelVideo: size,
  dModelAudio: size,
  dFfVideo: size,
  dFfAudio: size,
  heads: size,
  layers: size,
  /** Features go through a linear map; without it their widths are those of the model. */
  linearEmbedder: z.boolean(),
  dropout: z.number().min(0).lt(1),
  dModelCaps: size,
  dFfCaps: size,
  /** Width of word vectors, where it is not `dModelCaps`. */
  dWord: size.exactOptional(),
});

/** A captioner, and the words that it knows by their numbers. */
export const CaptionerModelSchema = z.strictObject({
  captioner: CaptionerSchema,
  words: z.array(z.string()).min(5).readonly(),
  /** Words of a sentence at most. */
  maxLength: size,
});
export type CaptionerModelConfig = z.output<typeof CaptionerModelSchema>;

export const CaptionerTrainSchema = CaptionerModelSchema.extend({
  /** Annotations to learn from, and folders of the videos' features. */
  data: z.string(),
  features: z.string(),
  /** Annotations that a training is measured on; several are references of the same videos. */
  validation: z.array(z.string()).readonly(),
  /** Word vectors that the captioner begins with and keeps. */
  vectors: z.string().nullable(),
  seed: z.int().nonnegative(),
  epochs: size,
  batchSize: size,
  learningRate: z.number().positive(),
  smoothing: z.number().min(0).lt(1),
  logEvery: size,
  checkpointEvery: size,
  /** Epochs between measurements. */
  validateEpochs: size,
});
export type CaptionerTrainConfig = z.output<typeof CaptionerTrainSchema>;

type Preset = Omit<
  CaptionerTrainConfig,
  'data' | 'features' | 'validation' | 'vectors' | 'seed' | 'words' | 'captioner'
> & { readonly captioner: Omit<CaptionerTrainConfig['captioner'], 'dVid' | 'dAud'> };

/** The paper's: models are as wide as the features of I3D and VGGish. */
const paper: Preset = {
  captioner: {
    dModel: 1024,
    dModelVideo: 1024,
    dModelAudio: 128,
    dFfVideo: 4096,
    dFfAudio: 512,
    heads: 4,
    layers: 2,
    linearEmbedder: false,
    dropout: 0.1,
    dModelCaps: 300,
    dFfCaps: 1200,
  },
  maxLength: 30,
  epochs: 100,
  batchSize: 32,
  learningRate: 5e-5,
  smoothing: 0.7,
  logEvery: 20,
  checkpointEvery: 500,
  validateEpochs: 1,
};

export const CAPTIONER_PRESETS = {
  paper,
  /** A fiftieth of the paper's parameters, for few words and small machines. */
  small: {
    ...paper,
    captioner: {
      ...paper.captioner,
      dModel: 128,
      dModelVideo: 128,
      dModelAudio: 64,
      dFfVideo: 256,
      dFfAudio: 128,
      linearEmbedder: true,
      dModelCaps: 96,
      dFfCaps: 192,
    },
    maxLength: 20,
    epochs: 20,
    learningRate: 1e-3,
    smoothing: 0.1,
  },
} as const satisfies Readonly<Record<string, Preset>>;
export type CaptionerPreset = keyof typeof CAPTIONER_PRESETS;
