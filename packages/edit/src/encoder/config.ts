/**
 * @module What a training of an encoder consists of, as it stands in a run's `config.json`, and configurations to begin with.
 */
import { InputError } from '@sextant/io/web';
import { z } from 'zod';
import { latentCount, type ModelConfig } from '../stylegan2/config.js';
import { type EncoderConfig, EncoderSchema } from './model.js';

const count = z.int().positive();
const share = z.number().min(0).max(1);
const weight = z.number().nonnegative();

export const EncoderTrainSchema = z.strictObject({
  encoder: EncoderSchema,
  /** Weights of the generator whose codes are learnt: a file or a run folder. */
  generator: z.string(),
  /** Weights of the estimator that pictures are compared by. */
  estimator: z.string(),
  seed: z.int().nonnegative(),
  steps: count,
  /** Codes that each step draws. */
  batchSize: count,
  /** Its peak: it falls to 0 along a cosine. */
  learningRate: z.number().positive(),
  /** How far codes keep from their mean: each is drawn with a factor between these. */
  truncation: z.tuple([share, share]).readonly(),
  /** Share of codes whose rows are from two w, at random. */
  mixing: share,
  /** Of what the estimator sees and of the codes, in deviations of w; that of pixels is 1. */
  weights: z.strictObject({ seen: weight, latent: weight }),
  /** Codes that nothing is learnt from. */
  heldOut: count,
  logEvery: count,
  checkpointEvery: count,
  validateEvery: count,
});
export type EncoderTrainConfig = z.output<typeof EncoderTrainSchema>;

type Preset = Omit<EncoderTrainConfig, 'encoder' | 'estimator' | 'generator' | 'seed'> & {
  /** Channels of the first stage; each further one has twice as many. */
  readonly width: number;
  readonly widest: number;
  readonly hidden: number;
};

const small: Preset = {
  width: 24,
  widest: 128,
  hidden: 256,
  steps: 8000,
  batchSize: 32,
  learningRate: 2e-3,
  truncation: [0.5, 1],
  mixing: 0.5,
  weights: { seen: 0.1, latent: 0.1 },
  heldOut: 256,
  logEvery: 50,
  checkpointEvery: 500,
  validateEvery: 500,
};

export const ENCODER_PRESETS = {
  /** For generators of small pictures, on two cores. */
  small,
  /** For codes of 512 numbers and pictures from 256 up. */
  large: { ...small, width: 32, widest: 512, hidden: 512, steps: 100_000, batchSize: 8, learningRate: 5e-4 },
} as const satisfies Readonly<Record<string, Preset>>;
export type EncoderPreset = keyof typeof ENCODER_PRESETS;

/** Side of the maps that codes are told from. */
const LAST_SIDE = 4;

/** The configuration of a training for a generator, without its weights, the estimator and the seed. */
export function configureEncoder(
  preset: EncoderPreset,
  { size, styleDim }: Pick<ModelConfig, 'size' | 'styleDim'>,
): Omit<EncoderTrainConfig, 'estimator' | 'generator' | 'seed'> {
  const { width, widest, hidden, ...rest } = ENCODER_PRESETS[preset];
  const stages = Math.max(1, Math.log2(size / LAST_SIDE));
  const channels = Array.from({ length: stages }, (_, i) => Math.min(widest, width * 2 ** i));
  const encoder: EncoderConfig = { size, channels, hidden, rows: latentCount(size), styleDim };
  return { ...rest, encoder };
}

/** @throws InputError when an encoder's codes are not those of a generator. */
export function checkEncoder(encoder: EncoderConfig, { size, styleDim }: ModelConfig): void {
  const rows = latentCount(size);
  if (encoder.size !== size || encoder.styleDim !== styleDim || encoder.rows !== rows) {
    throw new InputError(
      `the encoder finds codes of ${encoder.rows} rows of ${encoder.styleDim} for pictures of ${encoder.size}, the generator's have ${rows} of ${styleDim} for ${size}`,
    );
  }
}
