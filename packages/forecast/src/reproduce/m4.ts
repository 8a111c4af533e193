/**
 * @module M4-Hourly, the competition's test of 48 hours: every method of this package.
 */

import type { Part } from '@sextant/experiment';
import { once } from '@sextant/experiment';
import { withoutLast } from '../series.js';
import { deepAR, deepState, directTransformer, FULL, NETWORKS, paperTransformer } from './architectures.js';
import { summary } from './columns.js';
import { m4Hourly, requireData } from './datasets.js';
import { classicalJob, type Experiment, networkJobs } from './experiment.js';
import { type NetworkTraining, trainedFor } from './trained.js';

const HORIZON = 48;

/** Series are drawn alike: in proportion to their scales, 37 of the 414 are nearly all that a network sees. */
export const SETTINGS: NetworkTraining = {
  history: 168,
  scale: 'mean_plus_one',
  features: ['age', 'phase24'],
  ids: true,
  likelihood: 'all',
  samplingPower: 0,
  steps: 400,
  batchSize: 32,
  learningRate: 2e-3,
  warmup: 50,
};

const DIRECT_SETTINGS: NetworkTraining = {
  ...SETTINGS,
  features: ['phase24', 'lag24', 'lag168'],
  steps: 500,
  learningRate: 1e-3,
};

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
      'Transformer, k = 1, log-sparse': paperTransformer({ kernelSize: 1 }),
      'Transformer, k = 6, log-sparse': paperTransformer(),
      DeepAR: deepAR(),
      DeepState: deepState(),
    };
    const directNetworks = {
      'direct, k = 1, full': directTransformer({ kernelSize: 1, mask: FULL }),
      'direct, k = 1, log-sparse': directTransformer({ kernelSize: 1 }),
      'direct, k = 6, full': directTransformer({ mask: FULL }),
      'direct, k = 6, log-sparse': directTransformer(),
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
    notes: [NETWORKS],
    rows: [
      ...summary(measured),
      { method: 'the article: its network', 'R0.5 ↓': '0.067', 'R0.9 ↓': '0.025' },
      { method: 'the article: DeepAR', 'R0.5 ↓': '0.090', 'R0.9 ↓': '0.030' },
    ],
  }),
};
