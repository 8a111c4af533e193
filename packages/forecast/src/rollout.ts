/**
 * @module Sampling of the future, step by step (section 5 of the specification): every draw is the next step's input.
 *
 * What the history gives is the same for all samples: it is computed once and shared. The steps are recorded one after
 * the other, so that each reads just the earlier steps that its pattern names, and no cache is copied from step to step.
 */
import {
  add,
  broadcastTo,
  concat,
  dimTensor,
  expandDims,
  gather,
  pad,
  scope,
  slice,
  squeeze,
  stack,
  type Tensor,
  zerosLike,
} from '@sextant/engine';
import { offsetBias } from './attention.js';
import type { Parameters } from './heads.js';
import { FirstProjection, LayerCache, type Sampled } from './layer-cache.js';
import type { Network } from './model.js';
import type { Pattern } from './patterns.js';

export interface RolloutInputs {
  /** z_1 … z_t0 in scaled units [B, t0]. */
  readonly history: Tensor;
  /** Covariates of the history [B, t0, C]. */
  readonly covariates: Tensor;
  /** Covariates of the horizon [B, tau, C]; those at lags where the value is known, any number where it is sampled. */
  readonly future: Tensor;
  /** int32 [B] */
  readonly series?: Tensor | undefined;
  /** Independent standard normal numbers [B, S, tau, noisePerDraw]. */
  readonly noise: Tensor;
}

/**
 * Samples of z_{t0+1} … z_{t0+tau} in scaled units: [B, S, tau].
 *
 * @param pattern - that of windows of history and horizon, if not the network's.
 */
export function rollout(
  network: Network,
  { history, covariates, future, series, noise }: RolloutInputs,
  pattern: Pattern = network.pattern,
): Tensor {
  const horizon = noise.shape[2] as number;
  const values = pad(history, [
    [0, 0],
    [1, 0],
  ]);
  const known = network.encode(
    { values, covariates: concat([covariates, slice(future, 1, 0, 1)], 1), series },
    pattern,
  );
  const caches = known.layers.map((layer, i) => new LayerCache(network.layers[i]!, pattern, layer));
  const first = new FirstProjection(network.layers[0]!.attention, known.input);
  const noiseAt = (step: number): Tensor => squeeze(slice(noise, 2, step, step + 1), [2]);

  const { lags, nCovariates } = network.config;
  /** Covariates before those at lags. */
  const others = nCovariates - lags.length;
  /** Covariates of a step of the horizon: those at lags that reach back to it are samples [B, 1 or S, C]. */
  const covariatesAt = (step: number, samples: readonly Tensor[]): Tensor => {
    const given = slice(future, 1, step, step + 1);
    if (lags.every((lag) => lag > step)) return given;
    const known = broadcastTo(given, [...samples[0]!.shape, nCovariates]);
    const column = (i: number): Tensor => slice(known, 2, i, i + 1);
    const atLags = lags.map((lag, i) =>
      lag <= step ? expandDims(samples[step - lag]!, 2) : column(others + i),
    );
    return concat([slice(known, 2, 0, others), ...atLags], 2);
  };
  /** What is sampled of a step's input, and in which channels it stands. */
  const sampledAt = (step: number): Sampled => {
    const atLags = lags.flatMap((lag, i) => (lag <= step ? [{ lag, channel: 1 + others + i }] : []));
    const sampled = [{ lag: 1, channel: 0 }, ...atLags];
    return {
      values: stack(
        sampled.map(({ lag }) => drawn[step - lag]!),
        1,
      ),
      channels: sampled.map(({ channel }) => channel),
    };
  };

  // The last observation is an input of the history: what follows it has one distribution for all samples.
  let parameters = network.predict(slice(known.x, 1, -1), slice(known.input, 1, -1));
  const drawn = [network.head.draw(parameters, noiseAt(0))];
  const nothing = zerosLike(slice(history, 1, 0, 1));
  for (let step = 1; step < horizon; step++) {
    scope(`step${step}`, () => {
      const positions = add(dimTensor(history.shape[1]!), [step]);
      const inputOf = (samples: readonly Tensor[]): Tensor => {
        const covariates = covariatesAt(step, samples);
        return network.input({ values: samples.at(-1)!, covariates, series, positions });
      };
      const input = inputOf(drawn);
      const shared = inputOf(drawn.map(() => nothing));
      const bias = gather(offsetBias(pattern), positions, 1);
      const features = caches.reduce((x, cache, i) => {
        const projected = i === 0 ? first.queryKey(shared, sampledAt(step)) : cache.queryKey(x);
        return cache.advance(x, projected, step, bias);
      }, input);
      parameters = network.predict(features, input);
      drawn.push(network.head.draw(parameters, noiseAt(step)));
    });
  }
  return stack(drawn, 2);
}

/**
 * All steps of the horizon at once, from the history alone, by a network trained so: draws [B, S, tau] that are
 * independent from step to step. Beyond the paper.
 */
export function direct(
  network: Network,
  { history, covariates, future, series, noise }: RolloutInputs,
): Tensor {
  const horizon = noise.shape[2] as number;
  const inputs = {
    values: pad(history, [
      [0, 0],
      [1, horizon - 1],
    ]),
    covariates: concat([covariates, future], 1),
    series,
  };
  const parameters = Object.fromEntries(
    Object.entries(network.forward(inputs)).map(([name, x]) => [name, expandDims(slice(x, 1, -horizon), 1)]),
  ) as unknown as Parameters;
  return network.head.draw(parameters, noise);
}
