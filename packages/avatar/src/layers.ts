/**
 * @module Layers that all networks share: spectrally normalised ones, the activation, and those whose weights are predicted for
 * each identity (section 2.2).
 *
 * Predictions [B, C, q] have a row for each channel: q - 1 weights, then a bias. Frames of one identity stand side by side, so
 * that frame b · t + k belongs to identity b.
 */
import {
  add,
  asTensor,
  type Dim,
  leakyRelu,
  matmul,
  mul,
  repeat,
  reshape,
  resize,
  slice,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { BatchNorm2d, Conv2d, init, Linear, Module, Parameter, spectralNorm } from '@sextant/nn';
import { EPS } from './config.js';

/** The activation everywhere. */
export const activate = (x: TensorLike): Tensor => leakyRelu(x, 0.2);

/** Pictures twice as large. */
export const enlarge = (x: Tensor): Tensor => resize(x, { scale: 2 });

/** A convolution with a bias that keeps the size. @param kernel - 1 or 3. */
export const convolution = (from: number, to: number, kernel: number): Conv2d =>
  spectralNorm(new Conv2d(from, to, kernel, { padding: kernel >> 1 }), { eps: EPS });

export const linear = (from: number, to: number): Linear => spectralNorm(new Linear(from, to), { eps: EPS });

/** Running statistics are those of the last batch (momentum 1), until they are averaged over many (section 4). */
export const batchNorm = (channels: number, affine = true): BatchNorm2d =>
  new BatchNorm2d(channels, { eps: EPS, momentum: 1, affine });

/** [B, ...] for each of the frames [B · t, ...]. */
function forFrames(predicted: Tensor, frames: Dim): Tensor {
  const identities = predicted.shape[0] as number;
  return frames === identities ? predicted : repeat(predicted, (frames as number) / identities, 0);
}

/** A 1 × 1 convolution of x [B · t, from, H, W] by weights and biases [B, to, from + 1] of each identity. */
export function predictedConvolution(x: Tensor, predicted: Tensor): Tensor {
  const [frames, from, height, width] = x.shape as [Dim, number, Dim, Dim];
  const [, to] = predicted.shape as [Dim, number];
  const rows = forFrames(predicted, frames);
  const mixed = matmul(slice(rows, 2, 0, from), reshape(x, [frames, from, -1]));
  return reshape(add(mixed, slice(rows, 2, from)), [frames, to, height, width]);
}

/** What normalises feature maps; where it is adaptive, by what a projector predicts for each identity. */
export interface Norm extends Module {
  forward(x: TensorLike, predicted: readonly Tensor[]): Tensor;
}

/** Batch normalisation, then for each channel of each identity a factor w + 1 and a shift b, predicted as one [B, C, 2]. */
export class AdaptiveNorm extends Module implements Norm {
  readonly norm_layer: BatchNorm2d;

  constructor(channels: number) {
    super();
    this.norm_layer = batchNorm(channels, false);
  }

  forward(x: TensorLike, [predicted]: readonly [Tensor]): Tensor {
    const t = asTensor(x);
    const [frames, channels] = t.shape as [Dim, number];
    const each = forFrames(predicted, frames);
    const column = (i: number) => reshape(slice(each, 2, i, i + 1), [frames, channels, 1, 1]);
    return add(mul(this.norm_layer.forward(t), add(column(0), 1)), column(1));
  }
}

/**
 * Batch normalisation, then a factor and a shift for each pixel (after SPADE; Park et al., 2019): learned feature maps of this
 * size, mixed by two 1 × 1 convolutions [B, C, C + 1] predicted for each identity.
 */
export class SpatialNorm extends Module implements Norm {
  /** [1, C, size, size] */
  readonly pixel_feats: Parameter;
  readonly norm_layer: BatchNorm2d;

  constructor(channels: number, size: number) {
    super();
    this.pixel_feats = new Parameter(init.layerUniform([1, channels, size, size], channels * size * size));
    this.norm_layer = batchNorm(channels, false);
  }

  forward(x: TensorLike, [factors, shifts]: readonly [Tensor, Tensor]): Tensor {
    const mixed = (predicted: Tensor): Tensor => {
      const [identities] = predicted.shape;
      return predictedConvolution(repeat(this.pixel_feats, identities!, 0), predicted);
    };
    return add(mul(this.norm_layer.forward(x), add(mixed(factors), 1)), mixed(shifts));
  }
}
