/**
 * @module Backtests of methods on one data set: what most experiments consist of.
 */

import type { Figures, Job } from '@sextant/experiment';
import type { NetworkOptions } from '../config.js';
import { type Backtest, type BacktestOptions, backtest } from '../evaluate.js';
import type { Method } from '../method.js';
import { Scorer } from '../score.js';
import type { SeriesTable } from '../series.js';
import { type ClassicalSettings, classicalMethod } from './classical.js';
import { type NetworkSettings, type NetworkTraining, trainedNetwork } from './trained.js';

/** A data set and how forecasts of it are measured. */
export interface Experiment {
  /** Tells its results from those of others. */
  readonly name: string;
  /** What networks are trained on, and what all methods forecast the end of; read once. */
  readonly tables: () => Promise<{ readonly training: SeriesTable; readonly test: SeriesTable }>;
  readonly backtest: Required<Pick<BacktestOptions, 'horizon' | 'windows' | 'season'>>;
  /** A series whose losses have columns of their own. */
  readonly alone?: string;
}

const QUANTILES = [0.1, 0.5, 0.9];
const SEEDS = [0, 1, 2];

/** A method that is fitted to each history it forecasts from. */
export function classicalJob(experiment: Experiment, row: string, settings: ClassicalSettings): Job {
  const { name, backtest: options } = experiment;
  return {
    row,
    seed: 0,
    settings: { data: name, ...options, ...settings },
    run: async () => measure(experiment, classicalMethod(settings)),
  };
}

/** A network that is trained once, before the first forecast. */
export function networkJob(
  experiment: Experiment,
  row: string,
  settings: NetworkSettings,
  seed: number,
): Job {
  const { name, backtest: options } = experiment;
  return {
    row,
    seed,
    settings: { data: name, ...options, ...settings },
    run: async ({ folder, signal }) => {
      const { training } = await experiment.tables();
      const trained = await trainedNetwork(training, {
        folder,
        name: row,
        seed,
        settings,
        signal,
        ...options,
      });
      if (!trained) return undefined;
      const { method, seconds, nll } = trained;
      try {
        return { ...(await measure(experiment, method, seed)), 'training NLL ↓': nll, 'train s': seconds };
      } finally {
        await method.release();
      }
    },
  };
}

/** Networks by the names of their rows, each with every seed; all seeds of one before the next. */
export const networkJobs = (
  experiment: Experiment,
  networks: Readonly<Record<string, NetworkOptions>>,
  training: NetworkTraining,
): Job[] =>
  Object.entries(networks).flatMap(([row, network]) =>
    SEEDS.map((seed) => networkJob(experiment, row, { ...training, network }, seed)),
  );

async function measure(
  { tables, backtest: options, alone }: Experiment,
  method: Method,
  seed = 0,
): Promise<Figures> {
  const { test } = await tables();
  const scorer = new Scorer(QUANTILES, options.season);
  const result = await backtest(method, test, {
    ...options,
    quantiles: QUANTILES,
    seed,
    onForecast: (forecast, truth, known) => {
      const i = known.series.findIndex(({ id }) => id === alone);
      if (i < 0) return;
      scorer.add({ ...forecast, values: [forecast.values[i]!] }, [truth[i]!], [known.series[i]!.values]);
    },
  });
  return {
    ...figuresOf(result),
    ...(alone === undefined ? {} : lossesOf(scorer.score.quantileLoss, ` of ${alone}`)),
  };
}

const figuresOf = ({ quantileLoss, smape, mase, coverage, seconds }: Backtest): Figures => ({
  ...lossesOf(quantileLoss),
  'sMAPE ↓': smape,
  'MASE ↓': mase,
  ...Object.fromEntries([...coverage].map(([rho, share]) => [`≤ q${rho} %`, 100 * share])),
  'predict s': seconds,
});

const lossesOf = (losses: Backtest['quantileLoss'], of = ''): Figures =>
  Object.fromEntries([0.5, 0.9].map((rho) => [`R${rho}${of} ↓`, losses.get(rho)!]));
