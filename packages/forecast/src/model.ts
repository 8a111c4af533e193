/**
 * @module The paper's network: a decoder-only Transformer with causal convolutions for queries and keys (section 3).
 */
import {
  add,
  arange,
  asTensor,
  broadcastTo,
  concat,
  type Dim,
  expandDims,
  matmul,
  mul,
  NDArray,
  onesLike,
  relu,
  reshape,
  scope,
  slice,
  swapAxes,
  type Tensor,
  type TensorLike,
  transpose,
} from '@sextant/engine';
import { Conv1d, Dropout, Embedding, init, LayerNorm, Linear, Module, type Parameter } from '@sextant/nn';
import { delayed, patternAttention } from './attention.js';
import { GaussianHead, type Head, type Parameters, QuantileHead, StudentTHead } from './heads.js';
import { type WindowBatch, weightedMean } from './losses.js';
import { type Pattern, type PatternConfig, patternOf } from './patterns.js';

const HEADS = { gaussian: GaussianHead, 'student-t': StudentTHead, quantile: QuantileHead } as const;

export interface NetworkConfig {
  /** Covariates of a step, those at the lags included. */
  readonly nCovariates: number;
  /** Series that have an embedding of their own; 0 for none. */
  readonly nSeries: number;
  /** Positions that the network knows: the longest history plus horizon. */
  readonly maxLength: number;
  /** Width of the position and series embeddings. */
  readonly dEmbed: number;
  readonly nLayers: number;
  readonly nHeads: number;
  /** Width of a head; null: that of the model, 1 + nCovariates + dEmbed. */
  readonly headDim: number | null;
  /** Taps of the convolutions that make queries and keys. */
  readonly kernelSize: number;
  /** Whether scores are divided by √headDim. */
  readonly scale: boolean;
  readonly dropout: number;
  readonly mask: PatternConfig;
  /**
   * Beyond the paper: the last covariates of a step are the values so many steps before it, such as a season before.
   */
  readonly lags: readonly number[];
  /**
   * Beyond the paper: the head reads the inputs beside the last layer's features, so that levels pass it unnormalised,
   * and mu begins as the value at the first lag.
   */
  readonly skip: boolean;
  readonly head: keyof typeof HEADS;
  /** Added to the head's sigma. */
  readonly sigmaFloor: number;
}

/** Width of the model: the value, its covariates and its embedding side by side. */
export const modelWidth = ({ nCovariates, dEmbed }: NetworkConfig): number => 1 + nCovariates + dEmbed;

const normal =
  (std: number): init.Initializer =>
  (shape, random) =>
    init.normal(shape, { std, ...random });

const linear = (from: number, to: number): Linear =>
  new Linear(from, to, { weightInit: normal(0.02), biasInit: init.zeros });

/**
 * Convolutional self-attention (section 3.1): queries and keys see the shape of the last `kernelSize` inputs, values
 * the input alone.
 */
export class ConvAttention extends Module {
  readonly query: Conv1d;
  readonly key: Conv1d;
  readonly value: Linear;
  readonly output: Linear;
  private readonly weightDropout: Dropout;
  /** What scores are multiplied by; it stands in the queries' weights. */
  private readonly scale: number;
  readonly kernelSize: number;

  constructor(
    readonly features: number,
    readonly heads: number,
    options: {
      readonly headDim: number;
      readonly kernelSize: number;
      readonly scale: boolean;
      readonly dropout: number;
    },
  ) {
    super();
    const { headDim, kernelSize } = options;
    const convolution = () =>
      new Conv1d(features, heads * headDim, kernelSize, { weightInit: normal(0.01), biasInit: init.zeros });
    this.query = convolution();
    this.key = convolution();
    this.value = linear(features, heads * headDim);
    this.output = linear(heads * headDim, features);
    this.weightDropout = new Dropout(options.dropout);
    this.scale = options.scale ? 1 / Math.sqrt(headDim) : 1;
    this.kernelSize = kernelSize;
  }

  /**
   * Queries (scaled) and keys of all heads [B, H, d, L].
   *
   * @param taps - as {@link tapsOf} makes them of every position's last `kernelSize` inputs [B, D, L].
   * @param adapt - what to make of a map [H·d, k·D + 1], for other taps.
   */
  queryKey(taps: Tensor, adapt: (map: Tensor) => Tensor = (map) => map) {
    const project = (map: Tensor): Tensor => this.split(matmul(adapt(map), taps));
    return {
      query: project(mul(kernelMatrix(this.query), this.scale)),
      key: project(kernelMatrix(this.key)),
    };
  }

