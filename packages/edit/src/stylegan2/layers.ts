/**
 * @module StyleGAN2's layers (Karras et al., 2020; section 6 of the specification). Weights begin with variance 1 and are
 * scaled when they are used, so that all learn at one rate.
 *
 * Factors are moved to where there are fewest numbers to multiply: a leaky rectifier of √2 x is √2 times that of x.
 */
import {
  add,
  asTensor,
  conv2d,
  convTranspose2d,
  expandDims,
  leakyRelu,
  matmul,
  mean,
  mul,
  reshape,
  rsqrt,
  square,
  sum,
  swapAxes,
  type Tensor,
  type TensorLike,
  transpose,
  Variable,
} from '@sextant/engine';
import { init, Module, Parameter } from '@sextant/nn';
import { firKernel, upfirdn2d } from './upfirdn.js';

/** Of all leaky rectifiers. */
export const SLOPE = 0.2;
/** What results of leaky rectifiers are multiplied by. */
export const GAIN = Math.SQRT2;
const EPS = 1e-8;

/** x [N, D] with rows of mean square 1. */
export function pixelNorm(x: TensorLike): Tensor {
  const t = asTensor(x);
  return mul(t, rsqrt(add(mean(square(t), { axes: 1, keepDims: true }), EPS)));
}

const filled = (shape: readonly number[], value: number) =>
  new Parameter(init.uniform(shape, { low: value, high: value }));

export interface EqualLinearOptions {
  /** What the bias begins with (0). */
  readonly bias?: number;
  /** How much slower the layer learns: weight and bias are multiplied by it (1). */
  readonly rate?: number;
  /** Whether a leaky rectifier follows. */
  readonly activate?: boolean;
}

