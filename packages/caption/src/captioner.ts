/**
 * @module The bi-modal captioner: an encoder of sound and pictures that look at each other, and a decoder that writes a sentence
 * looking at both (section 2 of the specification). Fields have the authors' names.
 */
import { add, concat, logSoftmax, relu, type Tensor } from '@sextant/engine';
import { Dropout, init, LayerNorm, Linear, Module } from '@sextant/nn';
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

/** Widths of a bi-modal encoder. */
export interface EncoderConfig {
  readonly dVid: number;
  readonly dAud: number;
  /** Width inside every attention. */
  readonly dModel: number;
  readonly dModelVideo: number;
  readonly dModelAudio: number;
  readonly dFfVideo: number;
  readonly dFfAudio: number;
  readonly heads: number;
  readonly layers: number;
  /** Features go through a linear map; without it their widths are those of the model. */
  readonly linearEmbedder: boolean;
  readonly dropout: number;
}

export interface CaptionerConfig extends EncoderConfig {
  readonly dModelCaps: number;
  readonly dFfCaps: number;
  readonly vocabulary: number;
  /** Width of word vectors; `dModelCaps` if absent. */
  readonly dWord?: number;
}

/** A video's features: rgb and flow [B, Sv, dVid] as two, sound [B, Sa, dAud]. */
export interface Features<T = Tensor> {
  readonly rgb: T;
  readonly flow: T;
  readonly audio: T;
}

/** Encoded features with their masks. */
export interface Memory {
  /** [B, Sa, dModelAudio] */
  readonly audio: Tensor;
  /** [B, Sv, dModelVideo] */
  readonly video: Tensor;
  /** bool [B, 1, Sa] */
  readonly audioMask: Tensor;
  /** bool [B, 1, Sv] */
  readonly videoMask: Tensor;
}

/** Each modality attends to itself, then to the other. M1 is sound, M2 pictures. */
class BiModalEncoderLayer extends Module {
  readonly self_att_M1: MultiHeadAttention;
  readonly self_att_M2: MultiHeadAttention;
  readonly bi_modal_att_M1: MultiHeadAttention;
  readonly bi_modal_att_M2: MultiHeadAttention;
  readonly feed_forward_M1: FeedForward;
  readonly feed_forward_M2: FeedForward;
  readonly res_layers_M1: readonly ResidualConnection[];
  readonly res_layers_M2: readonly ResidualConnection[];

  constructor({ dModelAudio: a, dModelVideo: v, dModel, heads, dropout: p, ...rest }: EncoderConfig) {
    super();
    this.self_att_M1 = new MultiHeadAttention(a, a, heads, dModel, p);
    this.self_att_M2 = new MultiHeadAttention(v, v, heads, dModel, p);
    this.bi_modal_att_M1 = new MultiHeadAttention(a, v, heads, dModel, p);
    this.bi_modal_att_M2 = new MultiHeadAttention(v, a, heads, dModel, p);
    this.feed_forward_M1 = new FeedForward(a, rest.dFfAudio, p);
    this.feed_forward_M2 = new FeedForward(v, rest.dFfVideo, p);
    this.res_layers_M1 = [0, 1, 2].map(() => new ResidualConnection(a, p));
    this.res_layers_M2 = [0, 1, 2].map(() => new ResidualConnection(v, p));
  }

  forward({ audio, video, audioMask, videoMask }: Memory): Memory {
    const [a0, a1, a2] = this.res_layers_M1 as [ResidualConnection, ResidualConnection, ResidualConnection];
    const [v0, v1, v2] = this.res_layers_M2 as [ResidualConnection, ResidualConnection, ResidualConnection];
    const a = a0.forward(audio, (q) => this.self_att_M1.forward(q, q, audioMask));
    const v = v0.forward(video, (q) => this.self_att_M2.forward(q, q, videoMask));
    // Both read the other as it was before; only queries are normed.
    const av = a1.forward(a, (q) => this.bi_modal_att_M1.forward(q, v, videoMask));
    const va = v1.forward(v, (q) => this.bi_modal_att_M2.forward(q, a, audioMask));
    return {
      audio: a2.forward(av, (x) => this.feed_forward_M1.forward(x)),
      video: v2.forward(va, (x) => this.feed_forward_M2.forward(x)),
      audioMask,
      videoMask,
    };
  }
}

class LayeredEncoder extends Module {
  readonly layers: readonly BiModalEncoderLayer[];

  constructor(config: EncoderConfig) {
    super();
    this.layers = Array.from({ length: config.layers }, () => new BiModalEncoderLayer(config));
  }

  forward(memory: Memory): Memory {
    return this.layers.reduce((m, layer) => layer.forward(m), memory);
  }
}

export class BiModalEncoder extends Module {
  readonly encoder_AV: LayeredEncoder;

  constructor(config: EncoderConfig) {
    super();
    this.encoder_AV = new LayeredEncoder(config);
  }

  forward(memory: Memory): Memory {
    return this.encoder_AV.forward(memory);
  }
}

/** What encodes features: the captioner, and the proposal generator. */
export abstract class FeatureModel extends Module {
  readonly emb_A: FeatureEmbedder | undefined;
  readonly emb_V: FeatureEmbedder | undefined;
  readonly encoder: BiModalEncoder;
  private readonly positionsA: PositionalEncoder;
  private readonly positionsV: PositionalEncoder;

