/**
 * @module Solar power, the last week of August in seven forecasts of a day (table 4 of the article).
 */

import type { Part } from '@sextant/experiment';
import { once } from '@sextant/experiment';
import { withoutLast } from '../series.js';
import { directTransformer, FULL, NETWORKS, paperTransformer } from './architectures.js';
import { summary } from './columns.js';
import { requireData, solar as solarTable } from './datasets.js';
import { classicalJob, type Experiment, networkJobs } from './experiment.js';
import { type NetworkTraining, trainedFor } from './trained.js';

const [HORIZON, WINDOWS] = [24, 7];

const SETTINGS: NetworkTraining = {
  history: 168,
  scale: 'mean_plus_one',
  features: ['age', 'hour', 'month'],
  ids: true,
  likelihood: 'all',
  steps: 400,
  batchSize: 32,
  learningRate: 1e-3,
  warmup: 50,
};

const DIRECT_SETTINGS: NetworkTraining = {
  ...SETTINGS,
  features: ['hour', 'month', 'lag24', 'lag48'],
  samplingPower: 0,
};

const experimentOn = (data: string): Experiment => {
  requireData(data, 'solar');
  return {
    name: 'solar',
    tables: once(async () => {
      const test = await solarTable(data);
      return { training: withoutLast(test, HORIZON * WINDOWS), test };
    }),
    backtest: { horizon: HORIZON, windows: WINDOWS, season: 24 },
  };
};

export const solar: Part = {
  title: 'Solar power: 137 plants, the last 7 days of August, a day at a time',
  jobs({ data, budget }) {
    const experiment = experimentOn(data);
    const networks = {
      'Transformer, k = 6, log-sparse': paperTransformer(),
    };
    const directNetworks = {
      'direct, k = 6, full': directTransformer({ mask: FULL }),
      'direct, k = 6, log-sparse': directTransformer(),
    };
    return [
      classicalJob(experiment, 'seasonal naive, 24', { method: 'seasonalNaive', season: 24 }),
      classicalJob(experiment, 'climatology, 28 days', { method: 'climatology', season: 24 }),
      classicalJob(experiment, 'ETS, of 8 weeks', { method: 'ets', season: 24, recent: 8 * 168 }),
      classicalJob(experiment, 'ARIMA, of 8 weeks', { method: 'arima', season: 24, recent: 8 * 168 }),
      classicalJob(experiment, 'TRMF', { method: 'trmf', season: 24 }),
      ...networkJobs(experiment, directNetworks, trainedFor(DIRECT_SETTINGS, budget)),
      ...networkJobs(experiment, networks, trainedFor(SETTINGS, budget)),
    ];
  },
  report: (measured) => ({
    notes: [NETWORKS],
    rows: [
      ...summary(measured),
      { method: 'the article: its network', 'R0.5 ↓': '0.210', 'R0.9 ↓': '0.082' },
      { method: 'the article: DeepAR', 'R0.5 ↓': '0.222', 'R0.9 ↓': '0.093' },
      { method: 'the article: TRMF', 'R0.5 ↓': '0.241' },
    ],
  }),
};
