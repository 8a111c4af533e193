/**
 * @module What pictures show, told by a convolutional network: light and attributes. It stands where the authors used services and
 * networks that are gone or not free (the Face API, DPR).
 */
import {
  add,
  asTensor,
  globalAvgPool,
  mul,
  relu,
  type Tensor,
  type TensorLike,
  Variable,
} from '@sextant/engine';
import { BatchNorm2d, Conv2d, init, Linear, Module, Sequential } from '@sextant/nn';
import type { EstimatorConfig } from './config.js';

/** Two convolutions, the first of which halves the picture. */
const stage = (from: number, to: number): Sequential =>
  new Sequential(
    new Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }),
    new BatchNorm2d(to),
    relu,
    new Conv2d(to, to, 3, { padding: 1, bias: false }),
    new BatchNorm2d(to),
    relu,
  );

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
    this.stages = channels.map((to, i) => stage(channels[i - 1] ?? 3, to));
    this.output = new Linear(channels.at(-1)!, outFeatures);
    this.target_mean = new Variable(init.zeros([outFeatures]));
    this.target_std = new Variable(init.ones([outFeatures]));
  }

  /** Feature maps of each stage, of pictures [B, 3, S, S] of values from -1 to 1. */
  features(images: TensorLike): readonly Tensor[] {
    const maps: Tensor[] = [];
    for (const stage of this.stages) maps.push(stage.forward(maps.at(-1) ?? asTensor(images)));
    return maps;
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
