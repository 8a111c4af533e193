/**
 * @module The only block: two 3 × 3 convolutions behind activations, and what goes around them (section 2.1).
 */
import { add, avgPool2d, type Tensor } from '@sextant/engine';
import { type Conv2d, Module } from '@sextant/nn';
import { activate, convolution, enlarge, type Norm, predictedConvolution } from './layers.js';
import { convolveEnlarged, convolveHalved } from './resized-convolution.js';

export interface ResBlockOptions {
  readonly from: number;
  readonly to: number;
  /** What becomes of the size: halved, doubled before the first convolution, or (`upLate`) before the second. */
  readonly resize?: 'down' | 'up' | 'upLate';
  readonly norms?: readonly [before: Norm, between: Norm];
  /** The 1 × 1 convolution around the others is predicted for each identity. */
  readonly predictedSkip?: boolean;
}

/** What a projector says of a block: weights of its norms and of the convolution around. */
export interface BlockPrediction {
  readonly norms: readonly [before: readonly Tensor[], between: readonly Tensor[]];
  readonly skip: Tensor;
}

export interface BlockResult {
  /** What the second convolution reads: `block_feats`. */
  readonly features: Tensor;
  readonly output: Tensor;
}

export class ResBlock extends Module {
  readonly #conv1: Conv2d;
  readonly #conv2: Conv2d;
  readonly #skip: Conv2d | undefined;
  readonly #options: ResBlockOptions;

  constructor(options: ResBlockOptions) {
    super();
    const { from, to, resize, predictedSkip = false } = options;
    this.#options = options;
    this.#conv1 = convolution(from, to, 3);
    this.#conv2 = convolution(to, to, 3);
    const around = !predictedSkip && (resize !== undefined || from !== to);
    this.#skip = around ? convolution(from, to, 1) : undefined;
  }

  /** Places in PyTorch's `Sequential`s, where activations and resizing count. */
  protected override fields(): Iterable<readonly [string, unknown]> {
    const { norms, resize } = this.#options;
    const [early, late] = [resize === 'up' ? 1 : 0, resize === 'upLate' ? 1 : 0];
    const first = (norms ? 1 : 0) + 1 + early;
    return Object.entries({
      block_feats: {
        ...(norms && { 0: norms[0] }),
        [first]: this.#conv1,
        ...(norms && { [first + 1]: norms[1] }),
      },
      block: { [late]: this.#conv2 },
      ...(this.#skip && { skip: { [early + late]: this.#skip } }),
    });
  }

  /** x [N, from, H, W] to [N, to, H', W']. @param predicted - where norms and skip are adaptive. */
  forward(x: Tensor, predicted?: BlockPrediction): BlockResult {
    const { resize, norms } = this.#options;
    const normed = (t: Tensor, i: 0 | 1): Tensor =>
      norms ? norms[i].forward(t, predicted?.norms[i] ?? []) : t;
    const first = activate(normed(x, 0));
    const inner = resize === 'up' ? convolveEnlarged(this.#conv1, first) : this.#conv1.forward(first);
    const features = activate(normed(inner, 1));
    return { features, output: add(this.#last(features), this.#around(x, predicted)) };
  }

  #last(features: Tensor): Tensor {
    const { resize } = this.#options;
    if (resize === 'down') return convolveHalved(this.#conv2, features);
    if (resize === 'upLate') return convolveEnlarged(this.#conv2, features);
    return this.#conv2.forward(features);
  }

  /** A 1 × 1 convolution commutes with resizing: it comes where there are fewest pixels. */
  #around(x: Tensor, predicted: BlockPrediction | undefined): Tensor {
    const { resize } = this.#options;
    const small = resize === 'down' ? avgPool2d(x, 2) : x;
    const mixed = predicted ? predictedConvolution(small, predicted.skip) : (this.#skip?.forward(small) ?? x);
    return resize === 'up' || resize === 'upLate' ? enlarge(mixed) : mixed;
  }
}
