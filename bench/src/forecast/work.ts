/**
 * @module The work that all sides of the forecast's cases do: the same weights, the same windows, the same noise.
 */
import { NDArray, Generator as Random } from '@sextant/engine';
import {
  type ForecastNetwork,
  type ModelConfig,
  newNetwork,
  type PatternConfig,
  PRESETS,
} from '@sextant/forecast';
import { manualSeed } from '@sextant/nn';

/** What the cases vary of the article's network. */
export interface Variant {
  readonly pattern: 'full' | 'logsparse';
  readonly dropout: number;
}

export const [HISTORY, HORIZON, SAMPLES] = [168, 48, 200];
/** Windows of a training step. */
export const BATCH = 32;
/** Series of M4-Hourly. */
export const SERIES = 414;
const LENGTH = HISTORY + HORIZON;
const COVARIATES = 4;

export const patternConfig = ({ pattern }: Variant): PatternConfig => ({ pattern });

/** The article's network: D = 25, 8 heads of that width, 3 layers, kernels of 6. */
export const modelConfig = (variant: Variant): ModelConfig => ({
  network: {
    ...PRESETS.paper.network,
    dropout: variant.dropout,
    mask: patternConfig(variant),
  } as ModelConfig['network'],
  frequency: { unit: 'index', count: 1 },
  history: HISTORY,
  horizon: HORIZON,
  scale: 'mean_plus_one',
  features: Array.from({ length: COVARIATES }, (_, i) => ({
    name: `phase${24 * (i + 1)}`,
    mean: 12,
    std: 7,
  })),
  season: 24,
  series: Array.from({ length: SERIES }, (_, i) => `H${i + 1}`),
});

/** The same as peers read it. */
export function peerConfig(variant: Variant): Readonly<Record<string, unknown>> {
  const { network, features, series } = modelConfig(variant);
  return { ...network, nCovariates: features.length, nSeries: series.length, maxLength: LENGTH };
}

/** Random weights: the same in every process. */
export function network(variant: Variant): ForecastNetwork {
  manualSeed(0);
  return newNetwork(modelConfig(variant));
}

const numbers = (count: number): NDArray<'int32'> =>
  new NDArray(
    Int32Array.from({ length: count }, (_, i) => i),
    [count],
    'int32',
  );

/** A batch for training: `WindowBatch`. */
export function trainingBatch() {
  const random = new Random(1);
  return {
    values: random.normalArray([BATCH, LENGTH]),
    covariates: random.normalArray([BATCH, LENGTH, COVARIATES]),
    target: random.normalArray([BATCH, LENGTH]),
    weight: new NDArray(new Float32Array(BATCH * LENGTH).fill(1), [BATCH, LENGTH], 'float32'),
    series: numbers(BATCH),
  };
}

/** Series to forecast: histories in original units, their covariates and the horizon's, noise of every sample. */
export function futures(count: number) {
  const random = new Random(2);
  return {
    history: random.normalArray([count, HISTORY], 100, 20),
    covariates: random.normalArray([count, LENGTH, COVARIATES]),
    series: numbers(count),
    noise: random.normalArray([count, SAMPLES, HORIZON]),
  };
}