/** x [N, in] to [N, out]. */
export class EqualLinear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #rate: number;
  readonly #activate: boolean;

  constructor(
    readonly inFeatures: number,
    outFeatures: number,
    { bias = 0, rate = 1, activate = false }: EqualLinearOptions = {},
  ) {
    super();
    this.weight = new Parameter(init.normal([outFeatures, inFeatures], { std: 1 / rate }));
    this.bias = filled([outFeatures], bias);
    this.#rate = rate;
    this.#activate = activate;
  }

  forward(x: TensorLike): Tensor {
    const gain = this.#activate ? GAIN : 1;
    const scaled = mul(x, (gain * this.#rate) / Math.sqrt(this.inFeatures));
    const y = add(matmul(scaled, transpose(this.weight)), mul(this.bias, gain * this.#rate));
    return this.#activate ? leakyRelu(y, SLOPE) : y;
  }
}

export interface ModulatedConvOptions {
  readonly from: number;
  readonly to: number;
  /** Width of the filters, odd. */
  readonly kernel: number;
  readonly styleDim: number;
}

/** Filters [1, to, from, k, k] whose inputs are scaled by a style, one number for each channel of each example. */
abstract class Modulated extends Module {
  readonly weight: Parameter;
  readonly modulation: EqualLinear;
  readonly #scale: number;

  constructor({ from, to, kernel, styleDim }: ModulatedConvOptions) {
    super();
    this.weight = new Parameter(init.normal([1, to, from, kernel, kernel]));
    this.modulation = new EqualLinear(styleDim, from, { bias: 1 });
    this.#scale = 1 / Math.sqrt(from * kernel * kernel);
  }

  /** The style of w [N, styleDim] with the filters' scale: [N, from]. */
  protected style(w: TensorLike): Tensor {
    return mul(this.modulation.forward(w), this.#scale);
  }

  /** [to, from, k, k] */
  protected get filters(): Tensor {
    return reshape(this.weight, this.weight.shape.slice(1));
  }
}

/** One number for each channel of each example [N, C], to be multiplied with pictures. */
const perChannel = (x: Tensor): Tensor => reshape(x, [...x.shape, 1, 1]);

/**
 * A convolution whose filters are scaled by styles and normalised again: those of each example have length 1.
 *
 * The examples share one convolution: to scale an input channel of a filter is to scale the input, to scale the filter
 * is to scale its output.
 */
export class ModulatedConv2d extends Modulated {
  /** What upsampling smooths with. */
  readonly blur: { readonly kernel: Variable } | undefined;

  /** @param blurKernel - taps along one axis; where they are given the pictures become twice as large. */
  constructor(options: ModulatedConvOptions, blurKernel?: readonly number[]) {
    super(options);
    this.blur = blurKernel && { kernel: new Variable(firKernel(blurKernel, 4)) };
  }

  /**
   * @param x - [N, from, H, W]
   * @param w - [N, styleDim]
   * @param gain - what the result is multiplied by.
   * @returns [N, to, H, W], or twice the size.
   */
  forward(x: TensorLike, w: TensorLike, gain = 1): Tensor {
    const style = this.style(w);
    const squares = sum(square(this.filters), { axes: [2, 3] });
    const lengths = add(matmul(square(style), transpose(squares)), EPS);
    const y = this.convolve(mul(x, perChannel(style)));
    return mul(y, perChannel(mul(rsqrt(lengths), gain)));
  }

  private convolve(x: Tensor): Tensor {
    const { filters, blur } = this;
    const kernel = filters.shape[2] as number;
    if (!blur) return conv2d(x, filters, { padding: kernel >> 1 });
    // One row and column of zeros more than the sum of shifted filters has: its phases are then equally long.
    const wide = convTranspose2d(x, swapAxes(filters, 0, 1), { stride: 2, outputPadding: 1 });
    const excess = blur.kernel.shape[0]! - 2 - (kernel - 1);
    const pad = [((excess + 1) >> 1) + 1, excess >> 1] as const;
    return upfirdn2d(wide, blur.kernel, { pad });
  }
}

/** A modulated convolution with noise, bias and leaky rectifier. */
export class StyledConv extends Module {
  readonly conv: ModulatedConv2d;
  readonly noise = { weight: filled([1], 0) };
  readonly activate: { readonly bias: Parameter };

  constructor(options: ModulatedConvOptions, blurKernel?: readonly number[]) {
    super();
    this.conv = new ModulatedConv2d(options, blurKernel);
    this.activate = { bias: filled([options.to], 0) };
  }

  /** @param noise - [N or 1, 1, H, W] of the result's size. */
  forward(x: TensorLike, w: TensorLike, noise: TensorLike): Tensor {
    const y = this.conv.forward(x, w, GAIN);
    const noisy = add(y, mul(noise, mul(this.noise.weight, GAIN)));
    return leakyRelu(add(noisy, mul(reshape(this.activate.bias, [-1, 1, 1]), GAIN)), SLOPE);
  }
}

/** Feature maps to red, green and blue, with a style but no normalisation, added to the smaller picture so far. */
export class ToRGB extends Module {
  readonly conv: PointwiseModulated;
  readonly bias: Parameter;
  /** What enlarging the picture so far smooths with. */
  readonly upsample: { readonly kernel: Variable } | undefined;

  constructor(from: number, styleDim: number, blurKernel?: readonly number[]) {
    super();
    this.conv = new PointwiseModulated({ from, to: 3, kernel: 1, styleDim });
    this.bias = filled([1, 3, 1, 1], 0);
    this.upsample = blurKernel && { kernel: new Variable(firKernel(blurKernel, 4)) };
  }

  /** @param skip - the picture so far, [N, 3, H / 2, W / 2]. */
  forward(x: TensorLike, w: TensorLike, skip?: TensorLike): Tensor {
    const y = add(this.conv.forward(x, w), this.bias);
    if (!this.upsample || skip === undefined) return y;
    const { kernel } = this.upsample;
    const excess = kernel.shape[0]! - 2;
    return add(y, upfirdn2d(skip, kernel, { up: 2, pad: [((excess + 1) >> 1) + 1, excess >> 1] }));
  }
}

/** A 1 × 1 convolution with each example's own filters: a product of matrices, without scaling the input before it. */
class PointwiseModulated extends Modulated {
  forward(x: TensorLike, w: TensorLike): Tensor {
    const t = asTensor(x);
    const [n, from, ...size] = t.shape;
    const filters = reshape(this.filters, [-1, from!]);
    const modulated = mul(filters, expandDims(this.style(w), 1));
    return reshape(matmul(modulated, reshape(t, [n!, from!, -1])), [n!, filters.shape[0]!, ...size]);
  }
}
