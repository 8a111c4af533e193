/**
 * @module StyleGAN2's discriminator, with the layers and names of rosinality's code.
 */
import {
  add,
  asTensor,
  broadcastTo,
  concat,
  conv2d,
  type Dim,
  leakyRelu,
  mean,
  mul,
  reshape,
  scope,
  sqrt,
  type Tensor,
  TensorError,
  type TensorLike,
  Variable,
  variance,
} from '@sextant/engine';
import { init, Module, Parameter } from '@sextant/nn';
import { type ModelConfig, resolutions } from './config.js';
import { EqualLinear, GAIN, SLOPE } from './layers.js';
import { firKernel, upfirdn2d } from './upfirdn.js';

interface ConvLayerOptions {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  /** Halve the pictures, smoothed by a filter of these taps along one axis. */
  readonly down?: readonly number[];
  /** Whether bias and leaky rectifier follow (true). */
  readonly activate?: boolean;
}

/** A convolution with scaled weights; its parts are numbered as in PyTorch's `Sequential`. */
class ConvLayer extends Module {
  readonly blur: Variable | undefined;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor({ from, to, kernel, down, activate = true }: ConvLayerOptions) {
    super();
    this.blur = down && new Variable(firKernel(down));
    this.weight = new Parameter(init.normal([to, from, kernel, kernel]));
    this.bias = activate ? new Parameter(init.zeros([to])) : undefined;
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    const { blur: kernel, weight, bias } = this;
    const parts = [kernel && { kernel }, { weight }, bias && { bias }];
    return Object.entries(parts.filter((part) => part !== undefined));
  }

  /** @param gain - what the result is multiplied by. */
  forward(x: TensorLike, gain = 1): Tensor {
    const [, from, kernel] = this.weight.shape as [number, number, number, number];
    const factor = (this.bias ? GAIN * gain : gain) / Math.sqrt(from * kernel * kernel);
    const weight = mul(this.weight, factor);
    const bias = this.bias && { bias: mul(this.bias, GAIN * gain) };
    const y = this.convolve(x, weight, kernel, bias);
    return bias ? leakyRelu(y, SLOPE) : y;
  }

  private convolve(x: TensorLike, weight: Tensor, kernel: number, bias?: { readonly bias: Tensor }): Tensor {
    if (!this.blur) return conv2d(x, weight, { padding: kernel >> 1, ...bias });
    const excess = this.blur.shape[0]! - 2 + kernel - 1;
    const pad = [(excess + 1) >> 1, excess >> 1] as const;
    // Only the pixels that a 1 × 1 convolution reads are smoothed.
    if (kernel === 1) return conv2d(upfirdn2d(x, this.blur, { down: 2, pad }), weight, bias);
    // A row and column more than are read: the phases of the gradient are then equally long.
    const smooth = upfirdn2d(x, this.blur, { pad: [pad[0], pad[1] + 1] });
    return conv2d(smooth, weight, { stride: 2, ...bias });
  }
}

/** Two convolutions and a 1 × 1 one around them, to half the size; their sum divided by √2. */
class ResBlock extends Module {
  readonly conv1: ConvLayer;
  readonly conv2: ConvLayer;
  readonly skip: ConvLayer;

  constructor(from: number, to: number, down: readonly number[]) {
    super();
    this.conv1 = new ConvLayer({ from, to: from, kernel: 3 });
    this.conv2 = new ConvLayer({ from, to, kernel: 3, down });
    this.skip = new ConvLayer({ from, to, kernel: 1, down, activate: false });
  }

  forward(x: Tensor): Tensor {
    const y = this.conv2.forward(this.conv1.forward(x), Math.SQRT1_2);
    return add(y, this.skip.forward(x, Math.SQRT1_2));
  }
}

export interface DiscriminatorOptions {
  /** Pictures whose features are compared (4). */
  readonly group?: number;
  /** Feature maps that say how much pictures differ (1). */
  readonly features?: number;
}

