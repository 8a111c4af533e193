/**
 * @module A frame of a person in a pose: coarse colours, where to find the texture's detail, and a mask (section 2.6).
 */
import { add, sigmoid, stopGradient, type Tensor, tanh, transpose, Variable } from '@sextant/engine';
import { Module } from '@sextant/nn';
import {
  AdaptiveGenerator,
  type NormKind,
  type Predictions,
  predictionsOf,
  projectorOf,
} from './adaptive-generator.js';
import type { PyramidConfig, Widths } from './config.js';
import { AdaptiveNorm } from './layers.js';
import type { Projector } from './projector.js';
import { flattened, identityGrid, unflattened, warp } from './warp.js';

const ADAPTIVE: NormKind = { make: (channels) => new AdaptiveNorm(channels), predictions: () => [2] };

/** What the generator says of frames, [B, t, ...] each. */
export interface Frames {
  /** Where each pixel finds its detail in the texture [B, t, S, S, 2]. */
  readonly uvs: Tensor;
  /** How far that is from itself [B, t, 2, S, S]. */
  readonly deltaUvs: Tensor;
  /** Coarse colours [B, t, 3, S, S]. */
  readonly lowFrequency: Tensor;
  /** Of the mask [B, t, 1, S, S]. */
  readonly logits: Tensor;
  /** sigmoid of the logits: 1 where the person is. */
  readonly masks: Tensor;
}

export class InferenceGenerator extends Module {
  readonly identity_grid: Variable;
  readonly gen_inf: AdaptiveGenerator;
  readonly prj_inf: Projector;

  constructor(imageSize: number, config: PyramidConfig, embedder: Widths) {
    super();
    const options = { ...config, imageSize, norm: ADAPTIVE, resize: 'upLate', heads: [2, 3, 1] } as const;
    this.identity_grid = new Variable(identityGrid(imageSize));
    this.gen_inf = new AdaptiveGenerator(options);
    this.prj_inf = projectorOf(embedder, options);
  }

  /** What depends on the person only. */
  adapt(embeddings: readonly Tensor[]): Predictions {
    return predictionsOf(this.prj_inf.forward(embeddings));
  }

  /** @param poses - the keypoints embedder's feature maps [B, t, C, size, size]. */
  forward(predictions: Predictions, poses: Tensor): Frames {
    const people = poses.shape[0] as number;
    const [deltas, colors, logits] = this.gen_inf.forward(flattened(poses), predictions) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const deltaUvs = tanh(deltas);
    const uvs = add(this.identity_grid, transpose(deltaUvs, [0, 2, 3, 1]));
    const each = (x: Tensor): Tensor => unflattened(x, people);
    return {
      uvs: each(uvs),
      deltaUvs: each(deltaUvs),
      lowFrequency: each(tanh(colors)),
      logits: each(logits),
      masks: each(sigmoid(logits)),
    };
  }
}

/** Frames with the texture's detail, [B, t, 3, S, S] each. */
export interface Composed {
  /** Detail: the texture at the frames' places. */
  readonly highFrequency: Tensor;
  /** Coarse colours and detail together. */
  readonly images: Tensor;
  /** The same, through which coarse colours get no gradient. */
  readonly detailImages: Tensor;
}

/** @param texture - [B, 1, 3, S, S] */
export function compose(
  { uvs, lowFrequency }: Pick<Frames, 'uvs' | 'lowFrequency'>,
  texture: Tensor,
): Composed {
  const warped = warp(flattened(texture), flattened(uvs));
  const highFrequency = unflattened(warped, uvs.shape[0] as number);
  return {
    highFrequency,
    images: add(lowFrequency, highFrequency),
    detailImages: add(stopGradient(lowFrequency), highFrequency),
  };
}
