/**
 * @module What an estimator and its training consist of, as they stand in files.
 */
import { z } from 'zod';
import { AttributeTableSchema } from '../attributes.js';

const size = z.int().positive();

export const EstimatorSchema = z.strictObject({
  /** Width and height of pictures. */
  size,
  /** Channels of the stages; each halves the picture. */
  channels: z.array(size).min(1).readonly(),
  /** Numbers that are told: light, then attributes. */
  outFeatures: size,
});
export type EstimatorConfig = z.output<typeof EstimatorSchema>;

/** An estimator, and what it tells. */
export const EstimatorModelSchema = z.strictObject({
  estimator: EstimatorSchema,
  table: AttributeTableSchema,
});
export type EstimatorModelConfig = z.output<typeof EstimatorModelSchema>;

export const EstimatorTrainSchema = EstimatorModelSchema.extend({
  /** Folder of pictures with light.npy and attributes.npy. */
  data: z.string(),
  seed: z.int().nonnegative(),
  epochs: size,
  batchSize: size,
  /** Its peak: it falls to 0 along a cosine. */
  learningRate: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  /** Share of the pictures, the last ones, that are held out. */
  heldOut: z.number().gt(0).max(0.9),
  logEvery: size,
  checkpointEvery: size,
  validateEvery: size,
});
export type EstimatorTrainConfig = z.output<typeof EstimatorTrainSchema>;