  /** [B, H·d, L] → [B, H, d, L] */
  private split(x: Tensor): Tensor {
    const [batch, , length] = x.shape;
    return reshape(x, [batch!, this.heads, this.value.outFeatures / this.heads, length!]);
  }

  /** What the heads give [B, H, d, L], projected together: [B, L, D]. */
  private merge(x: Tensor): Tensor {
    const [batch, , , length] = x.shape;
    return swapAxes(ofChannels(this.output, reshape(x, [batch!, this.value.outFeatures, length!])), 1, 2);
  }

  /**
   * What attention gives [B, L, D], of the means that the heads' weights make of the inputs [B, L, H, D]: as weights
   * sum to 1, these give the means of the values, and the maps to values and from heads are one.
   */
  ofMeans(means: Tensor): Tensor {
    const [batch, length, heads, features] = means.shape as [Dim, Dim, number, number];
    const value = transpose(reshape(this.value.weight, [heads, -1, features]), [0, 2, 1]);
    const output = transpose(reshape(this.output.weight, [features, heads, -1]), [1, 2, 0]);
    const both = reshape(matmul(value, output), [heads * features, features]);
    const bias = add(matmul(this.output.weight, this.value.bias!), this.output.bias!);
    return add(matmul(reshape(means, [batch, length, heads * features]), both), bias);
  }

  /** x [B, L, D] → [B, L, D]; also the attention weights, as `patternAttention` gives them, and the keys. */
  forward(x: TensorLike, pattern: Pattern) {
    const channels = swapAxes(asTensor(x), 1, 2);
    const before = Array.from({ length: this.kernelSize }, (_, j) => this.kernelSize - 1 - j);
    const { query, key } = this.queryKey(tapsOf(before.map(delayed(channels, before))));
    const value = this.split(ofChannels(this.value, channels));
    const { output, weights } = patternAttention(query, key, value, {
      pattern,
      dropout: (w) => this.weightDropout.forward(w),
    });
    return { output: this.merge(output), weights, key };
  }
}

/**
 * Inputs of earlier positions to the present one, [B, D, L] each, one below the other, and ones below them:
 * [B, k·D + 1, L]. With the ones, a product adds the biases too.
 */
export const tapsOf = (inputs: readonly Tensor[]): Tensor =>
  concat([...inputs, onesLike(slice(inputs[0]!, 1, 0, 1))], 1);

/** A convolution's weight [out, D, k] and bias for {@link tapsOf}: [out, k·D + 1]. */
const kernelMatrix = ({ weight, bias, outChannels }: Conv1d): Tensor =>
  concat(
    [reshape(transpose(asTensor(weight), [0, 2, 1]), [outChannels, -1]), expandDims(asTensor(bias!), 1)],
    1,
  );

/** A linear map of the channels of x [B, in, L] → [B, out, L]. */
const ofChannels = ({ weight, bias }: Linear, x: Tensor): Tensor =>
  add(matmul(weight, x), expandDims(asTensor(bias!), 1));

class FeedForward extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(features: number) {
    super();
    this.fc1 = linear(features, 4 * features);
    this.fc2 = linear(4 * features, features);
  }

  forward(x: Tensor): Tensor {
    return this.fc2.forward(relu(this.fc1.forward(x)));
  }
}

/** Attention and feed-forward, each added to its input and normalised (post-norm). */
export class DecoderLayer extends Module {
  readonly attention: ConvAttention;
  readonly norm1: LayerNorm;
  readonly feed_forward: FeedForward;
  readonly norm2: LayerNorm;
  private readonly dropout: Dropout;

  constructor(config: NetworkConfig) {
    super();
    const features = modelWidth(config);
    const { nHeads, headDim, kernelSize, scale, dropout } = config;
    this.attention = new ConvAttention(features, nHeads, {
      headDim: headDim ?? features,
      kernelSize,
      scale,
      dropout,
    });
    this.norm1 = new LayerNorm(features);
    this.feed_forward = new FeedForward(features);
    this.norm2 = new LayerNorm(features);
    this.dropout = new Dropout(dropout);
  }

  /** x [B, L, D] → [B, L, D], and the layer's keys [B, H, d, L]. */
  forward(x: Tensor, pattern: Pattern) {
    const { output, key } = scope('attention', () => this.attention.forward(x, pattern));
    return { x: this.finish(x, output), key };
  }

