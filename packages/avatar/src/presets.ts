/**
 * @module Configurations to begin with: the released one, and some for small machines.
 */
import { type AvatarConfig, RELEASED } from './config.js';
import type { LossWeights, Stage, TrainConfig } from './train-config.js';

/** A configuration without what depends on the data. */
type Preset = Omit<TrainConfig, 'data' | 'base' | 'validated' | 'vgg19' | 'vggFace'>;

/** Those of the released script. */
const LOSSES: LossWeights = {
  adversarial: 0.5,
  featureMatching: 10,
  pixel: 10,
  segmentation: 10,
  warp: 0,
  vgg19: 10,
  vggFace: 0.01,
  pyramid: 10,
};

const preset = (networks: AvatarConfig, stage: Stage, others: Partial<Preset>): Preset => ({
  networks,
  stage,
  seed: 0,
  steps: 1,
  batchSize: 40,
  sources: 1,
  learningRate: 2e-4,
  losses: LOSSES,
  standing: 500,
  logEvery: 50,
  checkpointEvery: 5000,
  ...others,
});

/** Pictures of 64 × 64, and a fiftieth of the released parameters. */
const SMALL: AvatarConfig = {
  imageSize: 64,
  embedder: { channels: 16, maxChannels: 128, size: 8, masks: true, stickmen: true },
  texture: { channels: 16, maxChannels: 128, size: 4 },
  keypoints: { poseSize: 136, channels: 128, layers: 4, harmonics: 0 },
  inference: { channels: 16, maxChannels: 128, size: 4 },
  enhancer: { channels: 16, maxChannels: 32, size: 32, blocks: 4, steps: 4, guide: 'sse' },
  discriminator: { channels: 16, maxChannels: 64, size: 8, blocks: 4, stickmen: true },
};

/** Pictures of 32 × 32, to try things out. */
const TINY: AvatarConfig = {
  imageSize: 32,
  embedder: { channels: 8, maxChannels: 64, size: 4, masks: true, stickmen: true },
  texture: { channels: 8, maxChannels: 64, size: 4 },
  keypoints: { poseSize: 136, channels: 64, layers: 4, harmonics: 0 },
  inference: { channels: 8, maxChannels: 64, size: 4 },
  enhancer: { channels: 8, maxChannels: 16, size: 16, blocks: 2, steps: 4, guide: 'sse' },
  discriminator: { channels: 8, maxChannels: 32, size: 4, blocks: 4, stickmen: true },
};

const small = { batchSize: 16, learningRate: 5e-4, standing: 50, logEvery: 20, checkpointEvery: 500 };

const tiny = { ...small, learningRate: 1e-3, standing: 10, checkpointEvery: 250 };

/** Steps of `paper` are those of the released checkpoints: 2225 and 1225 epochs of 140,697 videos. */
export const PRESETS = {
  paper: {
    base: preset(RELEASED, 'base', { steps: 7_826_000 }),
    enhancer: preset(RELEASED, 'enhancer', { steps: 5_386_000, batchSize: 32 }),
  },
  small: {
    base: preset(SMALL, 'base', { ...small, steps: 6000 }),
    enhancer: preset(SMALL, 'enhancer', { ...small, steps: 1000 }),
  },
  tiny: {
    base: preset(TINY, 'base', { ...tiny, steps: 3000 }),
    enhancer: preset(TINY, 'enhancer', { ...tiny, steps: 500 }),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<Stage, Preset>>>>;
export type PresetName = keyof typeof PRESETS;
