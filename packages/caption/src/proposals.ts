/**
 * @module The proposal generator: where events may be, by anchors of some lengths at every place of sound and pictures (section 2).
 * Fields have the authors' names.
 */
import {
  add,
  arange,
  array,
  cast,
  clamp,
  concat,
  constant,
  div,
  exp,
  expandDims,
  logSigmoid,
  maximum,
  mul,
  neg,
  relu,
  reshape,
  sigmoid,
  slice,
  square,
  squeeze,
  stack,
  sub,
  sum,
  swapAxes,
  type Tensor,
  transpose,
} from '@sextant/engine';
import { Conv1d, Dropout, type Layer, LayerNorm, Module, Sequential } from '@sextant/nn';
import { type EncoderConfig, FeatureModel, type Features } from './captioner.js';
import type { Targets } from './targets.js';

/** What one modality's heads are like. */
export interface HeadsConfig {
  /** Lengths of anchors in seconds, ascending. */
  readonly anchors: readonly number[];
  /** A head for each. */
  readonly kernelSizes: readonly number[];
  /** Widths of the hidden convolutions. */
  readonly hidden: readonly number[];
  /** Seconds from one position to the next. */
  readonly stride: number;
}

export interface ProposalConfig extends EncoderConfig {
  readonly audio: HeadsConfig;
  readonly video: HeadsConfig;
  /** Whether channels are normed before every convolution. */
  readonly layerNorm: boolean;
}

export type Modality = 'audio' | 'video';

/** Logits of one head: of centre and confidence, and the logarithm of the length [B, A, S, 3]. */
type Raw = Tensor;

/** Convolutions over positions: the first of some size, the others of 1. */
class DetectionLayer extends Module {
  readonly conv_layers: Sequential;

  constructor(
    from: number,
    kernel: number,
    readonly heads: HeadsConfig,
    layerNorm: boolean,
    dropout: number,
  ) {
    super();
    const widths = [from, ...heads.hidden, 3 * heads.anchors.length];
    const acrossChannels = (x: Tensor) => swapAxes(x, 1, 2);
    // What stands between convolutions counts in the names of checkpoints: no dropout, no place for it.
    this.conv_layers = new Sequential(
      ...widths.slice(1).flatMap((to, i): (Layer | ((x: Tensor) => Tensor))[] => {
        const [k, padding] = i === 0 ? [kernel, kernel >> 1] : [1, 0];
        return [
          ...(layerNorm ? [acrossChannels, new LayerNorm(widths[i]!), acrossChannels] : []),
          new Conv1d(widths[i]!, to, k, { padding }),
          ...(i < widths.length - 2 ? [...(dropout > 0 ? [new Dropout(dropout)] : []), relu] : []),
        ];
      }),
    );
  }

  /** x [B, S, d] */
  forward(x: Tensor): Raw {
    const found = swapAxes(this.conv_layers.forward(swapAxes(x, 1, 2)), 1, 2);
    const [b, s] = found.shape;
    return transpose(reshape(found, [b!, s!, this.heads.anchors.length, 3]), [0, 2, 1, 3]);
  }
}

/** Column k of [..., 3]. */
const column = (x: Tensor, k: number): Tensor => squeeze(slice(x, -1, k, k + 1), [-1]);

const lengths = ({ anchors }: HeadsConfig): Tensor => constant(array([...anchors]));

export class ProposalGenerator extends FeatureModel {
  readonly detection_layers_A: readonly DetectionLayer[];
  readonly detection_layers_V: readonly DetectionLayer[];

  constructor(readonly config: ProposalConfig) {
    super(config);
    const { audio, video, layerNorm, dropout, dModelAudio, dModelVideo } = config;
    const layers = (from: number, heads: HeadsConfig) =>
      heads.kernelSizes.map((k) => new DetectionLayer(from, k, heads, layerNorm, dropout));
    this.detection_layers_A = layers(dModelAudio, audio);
    this.detection_layers_V = layers(dModelVideo, video);
  }

  /** What all heads of sound, then of pictures, say of features that are padded to their full length. */
  heads(features: Features): readonly { readonly modality: Modality; readonly raw: Raw }[] {
    const memory = this.encode(features);
    return [
      ...this.detection_layers_A.map((layer) => ({
        modality: 'audio' as const,
        raw: layer.forward(memory.audio),
      })),
      ...this.detection_layers_V.map((layer) => ({
        modality: 'video' as const,
        raw: layer.forward(memory.video),
      })),
    ];
  }

  /** Centre and length in seconds and confidence, of all anchors at all positions of all heads [B, N, 3]. */
  forward(features: Features): Tensor {
    return this.predictions(this.heads(features));
  }

  predictions(heads: ReturnType<ProposalGenerator['heads']>): Tensor {
    return concat(
      heads.map(({ modality, raw }) => {
        const { stride, anchors } = this.config[modality];
        const [b, , s] = raw.shape;
        const centre = mul(add(sigmoid(column(raw, 0)), cast(arange(s!), raw.dtype)), stride);
        const length = mul(exp(column(raw, 1)), expandDims(lengths(this.config[modality]), 1));
        const found = stack([centre, length, sigmoid(column(raw, 2))], -1);
        return reshape(found, [b!, (s as number) * anchors.length, 3]);
      }),
      1,
    );
  }
}

/** Parts of the loss, sums over the heads of a modality. */
export interface LossParts {
  readonly centre: Tensor;
  readonly length: Tensor;
  readonly object: Tensor;
  readonly noObject: Tensor;
}

/** Weight of the confidence where there is no event; where there is one it is 1 (section 3). */
const NO_OBJECT = 100;

/** The loss of all heads, and its parts by modality. Every head has all targets of its modality. */
export function proposalLoss(
  heads: ReturnType<ProposalGenerator['heads']>,
  targets: Readonly<Record<Modality, Targets<Tensor>>>,
): { readonly loss: Tensor; readonly parts: Readonly<Record<Modality, LossParts>> } {
  const parts = (modality: Modality): LossParts => {
    const each = heads
      .filter((head) => head.modality === modality)
      .map(({ raw }) => headLoss(raw, targets[modality]));
    const total = (name: keyof LossParts) => each.map((part) => part[name]).reduce((a, b) => add(a, b));
    return {
      centre: total('centre'),
      length: total('length'),
      object: total('object'),
      noObject: total('noObject'),
    };
  };
  const both = { audio: parts('audio'), video: parts('video') };
  const loss = Object.values(both)
    .map(({ centre, length, object, noObject }) =>
      add(add(centre, length), add(object, mul(noObject, NO_OBJECT))),
    )
    .reduce((a, b) => add(a, b));
  return { loss, parts: both };
}

function headLoss(raw: Raw, { object, centre, length }: Targets<Tensor>): LossParts {
  const absent = sub(1, object);
  const over = (x: Tensor, cells: Tensor) => div(sum(mul(x, cells)), maximum(sum(cells), 1));
  const confidence = column(raw, 2);
  return {
    centre: over(square(sub(sigmoid(column(raw, 0)), centre)), object),
    length: over(square(sub(column(raw, 1), length)), object),
    object: over(neg(clampedLog(confidence)), object),
    noObject: over(neg(clampedLog(neg(confidence))), absent),
  };
}

/** Logarithm of a confidence by its logit, finite with its gradient; PyTorch's binary cross-entropy takes none for less than -100. */
const clampedLog = (logit: Tensor): Tensor => clamp(logSigmoid(logit), -100, 0);
