/**
 * @module Named configurations.
 */
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
