/**
 * @module Named configurations.
 */
import type { TrainConfig } from './config.js';
import { PAPER_MEL } from './mel.js';
import { type DiscriminatorConfig, discriminatorChannels, type GeneratorConfig } from './model.js';

/** Options of the authors' generator (section 2.2). */
export const PAPER_GENERATOR: GeneratorConfig = {
  nMelChannels: 80,
  ngf: 32,
  nResidualLayers: 3,
  ratios: [8, 8, 2, 2],
  inputShift: 0,
  inputScale: 1,
};

/** Options of the authors' discriminators (section 2.3). */
export const PAPER_DISCRIMINATOR: DiscriminatorConfig = {
  numD: 3,
  channels: discriminatorChannels(16, 4, 4, 1024),
  downsampFactor: 4,
};

/** A configuration without the data it is to be trained on. */
type Preset = Omit<TrainConfig, 'data'>;

/** The authors' training: nothing but the adversarial losses, for 2.4 million steps. */
const paper: Preset = {
  validationFiles: 10,
  seed: 0,
  steps: 2_400_000,
  spectralSteps: 0,
  batchSize: 16,
  segmentLength: 8192,
  mel: { ...PAPER_MEL },
  generator: { ...PAPER_GENERATOR, ratios: [...PAPER_GENERATOR.ratios] },
  discriminator: { ...PAPER_DISCRIMINATOR, channels: [...PAPER_DISCRIMINATOR.channels] },
  optimizer: { learningRate: 1e-4, betas: [0.5, 0.9], decaySteps: null },
  lambdaFeat: 10,
  spectral: { stft: 0, mel: 0, refined: 0 },
  refinements: 0,
  logEvery: 100,
  checkpointEvery: 1000,
  validateEvery: 1000,
};

/**
 * For two cores and a few minutes of speech: a generator of half the width whose audio is refined, taught by spectra
 * alone. More `steps` than `spectralSteps` go on against narrow discriminators: on minutes of speech that made the
 * validation distance worse.
 */
const small: Preset = {
  ...paper,
  validationFiles: 2,
  steps: 18_000,
  spectralSteps: 18_000,
  batchSize: 4,
  segmentLength: 8192,
  generator: { ...paper.generator, ngf: 16 },
  discriminator: { numD: 3, channels: discriminatorChannels(16, 4, 4, 128), downsampFactor: 4 },
  optimizer: { learningRate: 1e-3, betas: [0.8, 0.99], decaySteps: 18_000 },
  spectral: { stft: 2.5, mel: 5, refined: 0.4 },
  refinements: 16,
  checkpointEvery: 500,
  validateEvery: 500,
};

/** To try things out: seconds instead of hours, and no useful sound. */
const tiny: Preset = {
  ...small,
  steps: 60,
  spectralSteps: 40,
  batchSize: 2,
  segmentLength: 2048,
  generator: { ...paper.generator, ngf: 4 },
  discriminator: { numD: 2, channels: discriminatorChannels(4, 3, 4, 16), downsampFactor: 4 },
  optimizer: { learningRate: 1e-3, betas: [0.8, 0.99], decaySteps: 60 },
  logEvery: 10,
  checkpointEvery: 20,
  validateEvery: 20,
};

export const PRESETS = { paper, small, tiny } as const;
