/**
 * @module What both generators are: a pyramid of blocks that double the size, their norms and skips predicted for each identity,
 * and heads (sections 2.4 and 2.6).
 */
import { concat, conv2d, split, type Tensor } from '@sextant/engine';
import { type Conv2d, Module } from '@sextant/nn';
import { halvings, type PyramidConfig, type Widths, widthAt } from './config.js';
import { activate, batchNorm, convolution, type Norm } from './layers.js';
import { Projector } from './projector.js';
import { type BlockPrediction, ResBlock } from './res-block.js';

/** A kind of adaptive norm. */
export interface NormKind {
  /** @param size - rows and columns of what is normalised. */
  make(channels: number, size: number): Norm;
  /** How many numbers for a channel each of its predictions has. */
  predictions(channels: number): readonly number[];
}

export interface AdaptiveGeneratorOptions extends PyramidConfig {
  readonly imageSize: number;
  readonly norm: NormKind;
  /** Before which convolution of a block the size is doubled. */
  readonly resize: 'up' | 'upLate';
  /** Channels of each head. */
  readonly heads: readonly number[];
}

/** What a projector predicts of a generator. */
export interface Predictions {
  readonly blocks: readonly BlockPrediction[];
  readonly final: readonly Tensor[];
}

export class AdaptiveGenerator extends Module {
  /** The last is the norm behind the blocks. */
  readonly blocks: readonly [...ResBlock[], Norm];
  readonly heads: readonly (readonly [Conv2d])[];

  constructor(options: AdaptiveGeneratorOptions) {
    super();
    const { norm, resize, heads } = options;
    const steps = stepsOf(options);
    const blocks = steps.map(({ from, to, size }, k) => {
      const [before, between] = resize === 'up' ? [size, 2 * size] : [size, size];
      const first = k === 0 ? batchNorm(from) : norm.make(from, before);
      return new ResBlock({ from, to, resize, norms: [first, norm.make(to, between)], predictedSkip: true });
    });
    const { to, size } = steps.at(-1)!;
    this.blocks = [...blocks, norm.make(to, 2 * size)];
    this.heads = heads.map((channels) => [convolution(to, channels, 3)]);
  }

  /** x [N, maxChannels, size, size] to what each head says [N, C, S, S]. */
  forward(x: Tensor, { blocks, final }: Predictions): Tensor[] {
    const [last, ...reversed] = [...this.blocks].reverse() as [Norm, ...ResBlock[]];
    const y = reversed.reverse().reduce((t, block, k) => block.forward(t, blocks[k]!).output, x);
    const features = activate(last.forward(y, final));
    return this.#headsOf(features);
  }

  /** All heads as one convolution, which reads the features once. */
  #headsOf(features: Tensor): Tensor[] {
    const layers = this.heads.map(([head]) => head);
    const weight = concat(
      layers.map(({ weight }) => weight),
      0,
    );
    const bias = concat(layers.map(({ bias }) => bias!));
    const results = conv2d(features, weight, { padding: 1, bias });
    return split(
      results,
      layers.map(({ outChannels }) => outChannels),
      1,
    );
  }
}

/** Channels of each block, and the size of what it reads. */
function stepsOf({ imageSize, size, ...widths }: PyramidConfig & { readonly imageSize: number }) {
  const count = halvings(imageSize, size);
  return Array.from({ length: count }, (_, k) => ({
    from: k === 0 ? widths.maxChannels : widthAt(widths, count - k),
    to: widthAt(widths, count - 1 - k),
    size: size * 2 ** k,
  }));
}

/** The projector of a generator: for each block its second norm, its skip, and the first norm of what follows. */
export const projectorOf = (embedder: Widths, options: AdaptiveGeneratorOptions): Projector =>
  new Projector(
    embedder,
    options,
    stepsOf(options).map(({ from, to }) => {
      const norm = options.norm.predictions(to);
      return [...norm, from + 1, ...norm];
    }),
  );

/** A projector's predictions in terms of the generator. */
export function predictionsOf(stages: readonly (readonly Tensor[])[]): Predictions {
  const parts = stages.map((stage) => {
    const each = (stage.length - 1) / 2;
    return { between: stage.slice(0, each), skip: stage[each]!, next: stage.slice(each + 1) };
  });
  return {
    blocks: parts.map(({ between, skip }, k) => ({ norms: [parts[k - 1]?.next ?? [], between], skip })),
    final: parts.at(-1)!.next,
  };
}
