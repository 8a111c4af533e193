/**
 * @module What describes the networks: channels and sizes (section 2 of the specification).
 */
import { z } from 'zod';

/** Added to variances, least length of spectral norms' vectors, and Adam's. */
export const EPS = 1e-7;

const count = z.int().positive();

/** Channels of a pyramid of blocks: `channels · 2^i`, at most `maxChannels`. */
const WidthsSchema = z.strictObject({ channels: count, maxChannels: count });
export type Widths = z.output<typeof WidthsSchema>;

/** Channels at level i of a pyramid. */
export const widthAt = ({ channels, maxChannels }: Widths, i: number): number =>
  Math.min(channels * 2 ** i, maxChannels);

/** How often a size is halved to become another, both powers of 2 times the same number. */
export const halvings = (from: number, to: number): number => Math.log2(from / to);

/** A pyramid that ends, or begins, at a size. */
const PyramidSchema = WidthsSchema.extend({
  /** Rows and columns of the small end. */
  size: count,
});
export type PyramidConfig = z.output<typeof PyramidSchema>;

/** The embedder's pyramid of pictures, and what it is given of them. */
const EmbedderSchema = PyramidSchema.extend({
  /** Background is made black by the mask that is given. */
  masks: z.boolean(),
  /** Drawings of the landmarks are given too. */
  stickmen: z.boolean(),
});
export type EmbedderConfig = z.output<typeof EmbedderSchema>;

const KeypointsSchema = z.strictObject({
  /** Numbers of a pose: x and y of every landmark (136). */
  poseSize: count,
  channels: count,
  /** How many linear layers. */
  layers: count,
  /** Frequencies whose sines and cosines stand for the coordinates; 0: the coordinates themselves. */
  harmonics: z.int().nonnegative(),
});
export type KeypointsConfig = z.output<typeof KeypointsSchema>;

const EnhancerSchema = PyramidSchema.extend({
  /** Blocks that keep the size. */
  blocks: count,
  /** How often the texture is corrected. */
  steps: count,
  /** What the guiding gradient is of: half the sum of squared differences, or the sum of absolute ones. */
  guide: z.enum(['sse', 'l1']),
});
export type EnhancerConfig = z.output<typeof EnhancerSchema>;

const DiscriminatorSchema = PyramidSchema.extend({
  /** How many blocks, of which the first halve. */
  blocks: count,
  /** Drawings of the landmarks are given too. */
  stickmen: z.boolean(),
});
export type DiscriminatorConfig = z.output<typeof DiscriminatorSchema>;

/** What all networks are made of. */
export const AvatarSchema = z
  .strictObject({
    /** Rows and columns of a picture. */
    imageSize: count,
    embedder: EmbedderSchema,
    texture: PyramidSchema,
    keypoints: KeypointsSchema,
    inference: PyramidSchema,
    enhancer: EnhancerSchema,
    discriminator: DiscriminatorSchema,
  })
  .superRefine(({ imageSize, ...parts }, context) => {
    const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { embedder, texture, inference } = parts;
    if (texture.channels !== embedder.channels || texture.maxChannels !== embedder.maxChannels)
      complain(['texture'], 'must have the channels of the embedder, whose embeddings become its weights');
    if (inference.channels * embedder.maxChannels !== inference.maxChannels * embedder.channels)
      complain(['inference'], 'its channels and maxChannels must be the same share of those of the embedder');
    for (const part of ['embedder', 'texture', 'inference', 'enhancer', 'discriminator'] as const) {
      const steps = halvings(imageSize, parts[part].size);
      if (Number.isInteger(steps) && steps >= 0) continue;
      complain([part, 'size'], `must be imageSize ${imageSize} halved some times`);
    }
  });
export type AvatarConfig = z.output<typeof AvatarSchema>;

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
