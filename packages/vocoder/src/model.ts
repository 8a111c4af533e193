/**
 * @module MelGAN's networks (Kumar et al., 2019, section 2): the generator and the multi-scale discriminator.
 */
import {
  add,
  asTensor,
  avgPool1d,
  leakyRelu,
  mul,
  pad,
  scope,
  type Tensor,
  type TensorLike,
  tanh,
} from '@sextant/engine';
import { Conv1d, ConvTranspose1d, Module, weightNorm } from '@sextant/nn';

export interface GeneratorConfig {
  /** Bands of the mel spectrogram. */
  readonly nMelChannels: number;
  /** Channels of the last stage; each stage before it has twice as many. */
  readonly ngf: number;
  /** Residual blocks per stage; block j has dilation 3^j. */
  readonly nResidualLayers: number;
  /** Upsampling factor of each stage; their product is the hop length. */
  readonly ratios: readonly number[];
  /** What is added to the mel, and by what the sum is then multiplied, before the first layer. */
  readonly inputShift: number;
  readonly inputScale: number;
}

export interface DiscriminatorConfig {
  /** Number of scales; scale i sees the audio average-pooled i times. */
  readonly numD: number;
  /** Output channels of the hidden layers: the first convolution, the strided ones, the one after them. */
  readonly channels: readonly number[];
  /** Stride of each strided layer; their kernels have 10 s + 1 taps. */
  readonly downsampFactor: number;
}

/** Of all leaky rectifiers. */
export const SLOPE = 0.2;

const reflect = (x: TensorLike, width: number): Tensor => pad(x, [[width, width]], { mode: 'reflect' });

/** Samples of audio per mel frame. */
export const hopLength = (config: GeneratorConfig): number => config.ratios.reduce((a, b) => a * b, 1);

/** How many numbers a generator of these options has, known without making it. */
export function numGeneratorParameters({
  nMelChannels,
  ngf,
  nResidualLayers,
  ratios,
}: GeneratorConfig): number {
  // A weight-normalised layer: the directions v, a length g for each, the biases.
  const conv = (from: number, to: number, taps: number) => to * (from * taps + 2);
  const transposed = (from: number, to: number, taps: number) => from * (to * taps + 1) + to;
  const widest = ngf * 2 ** ratios.length;
  const stage = (ratio: number, k: number) => {
    const channels = widest / 2 ** (k + 1);
    const block = conv(channels, channels, 3) + 2 * conv(channels, channels, 1);
    return transposed(2 * channels, channels, 2 * ratio) + nResidualLayers * block;
  };
  const stages = ratios.reduce((sum, ratio, k) => sum + stage(ratio, k), 0);
  return conv(nMelChannels, widest, 7) + stages + conv(ngf, 1, 7);
}

/** shortcut(x) + block(x): a dilated convolution between activations, and a 1 × 1 on either branch. */
class ResidualBlock extends Module {
  readonly dilated: Conv1d;
  readonly pointwise: Conv1d;
  readonly shortcut: Conv1d;

  constructor(
    channels: number,
    private readonly dilation: number,
  ) {
    super();
    this.dilated = weightNorm(new Conv1d(channels, channels, 3, { dilation }));
    this.pointwise = weightNorm(new Conv1d(channels, channels, 1));
    this.shortcut = weightNorm(new Conv1d(channels, channels, 1));
  }

  forward(x: Tensor): Tensor {
    const inner = this.dilated.forward(reflect(leakyRelu(x, SLOPE), this.dilation));
    return add(this.shortcut.forward(x), this.pointwise.forward(leakyRelu(inner, SLOPE)));
  }
}

/** Upsampling by `ratio` to half the channels, then residual blocks. */
class Stage extends Module {
  readonly upsample: ConvTranspose1d;
  readonly blocks: readonly ResidualBlock[];

  constructor(channels: number, ratio: number, nResidualLayers: number) {
    super();
    const odd = ratio % 2;
    this.upsample = weightNorm(
      new ConvTranspose1d(channels, channels / 2, 2 * ratio, {
        stride: ratio,
        padding: Math.floor(ratio / 2) + odd,
        outputPadding: odd,
      }),
    );
    this.blocks = Array.from({ length: nResidualLayers }, (_, j) => new ResidualBlock(channels / 2, 3 ** j));
  }

  forward(x: Tensor): Tensor {
    const wider = this.upsample.forward(leakyRelu(x, SLOPE));
    return this.blocks.reduce((y, block, j) => scope(`block${j}`, () => block.forward(y)), wider);
  }
}

/** From a log-mel spectrogram [B, nMelChannels, L] to audio [B, 1, L · hop] in (-1, 1). */
export class Generator extends Module {
  readonly first: Conv1d;
  readonly stages: readonly Stage[];
  readonly last: Conv1d;

