/**
 * @module `sextant forecast compare`
 */
import { InputError } from '@sextant/io';
import {
  type DeviceOptions,
  formatTable,
  nonNegativeInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { type CompareFailure, type CompareJob, type CompareResult, runJob } from '../compare.js';
import { defaultHorizon } from '../configure.js';
import { plainScore, scoreRow } from '../evaluate.js';
import { seasonsOf } from '../forecaster.js';
import { requireFrequency } from '../infer.js';
import { variantsOf } from '../methods.js';
import { readWeights } from '../weights.js';
import { requireMedian, stepsOf, type WindowsOptions, warnOfKnown, withWindows } from './backtest.js';
import { DATA_ARGUMENT, openTableOf, readConfigOf, type TableOptions, withTable } from './table-options.js';

interface CompareCommandOptions extends DeviceOptions, TableOptions, WindowsOptions {
  readonly weights?: string;
  readonly trainNeural?: boolean;
  readonly seed: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const compareCommand = (): Command => {
  const command = withDevice(new Command('compare'))
    .summary('measure all methods side by side')
    .description(
      'Backtests every classical method, and a trained network where --weights names one, each in a process of its own: errors, seconds, peak memory.',
    )
    .argument('<data>', DATA_ARGUMENT);
  return withTable(withWindows(command))
    .option('--weights <path>', 'a trained network: run folder, or .safetensors')
    .option(
      '--train-neural',
      'also train DeepAR and DeepState on what is before the forecasts; takes minutes',
    )
    .option('--seed <n>', 'seed of what is drawn at random', nonNegativeInteger, 0)
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the measures as JSON')
    .action(compare);
};

type Row = { readonly name: string } & (CompareResult | CompareFailure);

async function compare(data: string, options: CompareCommandOptions): Promise<void> {
  const { weights, trainNeural, windows, quantiles, seed, quiet = false } = options;
  requireMedian(options);
  if (data === '-') throw new InputError('every method reads the data: give the path of a file');
  const table = await openTableOf(data, options);
  const trained = weights === undefined ? undefined : (await readWeights(weights)).config;
  if (trained) requireFrequency(trained, table);
  const seasons = seasonsOf(table);
  const horizon = options.horizon ?? trained?.horizon ?? defaultHorizon(table, seasons);
  const { stride = horizon, device, threads } = options;
  if (weights !== undefined) await warnOfKnown(weights, stepsOf(options, horizon));
  const jobs: (readonly [name: string, method: CompareJob['method']])[] = [
    ...variantsOf(seasons).map((variant) => [variant.name, { classical: variant }] as const),
    ...(trainNeural
      ? (['deepar', 'deepstate'] as const).map((name) => [name, { train: name }] as const)
      : []),
    ...(weights === undefined ? [] : [[weights, { weights }] as const]),
  ];
  const progress = new Progress({ quiet });
  const rows: Row[] = [];
  try {
    for (const [name, method] of jobs) {
      progress.show(`${rows.length + 1} of ${jobs.length}: ${name}`, true);
      const result = await runJob({
        data,
        read: readConfigOf(options),
        method,
        horizon,
        windows,
        stride,
        quantiles,
        seed,
        device: { ...(device && { device }), ...(threads !== undefined && { threads }) },
      });
      rows.push({ name, ...result });
    }
  } finally {
    progress.close();
  }
  printResult(options.json, { horizon, windows, stride, methods: rows.map(plain) }, () => tableOf(rows));
  if (rows.every((row) => 'error' in row)) throw new InputError('no method could forecast these data');
}

const plain = (row: Row) => ('error' in row ? row : { ...row, backtest: plainScore(row.backtest) });

/** One row for each method; what failed says why. */
function tableOf(rows: readonly Row[]): string {
  const trains = rows.some((row) => 'trainingSeconds' in row);
  const done = rows.flatMap((row) =>
    'error' in row
      ? []
      : [
          {
            method: row.backtest.method,
            ...scoreRow(row.backtest),
            ...(trains && { 'training s': row.trainingSeconds?.toFixed(1) ?? '–' }),
            seconds: row.backtest.seconds.toFixed(1),
            'peak MiB': (row.peakMemory / 2 ** 20).toFixed(0),
          },
        ],
  );
  const failed = rows.flatMap((row) => ('error' in row ? [`${row.name}: ${row.error}`] : []));
  return [...(done.length > 0 ? [formatTable(done)] : []), ...failed].join('\n');
}
