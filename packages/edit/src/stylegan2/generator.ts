/**
 * @module StyleGAN2's generator, with the layers and names of rosinality's code.
 */
import {
  asTensor,
  broadcastTo,
  scope,
  slice,
  squeeze,
  type Tensor,
  TensorError,
  type TensorLike,
  Variable,
} from '@sextant/engine';
import { init, Module, Parameter, Sequential } from '@sextant/nn';
import { latentCount, type ModelConfig, resolutions } from './config.js';
import { EqualLinear, pixelNorm, StyledConv, ToRGB } from './layers.js';

/** What synthesis computes on the way to the picture. */
export interface Synthesis {
  /** [N, 3, S, S], about -1 to 1. */
  readonly image: Tensor;
  /** The picture so far at each resolution; the last is `image`. */
  readonly skips: readonly Tensor[];
  /** Feature maps after each convolution. */
  readonly features: readonly Tensor[];
}

export class Generator extends Module {
  /** z to w: `style.1` … `style.n`. */
  readonly style: Sequential;
  /** What synthesis begins with [1, C, 4, 4]. */
  readonly input: { readonly input: Parameter };
  readonly conv1: StyledConv;
  readonly toRGB1: ToRGB;
  /** Two for each resolution from 8 up; the first enlarges. */
  readonly convs: readonly StyledConv[];
  readonly toRGBs: readonly ToRGB[];
  /** Fixed noise for each convolution [1, 1, H, W]: `noise_0`, … */
  readonly noises: Readonly<Record<string, Variable>>;

  constructor(readonly config: ModelConfig) {
    super();
    const { size, styleDim, mappingLayers, mappingRate: rate, channels, blurKernel } = config;
    const mapping = () => new EqualLinear(styleDim, styleDim, { rate, activate: true });
    this.style = new Sequential(pixelNorm, ...Array.from({ length: mappingLayers }, mapping));
    const [smallest, ...larger] = resolutions(size) as [number, ...number[]];
    const width = (r: number): number => channels[r]!;
    this.input = { input: new Parameter(init.normal([1, width(smallest), smallest, smallest])) };
    const conv = (from: number, to: number, blur?: readonly number[]) =>
      new StyledConv({ from, to, kernel: 3, styleDim }, blur);
    this.conv1 = conv(width(smallest), width(smallest));
    this.toRGB1 = new ToRGB(width(smallest), styleDim);
    this.convs = larger.flatMap((r) => [conv(width(r / 2), width(r), blurKernel), conv(width(r), width(r))]);
    this.toRGBs = larger.map((r) => new ToRGB(width(r), styleDim, blurKernel));
    this.noises = Object.fromEntries(
      this.noiseSizes.map((r, i) => [`noise_${i}`, new Variable(init.normal([1, 1, r, r]))]),
    );
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    const { style, input, conv1, toRGB1, convs, toRGBs, noises } = this;
    return Object.entries({ style, input, conv1, to_rgb1: toRGB1, convs, to_rgbs: toRGBs, noises });
  }

  /** Rows of w+. */
  get latentCount(): number {
    return latentCount(this.config.size);
  }

  /** Sides of the noise pictures, one for each convolution. */
  get noiseSizes(): readonly number[] {
    return resolutions(this.config.size).flatMap((r, i) => (i === 0 ? [r] : [r, r]));
  }

  /** The noise that belongs to the weights. */
  fixedNoise(): readonly Tensor[] {
    return this.noiseSizes.map((_, i) => this.noises[`noise_${i}`]!.toTensor());
  }

  /** z [N, styleDim] to w [N, styleDim]. */
  map(z: TensorLike): Tensor {
    return scope('mapping', () => this.style.forward(z));
  }

  /**
   * Pictures of latents.
   *
   * @param latents - w+ [N, latentCount, styleDim].
   * @param noise - [N or 1, 1, H, W] for each convolution; what belongs to the weights if absent.
   * @throws TensorError when there are other numbers of rows or noise pictures.
   */
  synthesize(latents: TensorLike, noise: readonly TensorLike[] = this.fixedNoise()): Synthesis {
    const w = asTensor(latents);
    if (w.rank !== 3 || w.shape[1] !== this.latentCount) {
      throw new TensorError(
        'synthesize',
        `latents [${w.shape.join(', ')}] are not [N, ${this.latentCount}, ${this.config.styleDim}]`,
      );
    }
    const layers = [this.conv1, ...this.convs];
    if (noise.length !== layers.length) {
      throw new TensorError('synthesize', `${noise.length} noise pictures for ${layers.length} convolutions`);
    }
    const row = (i: number): Tensor => squeeze(slice(w, 1, i, i + 1), 1);
    const features: Tensor[] = [];
    const skips: Tensor[] = [];
    const start = this.input.input;
    let x = broadcastTo(start, [w.shape[0]!, ...start.shape.slice(1)]);
    return scope('synthesis', () => {
      for (const [i, layer] of layers.entries()) {
        x = scope(`conv${i}`, () => layer.forward(x, row(i), noise[i]!));
        features.push(x);
        // The row of a picture is that of the next convolution.
        if (i % 2 === 0) {
          const toRGB = i === 0 ? this.toRGB1 : this.toRGBs[i / 2 - 1]!;
          skips.push(scope(`toRGB${i / 2}`, () => toRGB.forward(x, row(i + 1), skips.at(-1))));
        }
      }
      return { image: skips.at(-1)!, skips, features };
    });
  }
}
