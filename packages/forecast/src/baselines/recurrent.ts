/**
 * @module What the recurrent baselines share: inputs known in advance, and how their LSTM begins.
 */
import {
  asTensor,
  broadcastTo,
  concat,
  expandDims,
  NDArray,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { Embedding, type LSTM, Module } from '@sextant/nn';

export interface KnownConfig {
  readonly nCovariates: number;
  /** Series with a learned vector each; 0: none has one. */
  readonly nSeries: number;
  /** Width of these vectors. */
  readonly embedding: number;
}

/** What is known of every step in advance: the covariates, and the learned vector of the series. */
export class KnownInputs extends Module {
  readonly series: Embedding | undefined;
  /** Their number. */
  readonly features: number;

  constructor({ nCovariates, nSeries, embedding }: KnownConfig) {
    super();
    this.series = nSeries > 0 ? new Embedding(nSeries, embedding) : undefined;
    this.features = nCovariates + (this.series?.features ?? 0);
  }

  /** covariates [B, L, C] and series [B] (int32) → [B, L, features]. */
  forward(covariates: TensorLike, series: TensorLike): Tensor {
    const given = asTensor(covariates);
    if (!this.series) return given;
    const vectors = expandDims(this.series.forward(series), 1);
    return concat([given, broadcastTo(vectors, [...given.shape.slice(0, 2), this.series.features])], -1);
  }
}

/** Sets the forget gates' biases to 1 together, so that an untrained LSTM keeps what it has seen. Returns it. */
export function openForgetGates(lstm: LSTM): LSTM {
  for (const { hiddenSize, bias_ih, bias_hh } of lstm.cells) {
    for (const [bias, value] of [
      [bias_ih!, 1],
      [bias_hh!, 0],
    ] as const) {
      // Gates are in the order i, f, g, o.
      const data = (bias.value.data as Float32Array).slice().fill(value, hiddenSize, 2 * hiddenSize);
      bias.value = new NDArray(data, bias.shape, 'float32');
    }
  }
  return lstm;
}
