/**
 * @module `sextant forecast backtest`
 */
import { checkOutputs, InputError } from '@sextant/io';
import { checkChartPath, writeChart } from '@sextant/plot';
import {
  type DeviceOptions,
  formatTable,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress, readConfig } from '@sextant/train';
import { Command } from 'commander';
import { drawn, forecastChart } from '../chart.js';
import { TrainSchema } from '../config.js';
import { backtest, backtestTable, plainScore } from '../evaluate.js';
import { DEFAULT_QUANTILES, seasonsOf } from '../forecaster.js';
import { lengthOf, withoutLast } from '../series.js';
import { type MethodOptions, methodOf, withMethod } from './method-options.js';
import { DATA_ARGUMENT, openTableOf, quantileLevels, type TableOptions, withTable } from './table-options.js';

/** Which forecasts of the past are made. */
export interface WindowsOptions {
  readonly horizon?: number;
  readonly windows: number;
  readonly stride?: number;
  readonly quantiles: readonly number[];
}

interface BacktestCommandOptions extends DeviceOptions, TableOptions, MethodOptions, WindowsOptions {
  readonly plot?: string;
  readonly json?: boolean;
}

/** Adds the options of {@link WindowsOptions}. */
export const withWindows = (command: Command): Command =>
  command
    .option(
      '--horizon <steps>',
      'steps of each forecast (default: what the network can, or 2 seasons)',
      positiveInteger,
    )
    .option(
      '--windows <n>',
      'forecasts of each series, the last of which ends with the data',
      positiveInteger,
      1,
    )
    .option('--stride <steps>', 'steps from one forecast to the next (default: the horizon)', positiveInteger)
    .option(
      '--quantiles <levels>',
      'levels between 0 and 1, 0.5 among them',
      quantileLevels,
      DEFAULT_QUANTILES,
    );

/** @throws InputError where 0.5 is not among the levels, which errors are measured at. */
export function requireMedian({ quantiles }: WindowsOptions): void {
  if (!quantiles.includes(0.5))
    throw new InputError('--quantiles must have 0.5 among them: errors are those of the median');
}

/** Steps at the end of every series that are forecast. */
export const stepsOf = ({ windows, stride }: WindowsOptions, horizon: number): number =>
  horizon + (windows - 1) * (stride ?? horizon);

export const backtestCommand = (): Command => {
  const command = withDevice(new Command('backtest'))
    .summary('measure forecasts of the past')
    .description(
      'Forecasts stretches at the end of every series from what was before them, and compares with what came: quantile losses, sMAPE, MASE (shortest season), NRMSE, share of values at or below each quantile. Seven days ahead of hourly data day by day: --horizon 24 --windows 7; at once: --horizon 168.',
    )
    .argument('<data>', DATA_ARGUMENT);
  return withTable(withMethod(withWindows(command)))
    .option('--plot <file>', 'draw the last forecast of the first series and what came, as .svg or .png')
    .option('--seed <n>', 'seed of what is drawn at random', nonNegativeInteger, 0)
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the measures as JSON')
    .action((data: string, options: BacktestCommandOptions) => onDevice(options, () => run(data, options)));
};

async function run(data: string, options: BacktestCommandOptions): Promise<void> {
  const { plot, windows, stride, quantiles, seed, quiet = false } = options;
  requireMedian(options);
  if (plot !== undefined) {
    checkChartPath(plot);
    await checkOutputs([data, options.weights], [plot]);
  }
  const table = await openTableOf(data, options);
  const season = seasonsOf(table)[0] ?? 1;
  const { method, horizon } = await methodOf(table, options, (steps) =>
    withoutLast(table, stepsOf(options, steps)),
  );
  const tested = stepsOf(options, horizon);
  if (options.weights !== undefined) await warnOfKnown(options.weights, tested);
  const progress = new Progress({ quiet });
  try {
    const result = await backtest(method, table, {
      horizon,
      windows,
      quantiles,
      season,
      seed,
      ...(stride !== undefined && { stride }),
      onWindow: (done, total) => progress.show(`${done} of ${total} forecasts`, done === total),
    });
    progress.close();
    if (plot !== undefined) {
      const long = drawn({ ...table, series: table.series.filter((s) => lengthOf(s) > tested) });
      const known = withoutLast(long, horizon);
      const forecast = await method.predict(known, { horizon, quantiles, seed });
      const truth = long.series.map(({ values }) => values.subarray(values.length - horizon));
      await writeChart(plot, forecastChart(known, forecast, truth));
    }
    printResult(options.json, plainScore(result), () => formatTable(backtestTable([result])));
  } finally {
    progress.close();
  }
}

/** A run that has seen what it is tested on is no measure of what is to come. */
export async function warnOfKnown(weights: string, tested: number): Promise<void> {
  const config = await readConfig(weights, TrainSchema).catch(() => undefined);
  const unseen = config?.testSteps ?? 0;
  if (unseen >= tested) return;
  const seen = config ? `has seen all but the last ${unseen} steps` : 'may have seen the last steps';
  process.stderr.write(
    `${weights} ${seen} of its data: to test on ${tested}, train with --test-steps ${tested}\n`,
  );
}
