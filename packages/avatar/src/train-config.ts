/**
 * @module What a training consists of, as it stands in a run's `config.json`.
 */
import { z } from 'zod';
import { AvatarSchema } from './config.js';

const count = z.int().positive();
const weight = z.number().nonnegative();

/** `base`: everything but the texture enhancer, which is trained afterwards, in `enhancer`, while all else stays. */
export const StageSchema = z.enum(['base', 'enhancer']);
export type Stage = z.output<typeof StageSchema>;

/** Weights of the losses (section 3 of the specification). */
export const LossSchema = z.strictObject({
  adversarial: weight,
  featureMatching: weight,
  /** Of coarse colours; in the second stage of whole pictures. */
  pixel: weight,
  /** Of masks; not in the second stage. */
  segmentation: weight,
  /** Keeps pixels near their places in the texture; not in the second stage. */
  warp: weight,
  vgg19: weight,
  vggFace: weight,
  /** Stands for both networks where weights of neither are given. */
  pyramid: weight,
});
export type LossWeights = z.output<typeof LossSchema>;

export const TrainSchema = z
  .strictObject({
    networks: AvatarSchema,
    stage: StageSchema,
    /** Of the second stage: the run, or the weights, of the first. */
    base: z.string().optional(),
    /** A tree of videos. */
    data: z.string(),
    seed: z.int().nonnegative(),
    steps: count,
    /** People of a step. */
    batchSize: count,
    /** Pictures of each that are the source. */
    sources: count,
    learningRate: z.number().positive(),
    losses: LossSchema,
    /** Files of weights that compare pictures, with torchvision's names. */
    vgg19: z.string().optional(),
    vggFace: z.string().optional(),
    /** Batches whose statistics are averaged before a validation or checkpoint. */
    standing: count,
    /** Videos of people who are not trained on that are measured; 0: the data have none. */
    validated: z.int().nonnegative(),
    logEvery: count,
    /** Steps between checkpoints; each comes with standing statistics, a validation and a sheet of samples. */
    checkpointEvery: count,
  })
  .refine(({ stage, base }) => stage === 'base' || base !== undefined, {
    path: ['base'],
    message: 'is missing: the enhancer is trained on trained networks',
  });
export type TrainConfig = z.output<typeof TrainSchema>;