  constructor(config: EncoderConfig) {
    super();
    const { linearEmbedder, dAud, dVid, dModelAudio, dModelVideo, dropout } = config;
    this.emb_A = linearEmbedder ? new FeatureEmbedder(dAud, dModelAudio) : undefined;
    this.emb_V = linearEmbedder ? new FeatureEmbedder(dVid, dModelVideo) : undefined;
    this.encoder = new BiModalEncoder(config);
    this.positionsA = new PositionalEncoder(dModelAudio, dropout);
    this.positionsV = new PositionalEncoder(dModelVideo, dropout);
  }

  /** Features of sound and pictures, which are the sum of rgb and flow, as they look at each other. */
  encode({ rgb, flow, audio }: Features): Memory {
    const video = add(rgb, flow);
    return this.encoder.forward({
      audio: this.positionsA.forward(this.emb_A?.forward(audio) ?? audio),
      video: this.positionsV.forward(this.emb_V?.forward(video) ?? video),
      audioMask: featureMask(audio),
      videoMask: featureMask(rgb),
    });
  }
}

/** What looks at sound and what looks at pictures, side by side, brought to the width of one. */
class BridgeConnection extends Module {
  readonly norm: LayerNorm;
  readonly linear: Linear;
  private readonly dropout: Dropout;

  constructor(d: number, p: number) {
    super();
    this.norm = new LayerNorm(2 * d);
    this.linear = new Linear(2 * d, d, { weightInit: init.xavierUniform });
    this.dropout = new Dropout(p);
  }

  forward(x: Tensor): Tensor {
    return relu(this.dropout.forward(this.linear.forward(this.norm.forward(x))));
  }
}

class BiModalDecoderLayer extends Module {
  readonly res_layer_self_att: ResidualConnection;
  readonly self_att: MultiHeadAttention;
  readonly res_layer_enc_att_A: ResidualConnection;
  readonly res_layer_enc_att_V: ResidualConnection;
  readonly enc_att_A: MultiHeadAttention;
  readonly enc_att_V: MultiHeadAttention;
  readonly bridge: BridgeConnection;
  readonly res_layer_ff: ResidualConnection;
  readonly feed_forward: FeedForward;

  constructor({
    dModelCaps: c,
    dModelAudio,
    dModelVideo,
    dModel,
    heads,
    dFfCaps,
    dropout: p,
  }: CaptionerConfig) {
    super();
    this.res_layer_self_att = new ResidualConnection(c, p);
    this.self_att = new MultiHeadAttention(c, c, heads, dModel, p);
    this.res_layer_enc_att_A = new ResidualConnection(c, p);
    this.res_layer_enc_att_V = new ResidualConnection(c, p);
    this.enc_att_A = new MultiHeadAttention(c, dModelAudio, heads, dModel, p);
    this.enc_att_V = new MultiHeadAttention(c, dModelVideo, heads, dModel, p);
    this.bridge = new BridgeConnection(c, p);
    this.res_layer_ff = new ResidualConnection(c, p);
    this.feed_forward = new FeedForward(c, dFfCaps, p);
  }

  forward(words: Tensor, mask: Tensor, { audio, video, audioMask, videoMask }: Memory): Tensor {
    const c = this.res_layer_self_att.forward(words, (q) => this.self_att.forward(q, q, mask));
    const a = this.res_layer_enc_att_A.forward(c, (q) => this.enc_att_A.forward(q, audio, audioMask));
    const v = this.res_layer_enc_att_V.forward(c, (q) => this.enc_att_V.forward(q, video, videoMask));
    const joined = this.bridge.forward(concat([a, v], -1));
    return this.res_layer_ff.forward(joined, (x) => this.feed_forward.forward(x));
  }
}

class LayeredDecoder extends Module {
  readonly layers: readonly BiModalDecoderLayer[];

  constructor(config: CaptionerConfig) {
    super();
    this.layers = Array.from({ length: config.layers }, () => new BiModalDecoderLayer(config));
  }
}

class BiModalDecoder extends Module {
  readonly decoder: LayeredDecoder;

  constructor(config: CaptionerConfig) {
    super();
    this.decoder = new LayeredDecoder(config);
  }

  forward(words: Tensor, mask: Tensor, memory: Memory): Tensor {
    return this.decoder.layers.reduce((c, layer) => layer.forward(c, mask, memory), words);
  }
}

export class BiModalCaptioner extends FeatureModel {
  readonly emb_C: VocabularyEmbedder;
  readonly decoder: BiModalDecoder;
  readonly generator: WordGenerator;
  private readonly positionsC: PositionalEncoder;

  constructor(readonly config: CaptionerConfig) {
    super(config);
    const { vocabulary, dModelCaps, dWord, dropout } = config;
    this.emb_C = new VocabularyEmbedder(vocabulary, dModelCaps, dWord);
    this.decoder = new BiModalDecoder(config);
    this.generator = new WordGenerator(dModelCaps, vocabulary);
    this.positionsC = new PositionalEncoder(dModelCaps, dropout);
  }

  /** Log probabilities [B, S, V] of the word after each of ids [B, S]. */
  decode(ids: Tensor, memory: Memory): Tensor {
    const words = this.positionsC.forward(this.emb_C.forward(ids));
    return logSoftmax(this.generator.forward(this.decoder.forward(words, captionMask(ids), memory)));
  }

  forward(features: Features, ids: Tensor): Tensor {
    return this.decode(ids, this.encode(features));
  }
}
