/**
 * @module The three ways to learn without labels and one with them, each as one module: the encoder, what stands behind it in training,
 * and the loss of a batch (sections 2.3 and 3 of the specification).
 */
import {
  asTensor,
  concat,
  mean,
  reshape,
  slice,
  squeeze,
  stack,
  stopGradient,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import {
  BatchNorm1d,
  crossEntropy,
  ExponentialMovingAverage,
  Linear,
  Module,
  type Sequential,
} from '@sextant/nn';
import { type HeadConfig, predictor, projectionHead } from './head.js';
import { byolLoss, mse, ntXent, wMSE } from './losses.js';
import { ResNet, type ResNetConfig } from './resnet.js';

export interface NetworkConfig {
  readonly encoder: ResNetConfig;
  readonly head: HeadConfig;
}

export type MethodConfig =
  | {
      readonly method: 'w-mse';
      readonly wSize: number;
      /** Permutations of the batch that are whitened in turn. */
      readonly wIter: number;
      readonly wEps: number;
      readonly norm: boolean;
    }
  /** W-MSE without whitening, which collapses. */
  | { readonly method: 'mse'; readonly norm: boolean }
  | { readonly method: 'contrastive'; readonly tau: number; readonly norm: boolean }
  | { readonly method: 'byol'; readonly tau: number; readonly norm: boolean }
  /** With labels: what the others are compared to. */
  | { readonly method: 'supervised'; readonly classes: number };

/** A batch of views. */
export interface ViewBatch<T = TensorLike> {
  /** [n, bs, 3, S, S] */
  readonly views: T;
  /** Permutations of the batch, integers [w_iter, bs]; W-MSE needs them. */
  readonly permutations?: T;
  /** Class ids of the pictures, integers [bs]; supervised training needs them. */
  readonly labels?: T;
}

/** An encoder with a projection head, and a loss that trains both. Fields have the authors' names. */
export abstract class Method extends Module {
  readonly model: ResNet;
  readonly head: Sequential;

  constructor({ encoder, head }: NetworkConfig) {
    super();
    this.model = new ResNet(encoder);
    this.head = projectionHead(this.model.outFeatures, head);
  }

  /** A scalar. */
  abstract loss(batch: ViewBatch): Tensor;

  /**
   * Embeddings [n, bs, emb] of views [n, bs, 3, S, S]. The encoder takes one view after the other, each with its own batch
   * statistics; the head takes all at once.
   */
  protected embed(views: TensorLike): Tensor {
    const features = eachView(views, (x) => this.model.forward(x));
    return grouped(this.head.forward(concat(features)), features.length);
  }
}

export class WMSE extends Method {
  constructor(
    network: NetworkConfig,
    private readonly config: Omit<Extract<MethodConfig, { method: 'w-mse' }>, 'method' | 'wIter'>,
  ) {
    super(network);
  }

  /** @throws TensorError when the permutations are missing. */
  loss({ views, permutations }: ViewBatch): Tensor {
    const { wSize, wEps: eps, norm } = this.config;
    return wMSE(this.embed(views), permutations!, { wSize, eps, norm }).loss;
  }
}

/** Only draws positives together: all pictures may end at one point, which whitening forbids (section 3 of the paper). */
export class MSE extends Method {
  constructor(
    network: NetworkConfig,
    private readonly config: { readonly norm: boolean },
  ) {
    super(network);
  }

  loss({ views }: ViewBatch): Tensor {
    return mse(this.embed(views), this.config);
  }
}

export class Contrastive extends Method {
  readonly bn_last: BatchNorm1d;

  constructor(
    network: NetworkConfig,
    private readonly config: { readonly tau: number; readonly norm: boolean },
  ) {
    super(network);
    this.bn_last = new BatchNorm1d(network.head.emb);
  }

  loss({ views }: ViewBatch): Tensor {
    const h = this.embed(views);
    const [n, bs, emb] = h.shape;
    return ntXent(reshape(this.bn_last.forward(reshape(h, [-1, emb!])), [n!, bs!, emb!]), this.config);
  }
}

/** The networks predict what slowly following copies of themselves, the targets, make of other views. */
export class BYOL extends Method {
  readonly pred: Sequential;
  readonly model_t: ResNet;
  readonly head_t: Sequential;

  constructor(
    network: NetworkConfig,
    private readonly config: { readonly norm: boolean },
  ) {
    super(network);
    const { encoder, head } = network;
    this.pred = predictor(head.emb, head.size);
    this.model_t = new ResNet(encoder);
    this.head_t = projectionHead(this.model_t.outFeatures, head);
    this.model_t.loadStateDict(this.model.stateDict());
    this.head_t.loadStateDict(this.head.stateDict());
  }

  /** Here all parts take one view after the other; the targets normalise by batch statistics too. */
  loss({ views }: ViewBatch): Tensor {
    const p = eachView(views, (x) => this.pred.forward(this.head.forward(this.model.forward(x))));
    const t = eachView(views, (x) => stopGradient(this.head_t.forward(this.model_t.forward(x))));
    return byolLoss(stack(p), stack(t), this.config);
  }

  /** What the optimiser changes: all but the targets. */
  online(): ReturnType<Module['parameters']> {
    return [this.model, this.head, this.pred].flatMap((m) => m.parameters());
  }

  /** The targets' parameters as averages of the networks'; their running statistics are their own. */
  average(): ExponentialMovingAverage {
    const of = (...modules: readonly Module[]) => modules.flatMap((m) => m.parameters());
    return new ExponentialMovingAverage(of(this.model, this.head), of(this.model_t, this.head_t), 1);
  }
}

/** A linear classifier on the encoder: the mean cross-entropy of all views. The head is left as it is. */
export class Supervised extends Method {
  readonly classifier: Linear;

  constructor(network: NetworkConfig, classes: number) {
    super(network);
    this.classifier = new Linear(this.model.outFeatures, classes);
  }

  loss({ views, labels }: ViewBatch): Tensor {
    const losses = eachView(views, (x) =>
      crossEntropy(this.classifier.forward(this.model.forward(x)), labels!),
    );
    return mean(stack(losses));
  }

  /** What the optimiser changes: all but the head. */
  online(): ReturnType<Module['parameters']> {
    return [this.model, this.classifier].flatMap((m) => m.parameters());
  }
}

/** The target's decay after a step: from `tau` to 1 along a cosine, by the share of epochs that are done. */
export const byolDecay = (tau: number, progress: number): number =>
  1 - ((1 - tau) * (Math.cos(Math.PI * progress) + 1)) / 2;

/** A method with random weights. */
export function newMethod(
  network: NetworkConfig,
  config: MethodConfig,
): WMSE | MSE | Contrastive | BYOL | Supervised {
  switch (config.method) {
    case 'w-mse':
      return new WMSE(network, config);
    case 'mse':
      return new MSE(network, config);
    case 'contrastive':
      return new Contrastive(network, config);
    case 'byol':
      return new BYOL(network, config);
    case 'supervised':
      return new Supervised(network, config.classes);
  }
}

/** f of each view of [n, bs, ...]. */
function eachView(views: TensorLike, f: (x: Tensor) => Tensor): Tensor[] {
  const t = asTensor(views);
  return Array.from({ length: t.shape[0] as number }, (_, i) => f(squeeze(slice(t, 0, i, i + 1), [0])));
}

/** Rows [n · bs, emb] by view [n, bs, emb]. */
const grouped = (x: Tensor, n: number): Tensor => reshape(x, [n, (x.shape[0] as number) / n, x.shape[1]!]);
