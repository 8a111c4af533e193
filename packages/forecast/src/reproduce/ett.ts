/**
 * @module ETTh1, forecasts of a week over the test part of its usual split.
 */

import type { Part } from '@sextant/experiment';
import { once } from '@sextant/experiment';
import { withoutLast } from '../series.js';
import { directTransformer, FULL, NETWORKS } from './architectures.js';
import { summary } from './columns.js';
import { etth1, requireData } from './datasets.js';
import { classicalJob, type Experiment, networkJobs } from './experiment.js';
import { type NetworkTraining, trainedFor } from './trained.js';

const HORIZON = 168;
/** Hours of the split's last part; the forecasts of whole weeks begin up to a week after its start. */
const TEST_HOURS = 2880;

const SETTINGS: NetworkTraining = {
  history: 336,
  scale: 'mean_abs_plus_one',
  features: ['hour', 'weekday', 'lag24', 'lag168'],

  ids: true,
  likelihood: 'all',
  samplingPower: 0,
  steps: 300,
  batchSize: 16,
  learningRate: 1e-3,
  warmup: 50,
};

const experimentOn = (data: string): Experiment => {
  requireData(data, 'ett');
  return {
    name: 'etth1',
    tables: once(async () => {
      const test = await etth1(data);
      return { training: withoutLast(test, TEST_HOURS), test };
    }),
    backtest: { horizon: HORIZON, windows: Math.floor(TEST_HOURS / HORIZON), season: 24 },
    alone: 'OT',
  };
};

export const ett: Part = {
  title: 'ETTh1: seven series, 17 forecasts of 168 hours; OT is the oil temperature',
  jobs({ data, budget }) {
    const experiment = experimentOn(data);
    const networks = {
      'direct, k = 6, full': directTransformer({ mask: FULL }),
      'direct, k = 6, log-sparse': directTransformer(),
    };
    return [
      classicalJob(experiment, 'naive', { method: 'naive', season: 24 }),
      classicalJob(experiment, 'seasonal naive, 24', { method: 'seasonalNaive', season: 24 }),
      classicalJob(experiment, 'seasonal naive, 168', { method: 'seasonalNaive', season: 168 }),
      classicalJob(experiment, 'climatology, 28 days', { method: 'climatology', season: 24 }),
      classicalJob(experiment, 'ETS, of 8 weeks', { method: 'ets', season: 24, recent: 8 * 168 }),
      classicalJob(experiment, 'ARIMA, of 8 weeks', { method: 'arima', season: 24, recent: 8 * 168 }),
      classicalJob(experiment, 'TRMF, of 8 weeks', { method: 'trmf', season: 24, recent: 8 * 168 }),
      ...networkJobs(experiment, networks, trainedFor(SETTINGS, budget)),
    ];
  },
  report: (measured) => ({ rows: summary(measured), notes: [NETWORKS] }),
};
