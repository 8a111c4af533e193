/**
 * @module The article's synthetic experiment: whether what was seen t₀ steps ago is remembered (figure of section 5.1).
 */

import type { Measured, Part } from '@sextant/experiment';
import { grouped, mean, once, valuesOf } from '@sextant/experiment';
import { lineChart } from '@sextant/plot';
import type { NetworkOptions } from '../config.js';
import { SYNTHETIC_HORIZON, syntheticTable } from '../synthetic.js';
import { deepAR, FULL, paperTransformer } from './architectures.js';
import { type Experiment, networkJob } from './experiment.js';
import { type NetworkTraining, trainedFor } from './trained.js';

const LENGTHS = [24, 48, 96, 144, 192];

const TRAINING: Omit<NetworkTraining, 'history'> = {
  scale: 'mean_plus_one',
  features: ['age', 'phase24'],
  ids: false,
  likelihood: 'horizon',
  // Half as many leave the amplitude unlearnt: only the first steps of a forecast depend on it.
  steps: 3000,
  batchSize: 32,
  learningRate: 4e-3,
  warmup: 50,
};

/** Of the article are three layers and k = 1; its figure shows full attention. */
const attention = { kernelSize: 1, seriesEmbedding: false };
const NETWORKS: Readonly<Record<string, NetworkOptions>> = {
  'Transformer, full': paperTransformer({ ...attention, mask: FULL }),
  'DeepAR, 40 units': deepAR({ hidden: 40, dropout: 0 }),
  'Transformer, log-sparse': paperTransformer(attention),
  'DeepAR, 140 units': deepAR({ hidden: 140, dropout: 0 }),
};

/** Series that networks are trained on, as in the article, and that are forecast: there 1000. */
const TRAINING_SERIES = 4500;
const testSeries = (budget: number): number => Math.max(1, Math.min(1000, Math.round(200 * budget)));

/** Seeds of the two sets of series. */
const [TRAINING_SEED, TEST_SEED] = [1, 2];

/** R0.5 of the ideal forecast: E|N(0, 1)| over the mean level. */
const IDEAL = 0.0111;

const experimentOf = (t0: number, tested: number): Experiment => ({
  name: `synthetic, ${TRAINING_SERIES} and ${tested} series`,
  tables: once(async () => ({
    training: syntheticTable(t0, TRAINING_SERIES, TRAINING_SEED),
    test: syntheticTable(t0, tested, TEST_SEED),
  })),
  backtest: { horizon: SYNTHETIC_HORIZON, windows: 1, season: 24 },
});

export const synthetic: Part = {
  title: 'Synthetic data: R0.5 of the last 24 steps by the length t0 of the history',
  jobs: ({ budget }) =>
    Object.entries(NETWORKS).flatMap(([row, network]) =>
      LENGTHS.map((t0) => {
        const training = trainedFor({ ...TRAINING, history: t0 }, budget);
        return networkJob(experimentOf(t0, testSeries(budget)), row, { ...training, network }, 0);
      }),
    ),
  report(measured) {
    const lines = [...grouped(measured, ({ job }) => job.row)].map(([name, group]) => {
      const byLength = grouped(group, ({ job }) => job.settings.history as number);
      const points = [...byLength].map(([t0, each]) => ({ t0, loss: mean(valuesOf(each, 'R0.5 ↓')) }));
      return { name, points };
    });
    return {
      rows: lines.map(({ name, points }) => ({
        method: name,
        ...Object.fromEntries(points.map(({ t0, loss }) => [`t0 = ${t0}`, loss.toFixed(4)])),
      })),
      notes: [`R0.5 ↓; the ideal forecast has ${IDEAL}.`, ...sizes(measured)],
      chart: lineChart({
        title: 'Synthetic data',
        panels: [
          {
            series: lines.map(({ name, points }) => ({
              name,
              x: points.map(({ t0 }) => t0),
              y: points.map(({ loss }) => loss),
            })),
            x: { title: 't0, steps of history', ticks: LENGTHS },
            y: { title: 'R0.5 of the last 24 steps' },
          },
        ],
      }),
    };
  },
};

const sizes = (measured: readonly Measured[]): string[] =>
  measured.slice(0, 1).map(({ job: { settings } }) => {
    const { data, steps, batchSize } = settings;
    return `${data} (trained on and forecast); ${steps} updates by ${batchSize} series.`;
  });
