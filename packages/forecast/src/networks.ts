/**
 * @module The networks that are trained on windows and sample futures: the paper's and the recurrent baselines.
 */
import { add, concat, expandDims, mul, squeeze, swapAxes, type Tensor, transpose } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Module } from '@sextant/nn';
import { DeepAR } from './baselines/deepar.js';
import { DeepState } from './baselines/deepstate.js';
import type { ModelConfig } from './config.js';
import { type Feature, featureOf } from './feature.js';
import type { WindowBatch } from './losses.js';
import { Network } from './model.js';
import { direct, rollout } from './rollout.js';

/** What a future is sampled from; values in units of each window's scale. */
export interface SampleInputs {
  /** z_1 … z_T, gaps filled [B, T]. */
  readonly history: Tensor;
  /** 1 where the history is known, 0 in gaps [B, T]. */
  readonly known: Tensor;
  /** Of the history [B, T, C]. */
  readonly covariates: Tensor;
  /** Of the horizon [B, tau, C]. */
  readonly future: Tensor;
  /** int32 [B] */
  readonly series: Tensor;
  /** Standard normal [B, S, tau, noisePerDraw]. */
  readonly noise: Tensor;
}

/** The parameter that holds the series' learned vectors, by kind of network. */
export const seriesVectors = ({ network: { model } }: ModelConfig): string =>
  model === 'transformer' ? 'series_embedding.weight' : 'known.series.weight';

/** A network of any kind. */
export interface ForecastNetwork {
  readonly module: Module;
  /** What it reads of every step, in order. */
  readonly features: readonly Feature[];
  /** Normal numbers for each value that is drawn. */
  readonly noisePerDraw: number;
  /**
   * Whether samples are joint ones of all steps. If not, their steps are independent given the history: quantiles of
   * each step need no randomness, and noise may be the same at every step.
   */
  readonly joint: boolean;
  /** Mean negative log-likelihood of a batch of windows. */
  loss(batch: WindowBatch): Tensor;
  /** Samples of the horizon [B, S, tau] in units of the scale. */
  sample(inputs: SampleInputs): Tensor;
}

/** The lags among features, which stand last. @throws InputError where they do not. */
function lagsOf(features: readonly Feature[]): number[] {
  const lags = features.map((feature) => (feature.kind === 'lag' ? feature.steps : undefined));
  const first = lags.findIndex((lag) => lag !== undefined);
  if (first < 0) return [];
  const found = lags.slice(first).filter((lag) => lag !== undefined);
  if (found.length < lags.length - first) throw new InputError('features: lags must stand last');
  return found;
}

/** Only the Transformer's sampling feeds what it draws to lags. */
function refuseLags(features: readonly Feature[]): void {
  if (lagsOf(features).length > 0) throw new InputError('features: only the Transformer reads lags');
}

/**
 * A network with random weights.
 *
 * @param nSeries - how many series have learned vectors.
 */
export function newNetwork(config: ModelConfig, nSeries = config.series.length): ForecastNetwork {
  const { network: options, history, horizon, season } = config;
  const features = config.features.map(featureOf);
  const nCovariates = features.length;
  switch (options.model) {
    case 'transformer': {
      const { model: _, seriesEmbedding: __, decoding, ...rest } = options;
      const lags = lagsOf(features);
      const network = new Network({ ...rest, lags, nCovariates, nSeries, maxLength: history + horizon });
      return {
        module: network,
        features,
        noisePerDraw: network.head.noisePerDraw,
        joint: decoding === 'autoregressive' || network.head.noisePerDraw > 1,
        loss: (batch) => network.loss(batch),
        sample: (inputs) =>
          network.eval((m) => (decoding === 'direct' ? direct(m, inputs) : rollout(m, inputs))),
      };
    }
    case 'deepar': {
      refuseLags(features);
      const network = new DeepAR({ ...options, nCovariates, nSeries });
      return {
        module: network,
        features,
        noisePerDraw: 1,
        joint: true,
        loss: (batch) => network.loss(batch),
        sample: ({ history, covariates, future, series, noise }) => {
          const samples = network.eval((m) =>
            m.rollout({
              values: history,
              covariates: concat([covariates, future], 1),
              series,
              noise: swapAxes(squeeze(noise, [-1]), 0, 1),
            }),
          );
          return transpose(samples, [1, 0, 2]);
        },
      };
    }
    case 'deepstate': {
      refuseLags(features);
      const network = new DeepState({ ...options, nCovariates, nSeries, season });
      return {
        module: network,
        features,
        noisePerDraw: 1,
        joint: false,
        loss: (batch) => network.loss(batch),
        sample: ({ history, known, covariates, future, series, noise }) => {
          const { mu, sigma } = network.eval((m) =>
            m.forecast(
              {
                values: history,
                weight: known,
                covariates: concat([covariates, future], 1),
                series,
              },
              future.shape[1] as number,
            ),
          );
          return add(expandDims(mu, 1), mul(expandDims(sigma, 1), squeeze(noise, [-1])));
        },
      };
    }
  }
}
