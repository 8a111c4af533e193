/**
 * @module What pictures show, told by a convolutional network: light and attributes. It stands where the authors used services and
 * networks that are gone or not free (the Face API, DPR).
 */
import { add, globalAvgPool, mul, type Tensor, type TensorLike, Variable } from '@sextant/engine';
import { init, Linear, Module, type Sequential } from '@sextant/nn';
import { mapsOf, stagesOf } from '../stages.js';
import type { EstimatorConfig } from './config.js';

/** Stages of convolutions, then a linear map of the last one's means. */
export class Estimator extends Module {
  readonly stages: readonly Sequential[];
  readonly output: Linear;
  /** Means and deviations of what was learnt from: the network tells standardised numbers. */
  readonly target_mean: Variable;
  readonly target_std: Variable;

  constructor(readonly config: EstimatorConfig) {
    super();
    const { channels, outFeatures } = config;
    this.stages = stagesOf(channels);
    this.output = new Linear(channels.at(-1)!, outFeatures);
    this.target_mean = new Variable(init.zeros([outFeatures]));
    this.target_std = new Variable(init.ones([outFeatures]));
  }

  /** Feature maps of each stage, of pictures [B, 3, S, S] of values from -1 to 1. */
  features(images: TensorLike): readonly Tensor[] {
    return mapsOf(this.stages, images);
  }

  /** Standardised numbers [B, C] of pictures. */
  standardized(images: TensorLike): Tensor {
    return this.output.forward(globalAvgPool(this.features(images).at(-1)!));
  }

  /** Light and attributes [B, C] of pictures, in their units. */
  forward(images: TensorLike): Tensor {
    return add(mul(this.standardized(images), this.target_std), this.target_mean);
  }
}
