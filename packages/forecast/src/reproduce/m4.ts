/**
 * @module M4-Hourly, the competition's test of 48 hours: every method of this package.
 */
import { withoutLast } from '../series.js';
import { deepAR, deepState, FULL, LOG_SPARSE, transformer } from './architectures.js';
import { m4Hourly, requireData } from './datasets.js';
import { classicalJob, type Experiment, networkJobs, once } from './experiment.js';
import type { Part } from './jobs.js';
import { summary } from './summary.js';
import { type NetworkTraining, trainedFor } from './trained.js';

const HORIZON = 48;

export const SETTINGS: NetworkTraining = {
  history: 168,
  scale: 'mean_plus_one',
  features: ['age', 'phase24'],
  ids: true,
  likelihood: 'all',
  steps: 1000,
  batchSize: 32,
  learningRate: 2e-3,
  warmup: 100,
};

/** The same for networks that go beyond the paper: they begin as seasonal naive and learn quantiles of all steps at once. */
export const DIRECT_SETTINGS: NetworkTraining = {
  ...SETTINGS,
  features: ['phase24', 'lag24', 'lag168'],
  samplingPower: 0,
  learningRate: 1e-3,
};

const DIRECT = { skip: true, decoding: 'direct', head: 'quantile', dropout: 0 } as const;

export const m4Experiment = (data: string): Experiment => {
  requireData(data, 'm4');
  return {
    name: 'm4',
    tables: once(async () => {
      const test = await m4Hourly(data);
      return { training: withoutLast(test, HORIZON), test };
    }),
    backtest: { horizon: HORIZON, windows: 1, season: 24 },
  };
};

export const m4: Part = {
  title: 'M4-Hourly: 414 series, the last 48 hours',
  jobs({ data, budget }) {
    const experiment = m4Experiment(data);
    const networks = {
      'Transformer, k = 1, full': transformer({ kernelSize: 1, mask: FULL }),
      'Transformer, k = 1, log-sparse': transformer({ kernelSize: 1, mask: LOG_SPARSE }),
      'Transformer, k = 6, full': transformer({ mask: FULL }),
      'Transformer, k = 6, log-sparse': transformer({ mask: LOG_SPARSE }),
      DeepAR: deepAR(),
      DeepState: deepState(),
    };
    const directNetworks = {
      'Transformer, k = 1, full; direct, quantiles': transformer({ ...DIRECT, kernelSize: 1, mask: FULL }),
      'Transformer, k = 1, log-sparse; direct, quantiles': transformer({ ...DIRECT, kernelSize: 1 }),
      'Transformer, k = 6, full; direct, quantiles': transformer({ ...DIRECT, mask: FULL }),
      'Transformer, k = 6, log-sparse; direct, quantiles': transformer(DIRECT),
    };
    return [
      classicalJob(experiment, 'naive', { method: 'naive', season: 24 }),
      classicalJob(experiment, 'seasonal naive, 24', { method: 'seasonalNaive', season: 24 }),
      classicalJob(experiment, 'seasonal naive, 168', { method: 'seasonalNaive', season: 168 }),
      classicalJob(experiment, 'climatology, 28 days', { method: 'climatology', season: 24 }),
      classicalJob(experiment, 'ETS', { method: 'ets', season: 24 }),
      classicalJob(experiment, 'ARIMA', { method: 'arima', season: 24 }),
      classicalJob(experiment, 'TRMF', { method: 'trmf', season: 24 }),
      ...networkJobs(experiment, directNetworks, trainedFor(DIRECT_SETTINGS, budget)),
      ...networkJobs(experiment, networks, trainedFor(SETTINGS, budget)),
    ];
  },
  report: (measured) => ({
    rows: [
      ...summary(measured),
      { method: 'the article: its network', 'R0.5 ↓': '0.067', 'R0.9 ↓': '0.025' },
      { method: 'the article: DeepAR', 'R0.5 ↓': '0.090', 'R0.9 ↓': '0.030' },
    ],
  }),
};