  /** What follows attention, of any positions: x and what attention made of it, [B, L, D]. */
  finish(x: Tensor, attended: Tensor): Tensor {
    const h = this.norm1.forward(add(x, this.dropout.forward(attended)));
    return this.norm2.forward(add(h, this.dropout.forward(this.feed_forward.forward(h))));
  }
}

/** A window's inputs. */
export interface NetworkInputs {
  /** z_{t-1} in scaled units, 0 at the first position: [B, L]. */
  readonly values: Tensor;
  /** [B, L, C] */
  readonly covariates: Tensor;
  /** Numbers of the series, int32 [B]; needed where series have embeddings. */
  readonly series?: Tensor | undefined;
  /** Numbers of the positions, integers [L] (0, 1, …). */
  readonly positions?: Tensor | undefined;
}

/** The network: distribution of every value given those before it and the covariates up to its own step. */
export class Network extends Module {
  readonly position_embedding: Embedding;
  readonly series_embedding: Embedding | undefined;
  readonly layers: readonly DecoderLayer[];
  readonly head: Head;
  readonly pattern: Pattern;
  private readonly inputDropout: Dropout;

  constructor(readonly config: NetworkConfig) {
    super();
    const { maxLength, nSeries, dEmbed, nLayers, mask, dropout, sigmaFloor } = config;
    const table = (count: number) => new Embedding(count, dEmbed, { weightInit: normal(0.02) });
    this.position_embedding = table(maxLength);
    this.series_embedding = nSeries > 0 ? table(nSeries) : undefined;
    this.layers = Array.from({ length: nLayers }, () => new DecoderLayer(config));
    const features = modelWidth(config) * (config.skip ? 2 : 1);
    this.head = new HEADS[config.head](features, sigmaFloor);
    if (config.skip && config.lags.length > 0) this.beginAtLag();
    this.pattern = patternOf(mask, maxLength);
    this.inputDropout = new Dropout(dropout);
  }

  private beginAtLag(): void {
    const { lags, nCovariates } = this.config;
    const weight = this.head.mu.weight as Parameter;
    const data = (weight.value.data as Float32Array).slice();
    data[modelWidth(this.config) + 1 + nCovariates - lags.length] = 1;
    weight.value = new NDArray(data, weight.shape, 'float32');
  }

  /**
   * Parameters of the distributions of z_1 … z_L, each [B, L].
   *
   * @param pattern - the attention pattern, if not that of windows of `maxLength`.
   */
  forward(inputs: NetworkInputs, pattern = this.pattern): Parameters {
    const { input, x } = this.encode(inputs, pattern);
    return this.predict(x, input);
  }

  /** Mean loss, by the Gaussian head the negative log-likelihood (section 3), of the targets that count: a scalar. */
  loss({ target, weight, ...inputs }: WindowBatch): Tensor {
    return weightedMean(this.head.loss(this.forward(inputs), target), weight);
  }

  /** Parameters [B, L] from the last layer's features and the inputs, [B, L, D] each. */
  predict(x: Tensor, input: Tensor): Parameters {
    return this.head.forward(this.config.skip ? concat([x, input], -1) : x);
  }

  /** Inputs and last layer's features [B, L, D]; of every layer its inputs [B, L, D] and keys [B, H, d, L]. */
  encode(inputs: NetworkInputs, pattern = this.pattern) {
    const input = this.input(inputs);
    let x = this.inputDropout.forward(input);
    const layers = this.layers.map((layer, i) =>
      scope(`layer${i}`, () => {
        const before = x;
        const { x: after, key } = layer.forward(before, pattern);
        x = after;
        return { input: before, key };
      }),
    );
    return { input, x, layers };
  }

  /**
   * Value, covariates and embedding side by side: [B, L, D]. Covariates of one step and one position serve all L values
   * where these are samples of the same step.
   */
  input({ values, covariates, series, positions }: NetworkInputs): Tensor {
    const [batch, length] = values.shape as [Dim, Dim];
    const position = this.position_embedding.forward(positions ?? arange(length));
    const embedded =
      this.series_embedding && series
        ? add(position, expandDims(this.series_embedding.forward(series), 1))
        : position;
    const { nCovariates, dEmbed } = this.config;
    return concat(
      [
        expandDims(values, -1),
        broadcastTo(covariates, [batch, length, nCovariates]),
        broadcastTo(embedded, [batch, length, dEmbed]),
      ],
      -1,
    );
  }
}
