/**
 * @module How verbs are told by what method to forecast.
 */
import { formatTable } from '@sextant/system';
import { Progress } from '@sextant/train';
import { type Command, Option } from 'commander';
import { defaultHorizon } from '../configure.js';
import { backtestTable } from '../evaluate.js';
import { DEFAULT_QUANTILES, Forecaster, seasonsOf } from '../forecaster.js';
import type { Method } from '../method.js';
import { type Choice, CLASSICAL, type ClassicalName, chooseMethod, classicalMethod } from '../methods.js';
import { PRESETS, type PresetName } from '../presets.js';
import type { ReadTable } from '../read.js';
import type { SeriesTable } from '../series.js';

export interface MethodOptions {
  readonly weights?: string;
  readonly fit?: PresetName;
  readonly method?: ClassicalName;
  readonly seed: number;
  readonly quiet?: boolean;
}

/** Adds `--weights`, `--fit` and `--method`, of which one may be given. */
export const withMethod = (command: Command): Command =>
  command
    .option('--weights <path>', 'a trained network: run folder, or .safetensors')
    .addOption(
      new Option('--fit <preset>', 'train a network first; quick takes under two minutes')
        .choices(Object.keys(PRESETS))
        .conflicts(['weights', 'method']),
    )
    .addOption(
      new Option('--method <name>', 'a classical method (default: the best of them in a backtest)')
        .choices(Object.keys(CLASSICAL))
        .conflicts('weights'),
    );

/** What a verb forecasts by. */
export interface Chosen {
  readonly method: Method;
  readonly horizon: number;
}

/**
 * The method that the options ask for, ready to forecast.
 *
 * @param knownOf - what may be learnt from when so many steps are forecast: the table, or its beginning.
 */
export async function methodOf(
  table: ReadTable,
  {
    weights,
    fit,
    method,
    horizon: asked,
    seed,
    quiet = false,
  }: MethodOptions & { readonly horizon?: number },
  knownOf: (horizon: number) => SeriesTable,
): Promise<Chosen> {
  const seasons = seasonsOf(table);
  if (weights !== undefined) {
    const forecaster = await Forecaster.load(weights);
    warnOfCovariates(table, forecaster);
    return { method: forecaster, horizon: asked ?? forecaster.config.horizon };
  }
  const horizon = asked ?? defaultHorizon(table, seasons);
  if (method !== undefined) return { method: classicalMethod(method, seasons), horizon };
  const known = knownOf(horizon);
  if (fit !== undefined) return { method: await fitted(known, seasons, fit, horizon, seed, quiet), horizon };
  const progress = new Progress({ quiet });
  const choice = await chooseMethod(known, {
    horizon,
    seasons,
    quantiles: DEFAULT_QUANTILES,
    onMethod: (name) => progress.show(`trying ${name}`),
  });
  progress.close();
  if (!quiet) process.stderr.write(`${choiceLines(choice)}\n`);
  return { method: choice.method, horizon };
}

/** What was chosen and why, for people. */
function choiceLines({ method, results, series, windows, left }: Choice): string {
  if (results.length === 0)
    return `no --weights: ${method.name}; the series are too short to compare methods`;
  const what = `${windows} ${windows === 1 ? 'forecast' : 'forecasts'} of each of ${series} series`;
  return [
    `no --weights: ${method.name} is the best classical method in a backtest (${what}):`,
    formatTable(backtestTable(results)),
    ...left.map(({ method, why }) => `${method} was not tried: ${why}`),
  ].join('\n');
}

async function fitted(
  table: SeriesTable,
  seasons: readonly number[],
  preset: PresetName,
  horizon: number,
  seed: number,
  quiet: boolean,
): Promise<Forecaster> {
  const progress = new Progress({ unit: 'windows', quiet });
  try {
    return await Forecaster.train(table, {
      preset,
      horizon,
      seasons,
      seed,
      onProgress: progress.update,
      onMessage: progress.say,
    });
  } finally {
    progress.close();
  }
}

/** Names of the covariates that a network reads. */
const covariatesOf = ({ features }: Forecaster): ReadonlySet<string> =>
  new Set(features.flatMap((feature) => (feature.kind === 'covariate' ? [feature.name] : [])));

function warnOfCovariates(table: SeriesTable, forecaster: Forecaster): void {
  const used = covariatesOf(forecaster);
  const unused = table.covariates.filter((name) => !used.has(name));
  if (unused.length > 0) {
    process.stderr.write(`not used, since the network was trained without: ${unused.join(', ')}\n`);
  }
}

/** Tells of covariates that the network reads and that end before the forecast does. */
export function warnOfUnknownFuture(table: SeriesTable, forecaster: Forecaster, horizon: number): void {
  const used = covariatesOf(forecaster);
  const ended = table.covariates.filter(
    (name, c) =>
      used.has(name) &&
      table.series.some(({ values, covariates }) => {
        const future = covariates[c]!.subarray(values.length, values.length + horizon);
        return future.length < horizon || future.some(Number.isNaN);
      }),
  );
  if (ended.length === 0) return;
  process.stderr.write(
    `not known for all of the ${horizon} steps ahead: ${ended.join(', ')}; their means stand in (add rows with no value)\n`,
  );
}
