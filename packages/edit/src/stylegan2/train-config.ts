/**
 * @module What a training of StyleGAN2 consists of, as it stands in a run's `config.json`.
 */
import { z } from 'zod';
import { ModelSchema } from './config.js';

const count = z.int().positive();

export const TrainSchema = z.strictObject({
  model: ModelSchema,
  /** Pictures to learn from. */
  data: z.string(),
  /** Whether mirror images count as pictures too. */
  flip: z.boolean(),
  seed: z.int().nonnegative(),
  steps: count,
  /** Pictures of each update. The discriminator compares them in groups of four. */
  batchSize: count.refine((n) => n < 4 || n % 4 === 0, 'must be a multiple of 4, or less than 4'),
  learningRate: z.number().positive(),
  /** Share of batches whose latents mix two styles. */
  mixing: z.number().min(0).max(1),
  /** The penalty of the discriminator's gradients: its weight γ, and every how many steps it is applied. */
  r1: z.strictObject({ weight: z.number().positive(), every: count }),
  /** The penalty of path lengths; its batches are `shrink` times smaller. */
  path: z.strictObject({
    weight: z.number().positive(),
    every: count,
    shrink: count,
    decay: z.number().positive().max(1),
  }),
  /** Pictures after which half of the averaged generator is new. */
  halfLife: z.number().positive(),
  logEvery: count,
  checkpointEvery: count,
  /** Steps between sheets of samples. */
  sampleEvery: count,
});
export type TrainConfig = z.output<typeof TrainSchema>;
