/**
 * @module DeepAR (Salinas et al., 2017): an autoregressive LSTM over all series, with a Gaussian head.
 */
import {
  add,
  asTensor,
  broadcastTo,
  concat,
  expandDims,
  mul,
  reshape,
  scan,
  slice,
  softplus,
  squeeze,
  stack,
  type Tensor,
  type TensorLike,
  transpose,
  zerosLike,
} from '@sextant/engine';
import { Linear, LSTM, type LSTMState, Module } from '@sextant/nn';
import { type Gaussian, gaussianNll, type WindowBatch, weightedMean } from '../losses.js';
import { type KnownConfig, KnownInputs, openForgetGates } from './recurrent.js';

export interface DeepARConfig extends KnownConfig {
  readonly hidden: number;
  readonly layers: number;
  /** What the Gaussian's parameters are read from: the last layer's units, or those of all layers. */
  readonly head: 'top' | 'all';
  readonly dropout: number;
}

/** The settings of the public code zhykoties/TimeSeries (section 7). */
export const DEEPAR = {
  embedding: 20,
  hidden: 40,
  layers: 3,
  head: 'all',
  dropout: 0.1,
} as const satisfies Partial<DeepARConfig>;

/** What training adds to σ, in units of the scale: on constant stretches the likelihood has no bound without it. */
const SIGMA_FLOOR = 1e-3;

/** What a rollout starts from; values in units of the window's scale. */
export interface RolloutInputs {
  /** [B, T]: the history z₁ … z_T, without gaps. */
  readonly values: TensorLike;
  /** [B, T + τ, C]: of the history and of the horizon. */
  readonly covariates: TensorLike;
  /** [B], int32. */
  readonly series: TensorLike;
  /** [S, B, τ], standard normal. */
  readonly noise: TensorLike;
}

/**
 * At step t the LSTM reads the value before it, the covariates of t and the vector of the series, and a linear
 * head gives μ_t and σ_t = softplus(…) of z_t ~ N(μ_t, σ_t²).
 */
export class DeepAR extends Module {
  readonly known: KnownInputs;
  readonly lstm: LSTM;
  readonly mu: Linear;
  readonly sigma: Linear;

  constructor(readonly config: DeepARConfig) {
    super();
    const { hidden, layers, head, dropout } = config;
    this.known = new KnownInputs(config);
    this.lstm = openForgetGates(new LSTM(1 + this.known.features, hidden, { layers, dropout }));
    const features = head === 'all' ? layers * hidden : hidden;
    this.mu = new Linear(features, 1);
    this.sigma = new Linear(features, 1);
  }

  /**
   * The distribution of every step given the values before it.
   *
   * @param values - [B, L], the value before each step (0 at the first), scaled.
   * @param covariates - [B, L, C]
   * @param series - [B], int32.
   * @returns μ and σ, [B, L] each.
   */
  forward(values: TensorLike, covariates: TensorLike, series: TensorLike): Gaussian {
    const known = this.known.forward(covariates, series);
    const { layers } = this.lstm.forward(concat([expandDims(values, -1), known], -1));
    return this.gaussian(layers);
  }

  /** Mean negative log-likelihood of the targets that count: a scalar. */
  loss({ values, covariates, target, weight, series }: WindowBatch): Tensor {
    const { mu, sigma } = this.forward(values, covariates, series);
    return weightedMean(gaussianNll(mu, add(sigma, SIGMA_FLOOR), target), weight);
  }

  /**
   * Draws the steps after the history, each from the distribution given those drawn before it: z = μ + σ · noise.
   * The history is read once for all samples.
   *
   * @returns samples [S, B, τ], scaled as `values`.
   */
  rollout({ values, covariates, series, noise }: RolloutInputs): Tensor {
    const history = asTensor(values);
    const length = history.shape[1]!;
    const last = slice(history, 1, -1);
    const before = concat([zerosLike(last), slice(history, 1, 0, -1)], 1);
    const known = this.known.forward(covariates, series);
    const past = slice(known, 1, 0, length);
    const future = slice(known, 1, length);
    const { state } = this.lstm.forward(concat([expandDims(before, -1), past], -1));

    const draws = transpose(noise, [2, 0, 1]);
    const samples = draws.shape[1]!;
    const forEachSample = (x: Tensor): Tensor => broadcastTo(x, [samples, ...x.shape]);
    const states = this.lstm.cells.map(
      (_, i): LSTMState => ({
        h: forEachSample(squeeze(slice(state.h, 0, i, i + 1), 0)),
        c: forEachSample(squeeze(slice(state.c, 0, i, i + 1), 0)),
      }),
    );
    const start = { z: forEachSample(squeeze(last, 1)), states };
    const [, drawn] = scan(
      ({ z, states }, step) => {
        const input = concat([expandDims(z, -1), forEachSample(step.known)], -1);
        const next = this.advance(input, states);
        const { mu, sigma } = this.gaussian(next.map(({ h }) => h));
        const value = add(mu, mul(sigma, step.noise));
        return [{ z: value, states: next }, value];
      },
      start,
      { known: transpose(future, [1, 0, 2]), noise: draws },
    );
    return transpose(drawn, [1, 2, 0]);
  }

  /** One step of all layers: x [..., in] and their states [..., hidden] → their next states. */
  private advance(x: Tensor, states: readonly LSTMState[]): LSTMState[] {
    let input = x;
    return this.lstm.cells.map((cell, i) => {
      const next = cell.forward(input, states[i]);
      input = next.h;
      return next;
    });
  }

  /** From the hidden states [..., hidden] of every layer; those of all layers are interleaved, unit by unit. */
  private gaussian(layers: readonly Tensor[]): Gaussian {
    const top = layers.at(-1)!;
    const features =
      this.config.head === 'top' ? top : reshape(stack(layers, -1), [...top.shape.slice(0, -1), -1]);
    return {
      mu: squeeze(this.mu.forward(features), -1),
      sigma: softplus(squeeze(this.sigma.forward(features), -1)),
    };
  }
}

/** Pairs of our parameters' paths and the names in zhykoties/TimeSeries (section 7). */
export function deepARNames(model: DeepAR): Map<string, string> {
  const theirs = (ours: string): string =>
    ours
      .replace(/^known\.series\./, 'embedding.')
      .replace(/^mu\./, 'distribution_mu.')
      .replace(/^sigma\./, 'distribution_presigma.');
  return new Map([...model.namedParameters().keys()].map((ours) => [ours, theirs(ours)]));
}
