/**
 * @module Normalisation layers: batch, instance, layer and group.
 *
 * Each computes (x - mean) / √(variance + eps) · weight + bias, and differs in what mean and variance are
 * taken over. Parameters and defaults are PyTorch's.
 */
import {
  add,
  asTensor,
  batchNorm,
  batchNormInference,
  cast,
  dimTensor,
  div,
  groupNorm,
  instanceNorm,
  layerNorm,
  mul,
  type Shape,
  sub,
  type Tensor,
  TensorError,
  type TensorLike,
  Variable,
  zeros,
} from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

export interface NormLayerOptions {
  /** Added to the variance (1e-5). */
  readonly eps?: number;
  /** Whether there are a learned weight and bias. */
  readonly affine?: boolean;
}

/** What the layers share: a weight of ones and a bias of zeros, or neither. */
abstract class Norm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly eps: number;

  constructor(shape: readonly number[], eps: number, affine: boolean) {
    super();
    this.weight = affine ? new Parameter(init.ones(shape)) : undefined;
    this.bias = affine ? new Parameter(init.zeros(shape)) : undefined;
    this.eps = eps;
  }
}

export interface BatchNormOptions extends NormLayerOptions {
  /**
   * Weight of a new batch in the running statistics (0.1); `null`: all batches count the same.
   */
  readonly momentum?: number | null;
  /** Whether to keep running statistics; without them inference uses those of its batch too (true). */
  readonly trackRunningStats?: boolean;
}

/** Batch normalisation of tensors of any number of axes. */
abstract class BatchNorm extends Norm {
  /** [C] */
  readonly running_mean: Variable | undefined;
  /** [C], of unbiased variances. */
  readonly running_var: Variable | undefined;
  /** int32 scalar */
  readonly num_batches_tracked: Variable | undefined;
  readonly #momentum: number | null;
  readonly #ranks: readonly number[];

  constructor(
    ranks: readonly number[],
    readonly channels: number,
    { eps = 1e-5, affine = true, momentum = 0.1, trackRunningStats = true }: BatchNormOptions,
  ) {
    super([channels], eps, affine);
    this.#momentum = momentum;
    this.#ranks = ranks;
    this.running_mean = trackRunningStats ? new Variable(init.zeros([channels])) : undefined;
    this.running_var = trackRunningStats ? new Variable(init.ones([channels])) : undefined;
    this.num_batches_tracked = trackRunningStats ? new Variable(zeros([], 'int32')) : undefined;
  }

  /**
   * In training, standardises each channel by the batch's statistics and updates the running ones; in
   * inference by the running ones.
   *
   * @throws TensorError when x has other axes, or in training a single value per channel.
   */
  forward(x: TensorLike): Tensor {
    const t = asTensor(x);
    if (!this.#ranks.includes(t.rank)) {
      const ranks = this.#ranks.join(' or ');
      throw new TensorError(this.constructor.name, `input [${t.shape.join(', ')}], expected ${ranks} axes`);
    }
    const { weight, bias, eps, running_mean: mean, running_var: variance } = this;
    if (!this.training && mean && variance)
      return batchNormInference(t, { weight, bias, eps, mean, variance });
    const result = batchNorm(t, this);
    if (this.training) this.#track(result.mean, result.variance, [t.shape[0]!, ...t.shape.slice(2)]);
    return result.output;
  }

  /** Moves the running statistics towards those of a batch whose channels have values of a `counted` shape. */
  #track(mean: Tensor, variance: Tensor, counted: Shape): void {
    if (counted.every((d) => d === 1)) {
      throw new TensorError(this.constructor.name, 'training needs more than one value per channel');
    }
    const { running_mean, running_var, num_batches_tracked } = this;
    if (!running_mean || !running_var || !num_batches_tracked) return;
    num_batches_tracked.assign(add(num_batches_tracked, 1));
    const momentum = this.#momentum ?? div(1, cast(num_batches_tracked, running_mean.dtype));
    const n = counted.map((d) => cast(dimTensor(d), variance.dtype)).reduce((a, b) => mul(a, b));
    const unbiased = mul(variance, div(n, sub(n, 1)));
    for (const [running, value] of [
      [running_mean, mean],
      [running_var, unbiased],
    ] as const) {
      running.assign(add(running, mul(sub(value, running), momentum)));
    }
  }
}

/** Batch normalisation (Ioffe and Szegedy, 2015) of x [N, C] or [N, C, T]. */
export class BatchNorm1d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super([2, 3], channels, options);
  }
}

/** Batch normalisation of x [N, C, H, W]. */
export class BatchNorm2d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super([4], channels, options);
  }
}

/** Batch normalisation of x [N, C, D, H, W]. */
export class BatchNorm3d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super([5], channels, options);
  }
}

/** Standardises each channel of each sample of x [N, C, ...]; weight and bias [C] if `affine` (default false). */
export class InstanceNorm extends Norm {
  constructor(
    readonly channels: number,
    { eps = 1e-5, affine = false }: NormLayerOptions = {},
  ) {
    super([channels], eps, affine);
  }

  forward(x: TensorLike): Tensor {
    return instanceNorm(x, this);
  }
}

/** Standardises over the last axes, those of `shape`, which weight and bias have too (Ba et al., 2016). */
export class LayerNorm extends Norm {
  readonly shape: readonly number[];

  constructor(shape: number | readonly number[], { eps = 1e-5, affine = true }: NormLayerOptions = {}) {
    const axes = typeof shape === 'number' ? [shape] : shape;
    super(axes, eps, affine);
    this.shape = axes;
  }

  forward(x: TensorLike): Tensor {
    const t = asTensor(x);
    const { shape, weight, bias, eps } = this;
    if (t.shape.slice(-shape.length).join() !== shape.join()) {
      throw new TensorError(
        'LayerNorm',
        `input [${t.shape.join(', ')}] does not end in [${shape.join(', ')}]`,
      );
    }
    return layerNorm(t, { weight, bias, eps, lastAxes: shape.length });
  }
}

/** Standardises groups of neighbouring channels of each sample of x [N, C, ...] (Wu and He, 2018). */
export class GroupNorm extends Norm {
  constructor(
    readonly groups: number,
    readonly channels: number,
    { eps = 1e-5, affine = true }: NormLayerOptions = {},
  ) {
    super([channels], eps, affine);
  }

  /** @throws TensorError when the channels do not divide into the groups. */
  forward(x: TensorLike): Tensor {
    return groupNorm(x, this.groups, this);
  }
}
