/**
 * @module DeepState (Rangapuram et al., 2018): a state-space model for each series, whose parameters an LSTM gives.
 */
import {
  add,
  arange,
  array,
  broadcastTo,
  mod,
  neg,
  sigmoid,
  slice,
  softplus,
  sqrt,
  squeeze,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { Linear, LSTM, Module } from '@sextant/nn';
import { type Gaussian, type WindowBatch, weightedMean } from '../losses.js';
import { type KnownConfig, KnownInputs, openForgetGates } from './recurrent.js';
import { type Filtered, kalmanFilter, type StateSpace } from './statespace.js';

export interface DeepStateConfig extends KnownConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
  /** Whether the level has a trend. */
  readonly trend: boolean;
  /** Steps of a season; 0: there is none. */
  readonly season: number;
}

/**
 * The least σ, in units of the scale: it bounds the likelihood of constant stretches, and keeps σ² well above what
 * float32 loses of a variance of about 1.
 */
const SIGMA_FLOOR = 5e-3;

/** What a forecast starts from; values in units of the window's scale. */
export interface DeepStateInputs {
  /** [B, T]: the history z₁ … z_T; any number where it is missing. */
  readonly values: TensorLike;
  /** [B, T]: 1 where a value was observed, 0 where it is missing. */
  readonly weight: TensorLike;
  /** [B, T + τ, C]: of the history and of the horizon. */
  readonly covariates: TensorLike;
  /** [B], int32. */
  readonly series: TensorLike;
}

/**
 * An LSTM reads the covariates and the vector of the series, never the values. A linear map of its state at step t gives
 * the gains (within 0 and 1), σ_t and b_t of the {@link StateSpace}, another of its state at the first step the prior.
 * Seasons are counted from the window's first step.
 */
export class DeepState extends Module {
  readonly known: KnownInputs;
  readonly lstm: LSTM;
  readonly parametersOfStep: Linear;
  readonly priorMean: Linear;
  readonly priorStd: Linear;

  constructor(readonly config: DeepStateConfig) {
    super();
    const { hidden, layers, dropout, trend, season } = config;
    this.known = new KnownInputs(config);
    this.lstm = openForgetGates(new LSTM(this.known.features, hidden, { layers, dropout }));
    // Before training a series is nearly constant: a trend and its gain begin at some hundredths of the scale.
    const linear = (biases: readonly number[]) =>
      new Linear(hidden, biases.length, { biasInit: () => array(biases) });
    const trends = <T>(value: T): T[] => (trend ? [value] : []);
    const seasons = <T>(value: T, count: number): T[] =>
      Array.from({ length: season > 0 ? count : 0 }, () => value);
    this.parametersOfStep = linear([0, -1, -3, ...trends(-5), ...seasons(-3, 1)]);
    this.priorMean = linear([0.5, ...trends(0), ...seasons(0, season)]);
    this.priorStd = linear([0, ...trends(-4), ...seasons(-1, season)]);
  }

  /** The model of every step: covariates [B, T, C] and series [B] (int32). */
  stateSpace(covariates: TensorLike, series: TensorLike): StateSpace {
    const { output } = this.lstm.forward(this.known.forward(covariates, series));
    const columns = this.parametersOfStep.forward(output);
    const of = (i: number): Tensor => squeeze(slice(columns, 2, i, i + 1), 2);
    const first = squeeze(slice(output, 1, 0, 1), 1);
    const { trend, season } = this.config;
    const offset = of(0);
    const phase = mod(arange(offset.shape[1]!), Math.max(season, 1));
    return {
      offset,
      sigma: add(softplus(of(1)), SIGMA_FLOOR),
      levelGain: sigmoid(of(2)),
      trendGain: trend ? sigmoid(of(3)) : undefined,
      seasonGain: season > 0 ? sigmoid(of(trend ? 4 : 3)) : undefined,
      seasonIndex: season > 0 ? broadcastTo(phase, offset.shape) : undefined,
      priorMean: this.priorMean.forward(first),
      priorStd: softplus(this.priorStd.forward(first)),
    };
  }

  /** The distribution of every step given the values before it; those of weight 0 are missing to the filter. */
  forward({ values, weight, covariates, series }: DeepStateInputs, ahead?: number): Filtered {
    return kalmanFilter(this.stateSpace(covariates, series), values, weight, ahead);
  }

  /**
   * Mean negative log-likelihood of the targets: a scalar. A target of weight 0 is missing: it neither counts nor is it
   * known to the steps after it.
   */
  loss({ covariates, target, weight, series }: WindowBatch): Tensor {
    const { logLikelihood } = this.forward({ values: target, weight, covariates, series });
    return weightedMean(neg(logLikelihood), weight);
  }

  /** The distribution of each of the τ steps after the history: [B, τ] each, scaled as `values`. */
  forecast(inputs: DeepStateInputs, horizon: number): Gaussian {
    const { mean, variance } = this.forward(inputs, horizon);
    return { mu: slice(mean, 1, -horizon), sigma: sqrt(slice(variance, 1, -horizon)) };
  }
}
