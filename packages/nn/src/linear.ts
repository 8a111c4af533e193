/**
 * @module Linear maps of the last axis.
 */
import { add, matmul, type Tensor, type TensorLike, type TensorSource, transpose } from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

export interface LinearOptions extends init.RandomOptions {
  /** Whether to add a learned vector (default true). */
  readonly bias?: boolean;
}

/** y = x Wᵀ + b: x [..., in] with weight [out, in] and bias [out] → [..., out]. */
export class Linear extends Module {
  weight: TensorSource;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, ...random }: LinearOptions = {},
  ) {
    super();
    this.weight = new Parameter(init.layerUniform([outFeatures, inFeatures], inFeatures, random));
    this.bias = bias ? new Parameter(init.layerUniform([outFeatures], inFeatures, random)) : undefined;
  }

  forward(x: TensorLike): Tensor {
    const y = matmul(x, transpose(this.weight));
    return this.bias ? add(y, this.bias) : y;
  }
}
