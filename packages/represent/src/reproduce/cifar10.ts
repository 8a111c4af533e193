/**
 * @module CIFAR-10, all methods with equal budgets: accuracies of nearest neighbours and of a linear classifier as
 * training goes on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Job, type JobContext, type Measured, once, type Part, summary } from '@sextant/experiment';
import { openImages, type Readable, readable } from '@sextant/image';
import { InputError, readFile } from '@sextant/io';
import { manualSeed } from '@sextant/nn';
import { lineChart } from '@sextant/plot';
import { Progress, Run } from '@sextant/train';
import { ViewLoader } from '../augment/loader.js';
import { type TrainConfig, TrainSchema } from '../config.js';
import { Encoder, pipelineOf } from '../encoder.js';
import { labelledVectors } from '../evaluate.js';
import { accuracy } from '../evaluation/features.js';
import { classifyByNeighbours } from '../evaluation/knn.js';
import { evaluateLinearProbe } from '../evaluation/linear.js';
import type { Method } from '../methods.js';
import { configure, type MethodName } from '../presets.js';
import { ResNet } from '../resnet.js';
import { trainEncoder } from '../train.js';

const CLASSES = 10;
/** Passes over the 50,000 pictures. Methods of two views and of four see as many views: these take half as many passes. */
const EPOCHS = 20;
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

type Settings = Omit<TrainConfig, 'data' | 'test' | 'seed'>;

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
    const folder = join(data, 'cifar10');
    if (!existsSync(folder)) {
      throw new InputError(`the data are not there: ${folder}; give their folder with --data`);
    }
    const sets = once(async () => ({
      train: await readable(await openImages(join(folder, 'train.zip')), { keepBytes: 2 ** 30 }),
      test: await readable(await openImages(join(folder, 'test.zip'))),
    }));
    return [
      untrained(sets),
      ...Object.entries(METHODS).map(([row, method]): Job => {
        const settings = settingsOf(method, budget);
        return {
          row,
          seed: 0,
          settings: { ...settings },
          run: (context) => trained(sets, row, settings, context),
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

type Sets = () => Promise<{ readonly train: Readable; readonly test: Readable }>;

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

async function trained(
  sets: Sets,
  name: string,
  settings: Settings,
  { folder, signal }: JobContext,
): Promise<Record<string, number> | undefined> {
  const { set, images } = (await sets()).train;
  const config: TrainConfig = { ...settings, data: 'reproduce', test: null, seed: 0 };
  const run = existsSync(join(folder, 'config.json'))
    ? await Run.resume(folder, TrainSchema, { keep: 1 })
    : await Run.create(folder, TrainSchema, config, { keep: 1 });
  const progress = new Progress({ unit: 'pictures' });
  const loader = new ViewLoader({
    set,
    ...(images ? { images } : {}),
    pipeline: pipelineOf(settings.pipeline),
    samples: settings.numSamples,
    batchSize: settings.batchSize,
    seed: config.seed,
    threads: settings.workers,
  });
  try {
    const { result } = await trainEncoder({
      run,
      loader,
      ...(set.labels ? { labels: set.labels } : {}),
      validate: async (method) => {
        const { '5-NN %': knn, 'linear %': linear } = await measure(sets, method.model, config);
        progress.say(`${name}: 5-NN ${knn.toFixed(1)} %, linear ${linear.toFixed(1)} %`);
        return { knn, linear };
      },
      signal,
      onProgress: progress.update,
      onMessage: progress.say,
    });
    if (!result.finished) return undefined;
    return figuresOf(await lines(folder, 'metrics'), await lines(folder, 'timing'), result.step);
  } finally {
    progress.close();
    await loader.close();
    await run.close();
  }
}

type Line = Readonly<Record<string, number | string>>;

/** Accuracies by the share of the training at which they were measured: `5-NN % at 0.25`. */
function figuresOf(metrics: readonly Line[], timing: readonly Line[], steps: number): Record<string, number> {
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
    'train s': Number(timing.at(-1)?.seconds ?? 0),
  };
}

async function lines(folder: string, log: string): Promise<readonly Line[]> {
  const text = Buffer.from(await readFile(join(folder, `${log}.jsonl`))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
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