/** What the discriminator computes on the way to its scores. */
export interface Judgement {
  /** [N, 1] */
  readonly logits: Tensor;
  /** Feature maps of each block, the largest first. */
  readonly blocks: readonly Tensor[];
  /** How much the pictures of a group differ [N, F, 4, 4]. */
  readonly deviation: Tensor;
  /** Feature maps [N, C, 4, 4] behind the blocks. */
  readonly last: Tensor;
}

export class Discriminator extends Module {
  /** From colours to feature maps, then a block for each resolution down to 8. */
  readonly convs: readonly [ConvLayer, ...ResBlock[]];
  readonly finalConv: ConvLayer;
  readonly finalLinear: readonly [EqualLinear, EqualLinear];

  constructor(
    readonly config: Pick<ModelConfig, 'size' | 'channels' | 'blurKernel'>,
    private readonly options: DiscriminatorOptions = {},
  ) {
    super();
    const { size, channels, blurKernel } = config;
    const width = (r: number): number => channels[r]!;
    const [smallest, ...larger] = resolutions(size) as [number, ...number[]];
    this.convs = [
      new ConvLayer({ from: 3, to: width(size), kernel: 1 }),
      ...larger.reverse().map((r) => new ResBlock(width(r), width(r / 2), blurKernel)),
    ];
    const last = width(smallest);
    this.finalConv = new ConvLayer({ from: last + (options.features ?? 1), to: last, kernel: 3 });
    const area = smallest * smallest;
    this.finalLinear = [new EqualLinear(last * area, last, { activate: true }), new EqualLinear(last, 1)];
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    const { convs, finalConv, finalLinear } = this;
    return Object.entries({ convs, final_conv: finalConv, final_linear: finalLinear });
  }

  /**
   * Scores of pictures x [N, 3, S, S].
   *
   * @param batches - how many batches of one size x holds one after the other, which are not compared with one another.
   * @throws TensorError when a batch does not divide into groups.
   */
  judge(x: TensorLike, batches = 1): Judgement {
    return scope('discriminator', () => {
      const [fromRGB, ...rest] = this.convs;
      const blocks = [scope('fromRGB', () => fromRGB.forward(x))];
      for (const [i, block] of rest.entries()) {
        blocks.push(scope(`block${i}`, () => block.forward(blocks.at(-1)!)));
      }
      const features = blocks.at(-1)!;
      const deviation = batchDeviation(features, batches, this.options);
      const last = scope('final', () => this.finalConv.forward(concat([features, deviation], 1)));
      const [hidden, score] = this.finalLinear;
      const flat = reshape(last, [last.shape[0]!, -1]);
      return { logits: score.forward(hidden.forward(flat)), blocks, deviation, last };
    });
  }

  /** Scores [N, 1]; see {@link judge}. */
  forward(x: TensorLike, batches?: number): Tensor {
    return this.judge(x, batches).logits;
  }
}

/**
 * Standard deviations of features over the pictures of a group, averaged over channels and positions. The pictures of a
 * group lie a group's number apart.
 *
 * @param x - [N, C, H, W]
 * @returns [N, features, H, W]
 */
function batchDeviation(
  x: TensorLike,
  batches: number,
  { group = 4, features = 1 }: DiscriminatorOptions,
): Tensor {
  const t = asTensor(x);
  const [n, c, h, w] = t.shape as [number, number, Dim, Dim];
  const each = n / batches;
  const together = Math.min(each, group);
  if (!Number.isInteger(each) || each % together !== 0) {
    throw new TensorError('discriminator', `a batch of ${each} does not divide into groups of ${together}`);
  }
  const groups = each / together;
  const grouped = reshape(t, [batches, together, groups, features, c / features, h, w]);
  const deviations = sqrt(add(variance(grouped, { axes: 1, keepDims: true }), 1e-8));
  const means = mean(deviations, { axes: [4, 5, 6], keepDims: true });
  const spread = broadcastTo(means, [batches, together, groups, features, 1, h, w]);
  return reshape(spread, [n, features, h, w]);
}
