/**
 * @module Convolution layers over one, two or three spatial axes, and their transposes.
 */
import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Tensor,
  TensorError,
  type TensorLike,
  type TensorSource,
} from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

type Geometry = Omit<ConvOptions, 'bias'>;
type TransposeGeometry = Omit<ConvTransposeOptions, 'bias'>;

/** Stride (1), padding (0), dilation (1) and groups (1): each a number, or one for each spatial axis. */
export interface ConvLayerOptions extends Geometry, init.WeightOptions {}

/** Stride (1), padding (0), outputPadding (0), dilation (1) and groups (1), as in {@link ConvLayerOptions}. */
export interface ConvTransposeLayerOptions extends TransposeGeometry, init.WeightOptions {}

/** One size for all spatial axes, or one for each. */
export type KernelSize = number | readonly number[];

type Convolve<O> = (x: TensorLike, weight: TensorLike, options: O & { bias?: TensorLike }) => Tensor;

/** What the layers share: weight and bias in PyTorch's layout and with its default initialisation. */
abstract class Convolution<O extends object> extends Module {
  weight: TensorSource;
  /** [out] */
  readonly bias: Parameter | undefined;
  readonly #apply: Convolve<O>;
  readonly #options: O;

  constructor(
    apply: Convolve<O>,
    shape: readonly number[],
    readonly inChannels: number,
    readonly outChannels: number,
    { bias = true, weightInit, biasInit, generator, ...options }: O & init.WeightOptions,
  ) {
    super();
    if (!shape.every(Number.isInteger)) {
      throw new TensorError('Conv', `${inChannels} → ${outChannels} channels do not divide into the groups`);
    }
    const { fanIn } = init.fans(shape);
    const initial = init.layerInitializers(fanIn, { weightInit, biasInit, generator });
    this.weight = new Parameter(initial.weight(shape));
    this.bias = bias ? new Parameter(initial.bias([outChannels])) : undefined;
    this.#apply = apply;
    this.#options = options as unknown as O;
  }

  /** x [N, in, ...spatial] → [N, out, ...spatial']. @throws TensorError when the channels differ. */
  forward(x: TensorLike): Tensor {
    return this.#apply(x, this.weight, { ...this.#options, ...(this.bias ? { bias: this.bias } : {}) });
  }
}

const kernelShape = (axes: number, size: KernelSize): readonly number[] =>
  typeof size === 'number' ? Array.from({ length: axes }, () => size) : size;

/** Weight shape [out, in / groups, ...kernel]. */
const weightShape = (axes: number, from: number, to: number, size: KernelSize, groups = 1) => [
  to,
  from / groups,
  ...kernelShape(axes, size),
];

/** x [N, in, T] → [N, out, T']. Weight [out, in / groups, k]. */
export class Conv1d extends Convolution<Geometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvLayerOptions = {},
  ) {
    const shape = weightShape(1, inChannels, outChannels, kernelSize, options.groups);
    super(conv1d, shape, inChannels, outChannels, options);
  }
}

/** x [N, in, H, W] → [N, out, H', W']. Weight [out, in / groups, kh, kw]. */
export class Conv2d extends Convolution<Geometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvLayerOptions = {},
  ) {
    const shape = weightShape(2, inChannels, outChannels, kernelSize, options.groups);
    super(conv2d, shape, inChannels, outChannels, options);
  }
}

/** x [N, in, D, H, W] → [N, out, D', H', W']. Weight [out, in / groups, kd, kh, kw]. */
export class Conv3d extends Convolution<Geometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvLayerOptions = {},
  ) {
    const shape = weightShape(3, inChannels, outChannels, kernelSize, options.groups);
    super(conv3d, shape, inChannels, outChannels, options);
  }
}

/** Transposed convolution, x [N, in, T] → [N, out, T']. Weight [in, out / groups, k]. */
export class ConvTranspose1d extends Convolution<TransposeGeometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvTransposeLayerOptions = {},
  ) {
    const shape = weightShape(1, outChannels, inChannels, kernelSize, options.groups);
    super(convTranspose1d, shape, inChannels, outChannels, options);
  }
}

/** Transposed convolution, x [N, in, H, W] → [N, out, H', W']. Weight [in, out / groups, kh, kw]. */
export class ConvTranspose2d extends Convolution<TransposeGeometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvTransposeLayerOptions = {},
  ) {
    const shape = weightShape(2, outChannels, inChannels, kernelSize, options.groups);
    super(convTranspose2d, shape, inChannels, outChannels, options);
  }
}

/** Transposed convolution, x [N, in, D, H, W] → [N, out, D', H', W']. Weight [in, out / groups, kd, kh, kw]. */
export class ConvTranspose3d extends Convolution<TransposeGeometry> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: KernelSize,
    options: ConvTransposeLayerOptions = {},
  ) {
    const shape = weightShape(3, outChannels, inChannels, kernelSize, options.groups);
    super(convTranspose3d, shape, inChannels, outChannels, options);
  }
}
