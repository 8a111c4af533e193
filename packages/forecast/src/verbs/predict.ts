/**
 * @module `sextant forecast predict`
 */
import { checkOutputs, InputError, OutputFile, OutputStream, quote } from '@sextant/io';
import { checkChartPath, writeChart } from '@sextant/plot';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { Progress } from '@sextant/train';
import { Command } from 'commander';
import { forecastChart } from '../chart.js';
import { DEFAULT_QUANTILES, Forecaster } from '../forecaster.js';
import type { Forecast } from '../method.js';
import type { SeriesTable } from '../series.js';
import { forecastJson, type NamedForecast, writeForecastCsv } from '../write.js';
import { type MethodOptions, methodOf, warnOfUnknownFuture, withMethod } from './method-options.js';
import { DATA_ARGUMENT, openTableOf, quantileLevels, type TableOptions, withTable } from './table-options.js';

interface PredictCommandOptions extends DeviceOptions, TableOptions, MethodOptions {
  readonly output?: string;
  readonly horizon?: number;
  readonly quantiles: readonly number[];
  readonly samples: number;
  readonly plot?: string;
  readonly json?: boolean;
}

export const predictCommand = (): Command => {
  const command = withDevice(new Command('predict'))
    .summary('forecast what follows each series')
    .description(
      'Writes quantiles of the steps after the last value of every series: by a trained network (--weights), by one that is trained first (--fit quick), or by the classical method that does best in a backtest.',
    )
    .argument('<data>', DATA_ARGUMENT)
    .option('-o, --output <csv>', 'file to write (default: standard output)')
    .option(
      '--horizon <steps>',
      'steps to forecast (default: what the network can, or 2 seasons)',
      positiveInteger,
    )
    .option('--quantiles <levels>', 'levels between 0 and 1', quantileLevels, DEFAULT_QUANTILES)
    .option('--plot <file>', 'draw the first series, as .svg or .png');
  return withTable(withMethod(command))
    .option('--samples <n>', 'futures that a network draws of each series', positiveInteger, 200)
    .option('--seed <n>', 'seed of what is drawn at random', nonNegativeInteger, 0)
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the forecast as JSON')
    .action((data: string, options: PredictCommandOptions) =>
      onDevice(options, () => predict(data, options)),
    );
};

async function predict(data: string, options: PredictCommandOptions): Promise<void> {
  const { output = options.json ? undefined : '-', plot, quantiles, samples, seed, quiet = false } = options;
  if (options.json && output === '-') {
    throw new InputError('--json and -o - would both write to standard output');
  }
  if (plot !== undefined) checkChartPath(plot);
  const outputs = [output, plot].filter((path) => path !== undefined);
  await checkOutputs([data, options.weights], outputs);
  const progress = new Progress({ quiet });
  try {
    const table = await openTableOf(data, options);
    const { method, horizon } = await methodOf(table, options, () => table);
    if (method instanceof Forecaster) warnOfUnknownFuture(table, method, horizon);
    const forecast = await method.predict(table, {
      horizon,
      quantiles,
      seed,
      ...(method instanceof Forecaster && {
        samples,
        onProgress: (done: number, total: number) =>
          progress.show(`${done} of ${total} series`, done === total),
      }),
    });
    progress.close();
    refuseNotFinite(table, forecast, method.name);
    const named: NamedForecast = { table, forecast, format: table.recognized.timeFormat };
    if (plot !== undefined) await writeChart(plot, forecastChart(table, forecast));
    if (output !== undefined) await writeTo(output, named);
    if (options.json) printResult(true, { method: method.name, ...forecastJson(named) }, String);
    else if (output !== '-') {
      printResult(
        false,
        undefined,
        () => `${output}: ${table.series.length} series, ${horizon} steps, by ${method.name}`,
      );
    }
  } finally {
    progress.close();
  }
}

/** Writes a forecast as CSV. @param output - a path, or `-` for standard output. */
async function writeTo(output: string, named: NamedForecast): Promise<void> {
  if (output === '-') {
    await writeForecastCsv(new OutputStream(process.stdout, 'standard output'), named);
    return;
  }
  const file = await OutputFile.open(output);
  try {
    await writeForecastCsv(file, named);
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** A forecast with holes is none: values that overflow, or a network that has diverged. */
function refuseNotFinite({ series }: SeriesTable, { values }: Forecast, method: string): void {
  const wrong = values.findIndex((each) => !each.every(Number.isFinite));
  if (wrong < 0) return;
  throw new InputError(
    `series ${quote(series[wrong]!.id)}: ${method} gives no finite forecast: bring very large values to another unit, or choose another method`,
  );
}
