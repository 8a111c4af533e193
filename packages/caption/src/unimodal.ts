/**
 * @module The Transformer of one modality: the paper's ablation (section 2). Fields have the authors' names.
 */
import { logSoftmax, type Tensor } from '@sextant/engine';
import { Module } from '@sextant/nn';
import {
  FeatureEmbedder,
  FeedForward,
  MultiHeadAttention,
  PositionalEncoder,
  ResidualConnection,
  VocabularyEmbedder,
  WordGenerator,
} from './layers.js';
import { captionMask, featureMask } from './masks.js';

export interface UnimodalConfig {
  /** Width of the features. */
  readonly dFeatures: number;
  readonly dModel: number;
  readonly dFf: number;
  readonly heads: number;
  readonly layers: number;
  readonly linearEmbedder: boolean;
  readonly dropout: number;
  readonly vocabulary: number;
  /** Width of word vectors; `dModel` if absent. */
  readonly dWord?: number;
}

class EncoderLayer extends Module {
  readonly res_layers: readonly ResidualConnection[];
  readonly self_att: MultiHeadAttention;
  readonly feed_forward: FeedForward;

  /** Here only what is added to the residual drops out. */
  constructor({ dModel, dFf, heads, dropout }: UnimodalConfig) {
    super();
    this.res_layers = [0, 1].map(() => new ResidualConnection(dModel, dropout));
    this.self_att = new MultiHeadAttention(dModel, dModel, heads, dModel, 0);
    this.feed_forward = new FeedForward(dModel, dFf, 0);
  }

  forward(x: Tensor, mask: Tensor): Tensor {
    const seen = this.res_layers[0]!.forward(x, (q) => this.self_att.forward(q, q, mask));
    return this.res_layers[1]!.forward(seen, (y) => this.feed_forward.forward(y));
  }
}

class DecoderLayer extends Module {
  readonly res_layers: readonly ResidualConnection[];
  readonly self_att: MultiHeadAttention;
  readonly enc_att: MultiHeadAttention;
  readonly feed_forward: FeedForward;

  constructor({ dModel, dFf, heads, dropout }: UnimodalConfig) {
    super();
    this.res_layers = [0, 1, 2].map(() => new ResidualConnection(dModel, dropout));
    this.self_att = new MultiHeadAttention(dModel, dModel, heads, dModel, 0);
    this.enc_att = new MultiHeadAttention(dModel, dModel, heads, dModel, 0);
    this.feed_forward = new FeedForward(dModel, dFf, 0);
  }

  forward(words: Tensor, mask: Tensor, memory: Tensor, memoryMask: Tensor): Tensor {
    const [self, cross, ff] = this.res_layers as [ResidualConnection, ResidualConnection, ResidualConnection];
    const c = self.forward(words, (q) => this.self_att.forward(q, q, mask));
    const seen = cross.forward(c, (q) => this.enc_att.forward(q, memory, memoryMask));
    return ff.forward(seen, (y) => this.feed_forward.forward(y));
  }
}

class Encoder extends Module {
  readonly enc_layers: readonly EncoderLayer[];

  constructor(config: UnimodalConfig) {
    super();
    this.enc_layers = Array.from({ length: config.layers }, () => new EncoderLayer(config));
  }
}

class Decoder extends Module {
  readonly dec_layers: readonly DecoderLayer[];

  constructor(config: UnimodalConfig) {
    super();
    this.dec_layers = Array.from({ length: config.layers }, () => new DecoderLayer(config));
  }
}

export class UnimodalCaptioner extends Module {
  readonly src_emb: FeatureEmbedder | undefined;
  readonly trg_emb: VocabularyEmbedder;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly generator: WordGenerator;
  private readonly positions: PositionalEncoder;

  constructor(readonly config: UnimodalConfig) {
    super();
    const { dFeatures, dModel, dWord, vocabulary, linearEmbedder, dropout } = config;
    this.src_emb = linearEmbedder ? new FeatureEmbedder(dFeatures, dModel) : undefined;
    this.trg_emb = new VocabularyEmbedder(vocabulary, dModel, dWord);
    this.encoder = new Encoder(config);
    this.decoder = new Decoder(config);
    this.generator = new WordGenerator(dModel, vocabulary);
    this.positions = new PositionalEncoder(dModel, dropout);
  }

  /**
   * Log probabilities [B, S, V] of the word after each of ids [B, S].
   *
   * @param features - [B, Sf, dFeatures]: sound, or the sum of rgb and flow.
   * @param masked - what tells padding: sound, or rgb.
   */
  forward(features: Tensor, masked: Tensor, ids: Tensor): Tensor {
    const mask = featureMask(masked);
    const start = this.positions.forward(this.src_emb?.forward(features) ?? features);
    const memory = this.encoder.enc_layers.reduce((x, layer) => layer.forward(x, mask), start);
    const words = this.positions.forward(this.trg_emb.forward(ids));
    const looked = this.decoder.dec_layers.reduce(
      (c, layer) => layer.forward(c, captionMask(ids), memory, mask),
      words,
    );
    return logSoftmax(this.generator.forward(looked));
  }
}
