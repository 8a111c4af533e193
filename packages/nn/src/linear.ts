/**
 * @module Linear maps of the last axis.
 */
import { add, matmul, type Tensor, type TensorLike, type TensorSource, transpose } from '@sextant/engine';
import * as init from './init.js';
import { Module, Parameter } from './module.js';

/** y = x Wᵀ + b: x [..., in] with weight [out, in] and bias [out] → [..., out]. */
export class Linear extends Module {
  weight: TensorSource;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: init.WeightOptions = {},
  ) {
    super();
    const { bias = true } = options;
    const initial = init.layerInitializers(inFeatures, options);
    this.weight = new Parameter(initial.weight([outFeatures, inFeatures]));
    this.bias = bias ? new Parameter(initial.bias([outFeatures])) : undefined;
  }

  forward(x: TensorLike): Tensor {
    const y = matmul(x, transpose(this.weight));
    return this.bias ? add(y, this.bias) : y;
  }
}