  constructor(readonly config: GeneratorConfig) {
    super();
    const { nMelChannels, ngf, nResidualLayers, ratios } = config;
    const widest = ngf * 2 ** ratios.length;
    this.first = weightNorm(new Conv1d(nMelChannels, widest, 7));
    this.stages = ratios.map((ratio, k) => new Stage(widest / 2 ** k, ratio, nResidualLayers));
    this.last = weightNorm(new Conv1d(ngf, 1, 7));
  }

  /** @throws TensorError for fewer frames than reflection padding needs (4 with the paper's options). */
  forward(mel: TensorLike): Tensor {
    const { inputShift, inputScale } = this.config;
    return scope('generator', () => {
      const scaled = mul(add(asTensor(mel), inputShift), inputScale);
      const wide = scope('first', () => this.first.forward(reflect(scaled, 3)));
      const narrow = this.stages.reduce((x, stage, k) => scope(`stage${k}`, () => stage.forward(x)), wide);
      return scope('last', () => tanh(this.last.forward(reflect(leakyRelu(narrow, SLOPE), 3))));
    });
  }

  /**
   * Frames of context on either side that one frame's audio depends on: cutting a mel with at least as many
   * and dropping their audio changes nothing.
   */
  get contextFrames(): number {
    const { ratios, nResidualLayers } = this.config;
    let [from, to] = [-3, hopLength(this.config) - 1 + 3];
    for (const ratio of [...ratios].reverse()) {
      for (let j = 0; j < nResidualLayers; j++) [from, to] = [from - 3 ** j, to + 3 ** j];
      const padding = Math.floor(ratio / 2) + (ratio % 2);
      [from, to] = [Math.floor((from + padding) / ratio) - 1, Math.floor((to + padding) / ratio)];
    }
    return Math.max(3 - from, to + 3);
  }
}

/** What one scale computes: the hidden layers' activations and the map of scores. */
export interface DiscriminatorOutput {
  readonly features: readonly Tensor[];
  /** [B, 1, positions] */
  readonly score: Tensor;
}

/** One scale's network: windows of audio to scores, by strided grouped convolutions. */
class ScaleDiscriminator extends Module {
  readonly first: Conv1d;
  readonly strided: readonly Conv1d[];
  readonly wide: Conv1d;
  readonly score: Conv1d;

  constructor({ channels, downsampFactor: stride }: DiscriminatorConfig) {
    super();
    const widths = channels.slice(0, -1);
    const [from, to] = channels.slice(-2) as [number, number];
    this.first = weightNorm(new Conv1d(1, channels[0]!, 15));
    this.strided = widths.slice(1).map((out, i) => {
      const options = { stride, padding: 5 * stride, groups: widths[i]! / 4 };
      return weightNorm(new Conv1d(widths[i]!, out, 10 * stride + 1, options));
    });
    this.wide = weightNorm(new Conv1d(from, to, 5, { padding: 2 }));
    this.score = weightNorm(new Conv1d(to, 1, 3, { padding: 1 }));
  }

  forward(audio: Tensor): DiscriminatorOutput {
    const features = [leakyRelu(this.first.forward(reflect(audio, 7)), SLOPE)];
    for (const layer of [...this.strided, this.wide]) {
      features.push(leakyRelu(layer.forward(features.at(-1)!), SLOPE));
    }
    return { features, score: this.score.forward(features.at(-1)!) };
  }
}

/** Discriminators at several time scales, of the same shape, with weights of their own. */
export class Discriminator extends Module {
  readonly scales: readonly ScaleDiscriminator[];

  constructor(readonly config: DiscriminatorConfig) {
    super();
    this.scales = Array.from({ length: config.numD }, () => new ScaleDiscriminator(config));
  }

  /** Audio [B, 1, T] to the outputs of every scale, the finest first. */
  forward(audio: TensorLike): DiscriminatorOutput[] {
    let seen = asTensor(audio);
    return this.scales.map((scale, i) =>
      scope(`discriminator${i}`, () => {
        if (i > 0) seen = avgPool1d(seen, 4, { stride: 2, padding: 1, countIncludePad: false });
        return scale.forward(seen);
      }),
    );
  }
}

/** The channel rule of the authors' code: times `s` per strided layer, at most `cap`; then times two. */
export function discriminatorChannels(ndf: number, nLayers: number, s: number, cap: number): number[] {
  const channels = [ndf];
  for (let n = 0; n < nLayers; n++) channels.push(Math.min(channels.at(-1)! * s, cap));
  return [...channels, Math.min(channels.at(-1)! * 2, cap)];
}
