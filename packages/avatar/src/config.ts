/**
 * @module What describes the networks: channels and sizes (section 2 of the specification).
 */

/** Added to variances, least length of spectral norms' vectors, and Adam's. */
export const EPS = 1e-7;

/** Channels of a pyramid of blocks: `channels · 2^i`, at most `maxChannels`. */
export interface Widths {
  readonly channels: number;
  readonly maxChannels: number;
}

/** Channels at level i of a pyramid. */
export const widthAt = ({ channels, maxChannels }: Widths, i: number): number =>
  Math.min(channels * 2 ** i, maxChannels);

/** How often a size is halved to become another, both powers of 2 times the same number. */
export const halvings = (from: number, to: number): number => Math.log2(from / to);

/** A pyramid that ends, or begins, at a size. */
export interface PyramidConfig extends Widths {
  /** Rows and columns of the small end. */
  readonly size: number;
}

/** The embedder's pyramid of pictures, and what it is given of them. */
export interface EmbedderConfig extends PyramidConfig {
  /** Background is made black by the mask that is given. */
  readonly masks: boolean;
  /** Drawings of the landmarks are given too. */
  readonly stickmen: boolean;
}

export interface KeypointsConfig {
  /** Numbers of a pose: x and y of every landmark (136). */
  readonly poseSize: number;
  readonly channels: number;
  /** How many linear layers. */
  readonly layers: number;
  /** Frequencies whose sines and cosines stand for the coordinates; 0: the coordinates themselves. */
  readonly harmonics: number;
}

export interface EnhancerConfig extends PyramidConfig {
  /** Blocks that keep the size. */
  readonly blocks: number;
  /** How often the texture is corrected. */
  readonly steps: number;
  /** What the guiding gradient is of: half the sum of squared differences, or the sum of absolute ones. */
  readonly guide: 'sse' | 'l1';
}

export interface DiscriminatorConfig extends PyramidConfig {
  /** How many blocks, of which the first halve. */
  readonly blocks: number;
  /** Drawings of the landmarks are given too. */
  readonly stickmen: boolean;
}

/** What all networks are made of. */
export interface AvatarConfig {
  /** Rows and columns of a picture. */
  readonly imageSize: number;
  readonly embedder: EmbedderConfig;
  readonly texture: PyramidConfig;
  readonly keypoints: KeypointsConfig;
  readonly inference: PyramidConfig;
  readonly enhancer: EnhancerConfig;
  readonly discriminator: DiscriminatorConfig;
}

/** The released networks. */
export const RELEASED: AvatarConfig = {
  imageSize: 256,
  embedder: { channels: 64, maxChannels: 512, size: 8, masks: true, stickmen: true },
  texture: { channels: 64, maxChannels: 512, size: 4 },
  keypoints: { poseSize: 136, channels: 256, layers: 4, harmonics: 0 },
  inference: { channels: 32, maxChannels: 256, size: 4 },
  enhancer: { channels: 64, maxChannels: 128, size: 128, blocks: 8, steps: 4, guide: 'sse' },
  discriminator: { channels: 64, maxChannels: 512, size: 8, blocks: 6, stickmen: true },
};
