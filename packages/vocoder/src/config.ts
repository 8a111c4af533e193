/**
 * @module The configuration of a training run: what `config.json` holds.
 */
import { z } from 'zod';
import { hopLength } from './model.js';

const size = z.int().positive();
const weight = z.number().nonnegative();

export const GeneratorSchema = z.strictObject({
  nMelChannels: size,
  ngf: size,
  nResidualLayers: size,
  ratios: z.array(size).min(1),
  inputShift: z.number(),
  inputScale: z.number(),
});

export const RefinementsSchema = z.int().nonnegative().max(100);

export const MelSchema = z.strictObject({
  nFft: size,
  hopLength: size,
  winLength: size,
  sampleRate: size,
  nMelChannels: size,
  fmin: z.number().nonnegative(),
  fmax: z.number().positive().nullable(),
  variant: z.enum(['melgan', 'tacotron']),
});

const DiscriminatorSchema = z.strictObject({
  numD: size,
  channels: z.array(size).min(3),
  downsampFactor: size,
});

export const TrainSchema = z
  .strictObject({
    /** Folder of clips. */
    data: z.string(),
    /** The first so many clips by name are kept for validation. */
    validationFiles: size,
    /** Weights that the generator begins with, a path for `loadVocoder`; random ones without it. */
    init: z.string().optional(),
    seed: z.int().nonnegative(),
    /** Updates of the generator. */
    steps: size,
    /** Of these, the first so many use the spectral loss alone, without discriminators. */
    spectralSteps: z.int().nonnegative(),
    batchSize: size,
    /** Samples per segment, a multiple of the hop length. */
    segmentLength: size,
    mel: MelSchema,
    generator: GeneratorSchema,
    discriminator: DiscriminatorSchema,
    optimizer: z.strictObject({
      learningRate: z.number().positive(),
      betas: z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]),
      /** Steps of a cosine decay to a fiftieth of the rate; null keeps the rate. */
      decaySteps: size.nullable(),
    }),
    /** Weight of feature matching. */
    lambdaFeat: weight,
    /**
     * Weights of the multi-resolution STFT distance and of the log-mel difference; the paper has neither. `refined`
     * is the share of both that is taken after one refinement.
     */
    spectral: z.strictObject({ stft: weight, mel: weight, refined: weight.max(1) }),
    /** Refinements of the trained generator's audio, see `refine`; the paper has none. */
    refinements: RefinementsSchema,
    logEvery: size,
    checkpointEvery: size,
    validateEvery: size,
  })
  .refine((c) => hopLength(c.generator) === c.mel.hopLength, {
    path: ['generator', 'ratios'],
    message: 'the product of the ratios must be the hop length',
  })
  .refine((c) => c.generator.nMelChannels === c.mel.nMelChannels, {
    path: ['generator', 'nMelChannels'],
    message: 'must be mel.nMelChannels',
  })
  .refine((c) => c.segmentLength % c.mel.hopLength === 0, {
    path: ['segmentLength'],
    message: 'must be a multiple of the hop length',
  })
  .refine((c) => c.spectralSteps === 0 || c.spectral.stft + c.spectral.mel > 0, {
    path: ['spectralSteps'],
    message: 'steps with the spectral loss alone need a spectral weight above 0',
  });

export type TrainConfig = z.output<typeof TrainSchema>;
