/**
 * @module Embeddings: a learned vector for each id.
 */
import {
  asTensor,
  embedding,
  equal,
  expandDims,
  stopGradient,
  type Tensor,
  type TensorLike,
  type TensorSource,
  where,
} from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

export interface EmbeddingOptions extends init.RandomOptions {
  /** An id whose vector starts at zero and gets no gradient through this layer. */
  readonly paddingId?: number;
  /** Initial vectors; from N(0, 1), as in PyTorch, if absent. */
  readonly weightInit?: init.Initializer | undefined;
}

/** ids [...] (integers) with weight [count, features] → [..., features]. */
export class Embedding extends Module {
  weight: TensorSource;
  readonly paddingId: number | undefined;

  constructor(
    readonly count: number,
    readonly features: number,
    { paddingId, weightInit = init.normal, generator }: EmbeddingOptions = {},
  ) {
    super();
    const weight = weightInit([count, features], { generator });
    if (paddingId !== undefined)
      (weight.data as Float32Array).fill(0, paddingId * features, (paddingId + 1) * features);
    this.weight = new Parameter(weight);
    this.paddingId = paddingId;
  }

  /** @throws TensorError when the ids are not integers. */
  forward(ids: TensorLike): Tensor {
    const i = asTensor(ids, 'int32');
    const vectors = embedding(i, this.weight);
    if (this.paddingId === undefined) return vectors;
    return where(expandDims(equal(i, this.paddingId), -1), stopGradient(vectors), vectors);
  }
}
