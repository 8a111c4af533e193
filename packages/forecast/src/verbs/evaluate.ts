/**
 * @module `sextant forecast evaluate`
 */
import { InputError, quote } from '@sextant/io';
import { formatTable, printResult } from '@sextant/system';
import { Command } from 'commander';
import { plainScore, scoreRow } from '../evaluate.js';
import { seasonsOf } from '../forecaster.js';
import { readForecast } from '../read-forecast.js';
import { Scorer } from '../score.js';
import { timeFormat } from '../time-format.js';
import { DATA_ARGUMENT, openTableOf, type TableOptions, withTable } from './table-options.js';

interface EvaluateCommandOptions extends TableOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const evaluateCommand = (): Command =>
  withTable(
    new Command('evaluate')
      .summary('measure a forecast against what came')
      .description(
        'Compares a forecast as predict writes it with a table that holds what came. MASE also needs the history before, in the same table.',
      )
      .argument('<forecast>', 'CSV of predict: series, timestamp, quantiles')
      .argument('<truth>', DATA_ARGUMENT),
  )
    .option('--quiet', 'do not tell what was recognised')
    .option('--json', 'print the measures as JSON')
    .action(evaluate);

async function evaluate(path: string, truthPath: string, options: EvaluateCommandOptions): Promise<void> {
  const table = await openTableOf(truthPath, options);
  const format = table.recognized.timeFormat ?? timeFormat('index');
  const { quantiles, series } = await readForecast(path, table.grid, format);
  const truths = new Map(table.series.map((one) => [one.id, one]));
  const scorer = new Scorer(quantiles, seasonsOf(table)[0] ?? 1);
  let steps = 0;
  for (const { id, start, horizon, values } of series) {
    const truth = truths.get(id);
    if (!truth) throw new InputError(`${truthPath} has no series ${quote(id)}, which ${path} forecasts`);
    const from = start - truth.start;
    const came = Float64Array.from({ length: horizon }, (_, h) => truth.values[from + h] ?? Number.NaN);
    steps += came.filter((v) => !Number.isNaN(v)).length;
    scorer.add(
      { horizon, quantiles, values: [values] },
      [came],
      [truth.values.subarray(0, Math.max(0, from))],
    );
  }
  if (steps === 0) throw new InputError(`${truthPath} holds nothing of the time that ${path} forecasts`);
  const { score } = scorer;
  printResult(options.json, { series: series.length, steps, ...plainScore(score) }, () =>
    formatTable([{ series: series.length, steps, ...scoreRow(score) }]),
  );
}
