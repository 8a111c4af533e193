/**
 * @module Configurations to begin with: rosinality's for faces, and for small machines.
 */
import { channelTable } from './config.js';
import type { TrainConfig } from './train-config.js';

/** A configuration without the data it is to be trained on. */
type Preset = Omit<TrainConfig, 'data'>;

/** The paper's configuration F as rosinality trains it (section 4.2 of the specification). */
const ffhq = (size: number): Preset => ({
  model: {
    size,
    styleDim: 512,
    mappingLayers: 8,
    mappingRate: 0.01,
    channels: channelTable(size),
    blurKernel: [1, 3, 3, 1],
  },
  flip: true,
  seed: 0,
  steps: 800_000,
  batchSize: 16,
  learningRate: 2e-3,
  mixing: 0.9,
  r1: { weight: 10, every: 16 },
  path: { weight: 2, every: 4, shrink: 2, decay: 0.01 },
  halfLife: 5000,
  logEvery: 50,
  checkpointEvery: 1000,
  sampleEvery: 1000,
});

/**
 * About two hours on two cores. R1's weight grows with the number of pixels: of 10 for 1024 × 1024 little is right for a
 * thousandth of them.
 */
const small = (size: number, top: Record<string, number>, steps: number, r1: number): Preset => {
  const preset = ffhq(size);
  return {
    ...preset,
    model: {
      ...preset.model,
      styleDim: 128,
      mappingLayers: 4,
      channels: { 4: 128, 8: 128, 16: 64, ...top },
    },
    steps,
    learningRate: 2.5e-3,
    r1: { ...preset.r1, weight: r1 },
    checkpointEvery: 500,
    sampleEvery: 500,
  };
};

export const GENERATOR_PRESETS = {
  'ffhq-256': ffhq(256),
  'ffhq-1024': ffhq(1024),
  'small-64': small(64, { 32: 32, 64: 16 }, 30_000, 0.5),
  'small-32': small(32, { 32: 32 }, 44_000, 0.1),
} as const satisfies Readonly<Record<string, Preset>>;
export type GeneratorPreset = keyof typeof GENERATOR_PRESETS;
