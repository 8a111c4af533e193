/**
 * @module Attention: weighted means of values, by how well keys match queries.
 */
import {
  arange,
  asTensor,
  expandDims,
  greaterEqual,
  logicalAnd,
  matmul,
  mul,
  reshape,
  softmax,
  swapAxes,
  type Tensor,
  TensorError,
  type TensorLike,
} from '@sextant/engine';
import { Dropout } from './dropout.js';
import * as init from './init.js';
import { Linear } from './linear.js';
import { type Layer, Module } from './module.js';

export interface AttentionOptions {
  /** bool, broadcasts to [..., Tq, Tk]: true where a query may attend to a key. */
  readonly mask?: TensorLike | undefined;
  /** Queries attend to keys up to their own position only. */
  readonly causal?: boolean;
}

/**
 * softmax(scale · q kᵀ) v: q [..., Tq, d], k [..., Tk, d], v [..., Tk, dv] → [..., Tq, dv]. A query that may
 * attend to nothing gets zeros.
 *
 * @param options.scale - 1/√d by default.
 * @param options.dropout - applied to the weights after the softmax.
 * @throws TensorError when the shapes do not fit, or the mask is not bool.
 */
export function scaledDotProductAttention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  {
    mask,
    causal = false,
    scale,
    dropout,
  }: AttentionOptions & {
    readonly scale?: number;
    readonly dropout?: (weights: Tensor) => Tensor;
  } = {},
): Tensor {
  const [q, k] = [asTensor(query), asTensor(key)];
  const scores = matmul(mul(q, scale ?? 1 / Math.sqrt(Number(q.shape.at(-1)))), swapAxes(k, -1, -2));
  const allowed = causal ? causalMask(q, k, mask) : mask;
  const weights = softmax(scores, -1, allowed === undefined ? {} : { mask: allowed });
  return matmul(dropout ? dropout(weights) : weights, value);
}

/** [Tq, Tk], true where the key comes no later than the query; with a mask, where that is true too. */
function causalMask(q: Tensor, k: Tensor, mask: TensorLike | undefined): Tensor {
  const [rows, columns] = [arange(q.shape.at(-2)!), arange(k.shape.at(-2)!)];
  const lower = greaterEqual(expandDims(rows, 1), columns);
  return mask === undefined ? lower : logicalAnd(lower, mask);
}

/** [B, T, H d] → [B, H, T, d]. @throws TensorError when the features do not divide into the heads. */
export function splitHeads(x: TensorLike, heads: number): Tensor {
  const t = asTensor(x);
  const [batch, time] = t.shape;
  return swapAxes(reshape(t, [batch!, time!, heads, -1]), 1, 2);
}

/** [B, H, T, d] → [B, T, H d]: the inverse of {@link splitHeads}. */
export function mergeHeads(x: TensorLike): Tensor {
  const t = swapAxes(x, 1, 2);
  const [batch, time] = t.shape;
  return reshape(t, [batch!, time!, -1]);
}

export interface MultiHeadAttentionOptions extends init.RandomOptions {
  /** Features of each head (features / heads). */
  readonly headFeatures?: number;
  /** Features of the keys, if not the queries'. */
  readonly keyFeatures?: number;
  /** Features of the values, if not the queries'. */
  readonly valueFeatures?: number;
  /** Features of the result, if not the queries'. */
  readonly outFeatures?: number;
  /** Probability of dropping an attention weight, in training (0). */
  readonly dropout?: number;
  /** Probability of dropping an element of what the heads give, in training (0). */
  readonly headDropout?: number;
  /** Whether the projections add a learned vector (true). */
  readonly bias?: boolean;
  /** Projections that are not linear: [B, T, queries' features] → [B, T, heads · headFeatures]. */
  readonly q_proj?: Layer;
  /** [B, T, keyFeatures] → [B, T, heads · headFeatures] */
  readonly k_proj?: Layer;
  /** [B, T, valueFeatures] → [B, T, heads · headFeatures] */
  readonly v_proj?: Layer;
  /** [B, T, heads · headFeatures] → [B, T, outFeatures] */
  readonly out_proj?: Layer;
}

/**
 * Multi-head attention (Vaswani et al., 2017): projects queries, keys and values to `heads` heads, attends in
 * each head, and projects what they give together.
 *
 * PyTorch's `MultiheadAttention`, batch first, with its four projections as linear layers: `in_proj_weight`
 * is `q_proj.weight`, `k_proj.weight` and `v_proj.weight` one below the other.
 */
export class MultiHeadAttention extends Module {
  readonly q_proj: Layer;
  readonly k_proj: Layer;
  readonly v_proj: Layer;
  readonly out_proj: Layer;
  private readonly dropout: Dropout;
  private readonly headDropout: Dropout;

  /**
   * @param features - of the queries.
   * @throws TensorError when the features do not divide into the heads, and `headFeatures` is not given.
   */
  constructor(
    readonly features: number,
    readonly heads: number,
    {
      headFeatures = features / heads,
      keyFeatures = features,
      valueFeatures = features,
      outFeatures = features,
      dropout = 0,
      headDropout = 0,
      bias = true,
      generator,
      ...given
    }: MultiHeadAttentionOptions = {},
  ) {
    super();
    if (!Number.isInteger(headFeatures)) {
      throw new TensorError(
        'MultiHeadAttention',
        `${features} features do not divide into ${heads} heads: give headFeatures`,
      );
    }
    const inner = heads * headFeatures;
    // PyTorch draws one matrix for all three projections where their sizes are equal.
    const together = [keyFeatures, valueFeatures, inner].every((n) => n === features);
    const projection = (from: number): Layer => {
      const bound = Math.sqrt(6 / (from + (together ? 3 : 1) * inner));
      const weightInit: init.Initializer = (shape, random) =>
        init.uniform(shape, { low: -bound, high: bound, ...random });
      return new Linear(from, inner, { bias, weightInit, biasInit: init.zeros, generator });
    };
    this.q_proj = given.q_proj ?? projection(features);
    this.k_proj = given.k_proj ?? projection(keyFeatures);
    this.v_proj = given.v_proj ?? projection(valueFeatures);
    this.out_proj =
      given.out_proj ?? new Linear(inner, outFeatures, { bias, biasInit: init.zeros, generator });
    this.dropout = new Dropout(dropout);
    this.headDropout = new Dropout(headDropout);
  }

  /**
   * query [B, Tq, features], key [B, Tk, keyFeatures], value [B, Tk, valueFeatures] → [B, Tq, outFeatures].
   *
   * @param options.mask - bool [Tq, Tk], [B, Tq, Tk] or [B, heads, Tq, Tk], where 1 broadcasts: [B, 1, Tk]
   *   says which keys are not padding.
   * @throws TensorError when the shapes do not fit.
   */
  forward(
    query: TensorLike,
    key: TensorLike = query,
    value: TensorLike = key,
    { mask, causal = false }: AttentionOptions = {},
  ): Tensor {
    const given = mask === undefined ? undefined : asTensor(mask, 'bool');
    const mixed = scaledDotProductAttention(
      splitHeads(this.q_proj.forward(query), this.heads),
      splitHeads(this.k_proj.forward(key), this.heads),
      splitHeads(this.v_proj.forward(value), this.heads),
      {
        mask: given?.rank === 3 ? expandDims(given, 1) : given,
        causal,
        dropout: (weights) => this.dropout.forward(weights),
      },
    );
    return this.out_proj.forward(this.headDropout.forward(mergeHeads(mixed)));
  }
}
