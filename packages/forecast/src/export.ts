/**
 * @module Forecasting networks as one ONNX file: history in, quantiles out.
 */
import {
  add,
  broadcastTo,
  cast,
  concat,
  div,
  equal,
  expandDims,
  foldIn,
  gather,
  logicalNot,
  maximum,
  mul,
  NDArray,
  pad,
  program,
  randomKey,
  randomNormal,
  slice,
  sort,
  sub,
  sum,
  type Tensor,
  where,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { ModelConfig } from './config.js';
import type { Feature } from './feature.js';
import { checkSamples, normalScores } from './infer.js';
import type { ForecastNetwork } from './networks.js';
import { formatFrequency } from './time.js';

export interface ExportOptions {
  /** Steps that the file forecasts, at most those of the network. */
  readonly horizon: number;
  /** Levels of the quantiles, ascending. */
  readonly quantiles: readonly number[];
  /** Futures drawn of each series. */
  readonly samples: number;
}

interface ExportInputs {
  /** In the units of the data, NaN where missing [B, T]. */
  readonly history: Tensor;
  /** Of the history, as they are [B, T, C]; NaN where unknown. */
  readonly covariates: Tensor;
  /** Of the horizon [B, H, C]. */
  readonly future: Tensor;
  /** Numbers of the series, int32 [B]; their count for new ones. */
  readonly series: Tensor;
  /** int32 [] */
  readonly seed: Tensor;
}

/**
 * The network as an ONNX program of `history` float32 [series, T] (T up to the network's history; NaN where missing),
 * `covariates` float32 [series, T, C] and `future` [series, horizon, C] as they are (a lag's: the value so many steps
 * before; beyond the history one lag before that, again and again), `series` int32 [series] and `seed` int32 []: it fills gaps,
 * scales, draws futures and gives `quantiles` float32 [series, levels, horizon] in the units of the history.
 *
 * @returns the file's bytes. Its metadata name the step, the covariates, the series and the levels.
 * @throws InputError when the horizon is longer than the network's, or samples are too many.
 */
export function exportOnnx(
  config: ModelConfig,
  network: ForecastNetwork,
  options: ExportOptions,
): Promise<Uint8Array> {
  const { horizon, quantiles, samples } = options;
  checkSamples(samples);
  if (horizon > config.horizon) {
    throw new InputError(`the network was trained to forecast ${config.horizon} steps, not ${horizon}`);
  }
  const exported = program((inputs: ExportInputs) => ({ quantiles: forecast(inputs) }), {
    name: 'forecast',
    inputs: [
      {
        history: { shape: ['series', 'T'] },
        covariates: { shape: ['series', 'T', config.features.length] },
        future: { shape: ['series', horizon, config.features.length] },
        series: { shape: ['series'], dtype: 'int32' },
        seed: { shape: [], dtype: 'int32' },
      },
    ],
  });
  const forecast = ({ history, covariates, future, series, seed }: ExportInputs): Tensor => {
    const { known, filled, scale } = prepared(history, config);
    const shape = [history.shape[0]!, samples, horizon, network.noisePerDraw];
    const noise = network.joint
      ? randomNormal(foldIn(randomKey(0), seed), shape)
      : broadcastTo(normalScores(samples, horizon), shape);
    const drawn = network.sample({
      history: filled,
      known,
      covariates: standardized(covariates, scale, network),
      future: standardized(future, scale, network),
      series,
      noise,
    });
    return mul(quantilesOf(drawn, quantiles, samples), expandDims(scale, -1));
  };
  const metadata = {
    frequency: formatFrequency(config.frequency),
    horizon: String(horizon),
    history: String(config.history),
    quantiles: JSON.stringify(quantiles),
    covariates: JSON.stringify(config.features.map(({ name }) => name)),
    series: JSON.stringify(config.series),
  };
  return exported.export({ metadata });
}

/** As `scaled` does of one series: known [B, T], values / ν without gaps [B, T], and ν [B, 1]. */
function prepared(history: Tensor, { scale: variant, history: longest }: ModelConfig) {
  const isMissing = logicalNot(equal(history, history));
  const known = cast(logicalNot(isMissing), 'float32');
  const values = where(isMissing, 0, history);
  const counted = variant === 'nonzero_mean_plus_one' ? cast(logicalNot(equal(values, 0)), 'float32') : known;
  const magnitudes = variant === 'mean_abs_plus_one' ? maximum(values, mul(values, -1)) : values;
  const count = maximum(sum(counted, { axes: [1], keepDims: true }), 1);
  const scale = add(div(sum(magnitudes, { axes: [1], keepDims: true }), count), 1);
  // Gaps take the value before them: from 1, 2, 4 … steps back, where that is known by then.
  let [filled, there] = [values, known];
  for (let step = 1; step < longest; step *= 2) {
    const before = (x: Tensor): Tensor =>
      slice(
        pad(x, [
          [0, 0],
          [step, 0],
        ]),
        1,
        0,
        -step,
      );
    filled = where(equal(there, 0), before(filled), filled);
    there = maximum(there, before(there));
  }
  return { known, filled: div(filled, scale), scale };
}

/** (x − mean) / deviation of each covariate, x / ν of those at lags; where it is missing 0, or the scale. */
function standardized(covariates: Tensor, scale: Tensor, { features }: ForecastNetwork): Tensor {
  const row = (of: (feature: Feature) => number) =>
    new NDArray(Float32Array.from(features, of), [features.length], 'float32');
  const isLag = row(({ kind }) => (kind === 'lag' ? 1 : 0));
  // ν where a lag is, 1 elsewhere.
  const unit = add(mul(isLag, sub(expandDims(scale, -1), 1)), 1);
  const z = div(
    div(
      sub(
        covariates,
        row((f) => f.mean),
      ),
      row((f) => f.std),
    ),
    unit,
  );
  return where(equal(z, z), z, isLag);
}

/** Quantiles of samples [B, S, H], interpolated linearly: [B, levels, H]. */
function quantilesOf(samples: Tensor, levels: readonly number[], count: number): Tensor {
  const sorted = sort(samples, 1);
  const at = (index: number): Tensor => gather(sorted, new NDArray(Int32Array.of(index), [1], 'int32'), 1);
  return concat(
    levels.map((rho) => {
      const index = rho * (count - 1);
      const below = Math.floor(index);
      const [a, b] = [at(below), at(Math.min(below + 1, count - 1))];
      return add(a, mul(sub(b, a), index - below));
    }),
    1,
  );
}
