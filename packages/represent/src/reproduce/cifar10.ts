/**
 * @module CIFAR-10, all methods with equal budgets: accuracies of nearest neighbours and of a linear classifier as
 * training goes on.
 */
import { type Job, type Measured, type Part, summary } from '@sextant/experiment';
import { manualSeed } from '@sextant/nn';
import { lineChart } from '@sextant/plot';
import type { TrainConfig } from '../config.js';
import { Encoder } from '../encoder.js';
import { labelledVectors } from '../evaluate.js';
import { accuracy } from '../evaluation/features.js';
import { classifyByNeighbours } from '../evaluation/knn.js';
import { evaluateLinearProbe } from '../evaluation/linear.js';
import type { Method } from '../methods.js';
import { configure, type MethodName } from '../presets.js';
import { ResNet } from '../resnet.js';
import { cifar10Sets, type Logs, type Sets, type Settings, trained } from './trained.js';

const CLASSES = 10;
/** Passes over the 50,000 pictures. Methods of two views and of four see as many views: these take half as many passes. */
const EPOCHS = 10;
/** How often accuracies are measured. */
const MEASUREMENTS = 4;
/** Epochs of the linear classifier: a tenth of the published protocol's. */
const PROBE_EPOCHS = 50;

const METHODS: Readonly<Record<string, MethodName | 'supervised'>> = {
  'W-MSE 2': 'w-mse-2',
  'W-MSE 4': 'w-mse-4',
  contrastive: 'contrastive',
  BYOL: 'byol',
  supervised: 'supervised',
};

function settingsOf(method: MethodName | 'supervised', budget: number): Settings {
  const views = method === 'w-mse-4' ? 4 : 2;
  const epochs = Math.max(MEASUREMENTS, Math.round((EPOCHS * 2 * budget) / views));
  const supervised = method === 'supervised';
  const { seed: _, ...config } = configure({
    preset: 'small',
    method: supervised ? 'w-mse-2' : method,
    epochs,
  });
  return {
    ...config,
    ...(supervised && { loss: { method: 'supervised', classes: CLASSES } as const }),
    validateEpochs: Math.floor(epochs / MEASUREMENTS),
  };
}

export const cifar10: Part = {
  title: 'CIFAR-10: accuracy of nearest neighbours and of a linear classifier',
  jobs({ data, budget }) {
    const sets = cifar10Sets(data);
    return [
      untrained(sets),
      ...Object.entries(METHODS).map(([row, method]): Job => {
        const settings = settingsOf(method, budget);
        return {
          row,
          seed: 0,
          settings: { ...settings },
          run: async (context) => {
            const logs = await trained(sets, row, settings, context, async ({ model }) => {
              const { '5-NN %': knn, 'linear %': linear } = await measure(sets, model, settings);
              return { knn, linear };
            });
            return logs && figuresOf(logs);
          },
        };
      }),
    ];
  },
  report: (measured) => ({
    rows: summary(measured.map(lastOnly), DIGITS),
    chart: lineChart({
      title: 'CIFAR-10, equal numbers of views',
      panels: ['5-NN %', 'linear %'].map((column) => ({
        title: column,
        series: measured.filter(({ job }) => job.row !== UNTRAINED).map((m) => curve(m, column)),
        x: { title: 'share of the training' },
        y: { title: column },
      })),
    }),
  }),
};

const DIGITS = { '5-NN %': 2, 'linear %': 2, 'train s': 0 };
const UNTRAINED = 'random weights';

const untrained = (sets: Sets): Job => ({
  row: UNTRAINED,
  seed: 0,
  settings: { encoder: settingsOf('w-mse-2', 1).encoder },
  run: () => {
    const settings = settingsOf('w-mse-2', 1);
    manualSeed(0);
    return measure(sets, new ResNet(settings.encoder), settings);
  },
});

/** Both accuracies of an encoder. */
async function measure(
  sets: Sets,
  model: Method['model'],
  config: Pick<TrainConfig, 'encoder' | 'pipeline'>,
): Promise<{ '5-NN %': number; 'linear %': number }> {
  const { train, test } = await sets();
  const encoder = new Encoder(config, model);
  try {
    const known = await labelledVectors(encoder, train.set);
    const asked = await labelledVectors(encoder, test.set);
    const { predictions } = await classifyByNeighbours(known, asked.features);
    const { top1 } = await evaluateLinearProbe(known, asked, { epochs: PROBE_EPOCHS });
    return { '5-NN %': 100 * accuracy(predictions, asked.labels), 'linear %': 100 * top1 };
  } finally {
    await encoder.release();
  }
}

/** Accuracies by the share of the training at which they were measured: `5-NN % at 0.25`. */
function figuresOf({ metrics, seconds, steps }: Logs): Record<string, number> {
  const measured = metrics.filter(({ knn }) => knn !== undefined);
  return {
    ...Object.fromEntries(
      measured.flatMap(({ step, knn, linear }) => {
        const share = (Number(step) / steps).toFixed(2);
        return [
          [`5-NN % at ${share}`, Number(knn)],
          [`linear % at ${share}`, Number(linear)],
        ];
      }),
    ),
    '5-NN %': Number(measured.at(-1)!.knn),
    'linear %': Number(measured.at(-1)!.linear),
    'train s': seconds,
  };
}

/** Without what was measured on the way. */
const lastOnly = ({ job, figures }: Measured): Measured => ({
  job,
  figures: Object.fromEntries(Object.entries(figures).filter(([name]) => !name.includes(' at '))),
});

/** A column's values on the way. */
function curve({ job, figures }: Measured, column: string) {
  const points = Object.entries(figures).flatMap(([name, value]) =>
    name.startsWith(`${column} at `) ? [{ x: Number(name.slice(column.length + 4)), y: value }] : [],
  );
  return { name: job.row, x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
}
