/**
 * @module Named configurations.
 */
import type { NetworkOptions, TrainConfig } from './config.js';

/** What a configuration has that does not follow from the data: see `configure`. */
export interface Preset
  extends Pick<
    TrainConfig,
    | 'seed'
    | 'steps'
    | 'batchSize'
    | 'samplingPower'
    | 'likelihood'
    | 'optimizer'
    | 'logEvery'
    | 'checkpointEvery'
    | 'validateEvery'
  > {
  readonly network: NetworkOptions;
  /** Whether the network reads the value of each season before, beside the last one. */
  readonly seasonalLags: boolean;
  /** Where they do not follow from the seasons. */
  readonly history?: number;
  readonly horizon?: number;
  /** Whether the end of every series is for validation alone, and the best network counts instead of the last. */
  readonly validate: boolean;
  /** Positions of windows in all steps together: longer windows are trained for fewer steps. */
  readonly positions?: number;
}

/** The authors' settings for hourly data (section 4.4 of the specification, [use]); the pattern is the paper's plain one. */
const paper: Preset = {
  network: {
    model: 'transformer',
    dEmbed: 20,
    nLayers: 3,
    nHeads: 8,
    headDim: null,
    kernelSize: 6,
    scale: true,
    dropout: 0.1,
    mask: { pattern: 'logsparse' },
    skip: false,
    decoding: 'autoregressive',
    head: 'gaussian',
    // The paper has none; on constant stretches the likelihood has no bound without it.
    sigmaFloor: 1e-3,
    seriesEmbedding: true,
  },
  seasonalLags: false,
  history: 168,
  horizon: 24,
  validate: true,
  seed: 0,
  steps: 10_000,
  batchSize: 32,
  samplingPower: 1,
  likelihood: 'all',
  optimizer: { learningRate: 1e-3, warmup: 0, decay: false, weightDecay: 0, maxNorm: 1 },
  logEvery: 100,
  checkpointEvery: 500,
  validateEvery: 500,
};

/**
 * For two cores and minutes, beyond the paper: its network begins as seasonal naive, with the last seasons' values
 * beside its inputs, and learns quantiles of all steps at once.
 */
const small: Preset = {
  ...withoutLengths(paper),
  network: {
    ...paper.network,
    skip: true,
    decoding: 'direct',
    head: 'quantile',
    dropout: 0,
  } as Preset['network'],
  samplingPower: 0,
  seasonalLags: true,
  steps: 1_000,
  optimizer: { learningRate: 1e-3, warmup: 100, decay: true, weightDecay: 0, maxNorm: 1 },
  checkpointEvery: 250,
  validateEvery: 250,
};

/** For `predict --fit quick`: under two minutes on two cores. */
const quick: Preset = {
  ...small,
  network: { ...small.network, nLayers: 2, nHeads: 4, kernelSize: 3 } as Preset['network'],
  validate: false,
  steps: 300,
  positions: 300 * 32 * 216,
  optimizer: { ...small.optimizer, warmup: 50 },
};

/** To try things out: seconds, and forecasts of no use. */
const tiny: Preset = {
  ...small,
  network: {
    ...small.network,
    dEmbed: 4,
    nLayers: 1,
    nHeads: 2,
    headDim: 4,
    kernelSize: 3,
    dropout: 0,
  } as Preset['network'],
  steps: 40,
  batchSize: 8,
  optimizer: { ...small.optimizer, learningRate: 1e-2, warmup: 0 },
  logEvery: 10,
  checkpointEvery: 20,
  validateEvery: 20,
};

const recurrent: Preset = {
  ...small,
  seasonalLags: false,
  samplingPower: 1,
  network: { model: 'deepar', embedding: 20, hidden: 40, layers: 3, dropout: 0.1, head: 'all' },
  optimizer: { ...small.optimizer, learningRate: 1e-3 },
};

export const PRESETS = {
  paper,
  small,
  quick,
  tiny,
  /** The public code's settings (section 7 of the specification). */
  deepar: recurrent,
  deepstate: {
    ...recurrent,
    network: { model: 'deepstate', embedding: 20, hidden: 40, layers: 2, dropout: 0.1, trend: true },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

function withoutLengths({ history: _, horizon: __, ...rest }: Preset): Preset {
  return rest;
}
