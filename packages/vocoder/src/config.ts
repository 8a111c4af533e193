/**
 * @module The configuration of a training run: what `config.json` holds.
 */
import { z } from 'zod';
import { hopLength, numGeneratorParameters } from './model.js';
import { MAX_REFINEMENTS } from './refine.js';

const size = z.int().positive();
const weight = z.number().nonnegative();

// Configurations also come with files of others: the limits keep them from exhausting the machine. The paper's
// generator has 4.3 million parameters.
const LARGEST_GENERATOR = 100_000_000;
const LARGEST_HOP = 8192;
const bands = size.max(1024);

export const GeneratorSchema = z
  .strictObject({
    nMelChannels: bands,
    ngf: size.max(1024),
    nResidualLayers: size.max(8),
    ratios: z.array(size.max(256)).min(1).max(8),
    inputShift: z.number(),
    inputScale: z.number(),
  })
  .refine((c) => hopLength(c) <= LARGEST_HOP, {
    path: ['ratios'],
    message: `their product must be at most ${LARGEST_HOP}`,
  })
  .refine((c) => numGeneratorParameters(c) <= LARGEST_GENERATOR, {
    path: ['ngf'],
    message: `the generator would have more than ${LARGEST_GENERATOR / 1e6} million parameters`,
  });

export const RefinementsSchema = z.int().nonnegative().max(MAX_REFINEMENTS);

export const MelSchema = z
  .strictObject({
    nFft: size.max(8192),
    hopLength: size.max(LARGEST_HOP),
    winLength: size.max(8192),
    sampleRate: size.max(384_000),
    nMelChannels: bands,
    fmin: z.number().nonnegative(),
    fmax: z.number().positive().nullable(),
    variant: z.enum(['melgan', 'tacotron']),
  })
  .refine((m) => m.winLength <= m.nFft, { path: ['winLength'], message: 'must be at most nFft' })
  .refine((m) => m.hopLength <= m.nFft, { path: ['hopLength'], message: 'must be at most nFft' })
  .refine((m) => m.fmin < (m.fmax ?? m.sampleRate / 2), { path: ['fmin'], message: 'must be below fmax' })
  .refine((m) => (m.fmax ?? 0) <= m.sampleRate / 2, {
    path: ['fmax'],
    message: 'must be at most half the sample rate',
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
