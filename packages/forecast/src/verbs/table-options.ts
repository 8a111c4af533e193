/**
 * @module What all verbs that read a table have in common: how it is read, and what was recognised.
 */
import { quote } from '@sextant/io';
import { positiveInteger } from '@sextant/system';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ReadConfig } from '../config.js';
import type { Layout } from '../layout.js';
import { type ReadTable, readAs } from '../read.js';
import { formatFrequency } from '../time.js';

/** As the command line gives them. */
export interface TableOptions {
  readonly layout?: Layout;
  readonly header?: boolean;
  readonly seriesColumn?: string;
  readonly timeColumn?: string;
  readonly valueColumn?: string;
  readonly target?: readonly string[];
  readonly covariate?: readonly string[];
  readonly delimiter?: string;
  readonly dateFormat?: string;
  readonly frequency?: string;
  readonly season?: readonly number[];
  readonly dropEmpty?: boolean;
}

export const DATA_ARGUMENT =
  'CSV (any delimiter, also gzip) or Parquet: a row per series and time, a column per series, or a row per series; - for standard input';

/** Adds the options of {@link TableOptions}. */
export function withTable(command: Command): Command {
  return command
    .addOption(
      new Option('--layout <name>', 'how series are arranged (default: recognised)').choices([
        'long',
        'wide',
        'rows',
      ]),
    )
    .option('--no-header', 'the first row holds data, not names')
    .option('--series-column <name>', 'column of the ids of series, in a long table')
    .option('--time-column <name>', 'column of timestamps')
    .option('--value-column <name>', 'column of values, in a long table')
    .option('--target <names>', 'columns that are series, in a wide table (default: all)', names)
    .option(
      '--covariate <names>',
      'columns that are known in advance (default: all others of a long table)',
      names,
    )
    .option('--delimiter <character>', 'what separates cells (default: recognised)')
    .option(
      '--date-format <pattern>',
      'how timestamps are written, such as DD.MM.YYYY HH:mm or "M/D/YYYY h:mm A"',
    )
    .option(
      '--frequency <step>',
      'what a step is: 15min, 1h, 1d, B (business days), 1w, 1 month (default: recognised)',
    )
    .option('--season <steps>', 'after how many steps series repeat: 24 or 24,168; 0 for never', seasons)
    .option('--drop-empty', 'leave out series that hold no value');
}

/** Names separated by commas. @throws InvalidArgumentError */
export function names(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.includes('')) throw new InvalidArgumentError('It must be names separated by commas.');
  return found;
}

function seasons(text: string): number[] {
  return text.trim() === '0'
    ? []
    : text
        .split(',')
        .map(positiveInteger)
        .sort((a, b) => a - b);
}

/** Levels of quantiles separated by commas, ascending. @throws InvalidArgumentError */
export function quantileLevels(text: string): number[] {
  const levels = text.split(',').map(Number);
  if (!levels.every((level) => level > 0 && level < 1)) {
    throw new InvalidArgumentError('They must be numbers between 0 and 1, separated by commas.');
  }
  return [...new Set(levels)].sort((a, b) => a - b);
}

/** What the options say, as plain data that a run's configuration can keep. */
export function readConfigOf(options: TableOptions): ReadConfig {
  const { layout, seriesColumn, timeColumn, valueColumn, delimiter, dateFormat, frequency } = options;
  return {
    ...(layout && { layout }),
    // `--no-header` makes it false; without the option commander sets true.
    ...(options.header === false && { header: false }),
    ...(seriesColumn !== undefined && { seriesColumn }),
    ...(timeColumn !== undefined && { timeColumn }),
    ...(valueColumn !== undefined && { valueColumn }),
    ...(options.target && { targets: [...options.target] }),
    ...(options.covariate && { covariates: [...options.covariate] }),
    ...(delimiter !== undefined && { delimiter }),
    ...(dateFormat !== undefined && { dateFormat }),
    ...(frequency !== undefined && { frequency }),
    ...(options.season && { seasons: [...options.season] }),
    ...(options.dropEmpty && { dropEmpty: true }),
  };
}

/** What was recognised in a table, in a few words each. */
export function describeTable({ series, covariates, grid, recognized }: ReadTable) {
  const { format, columns, timeFormat, seasons, rows, missing, skippedHours, dropped } = recognized;
  const lengths = series.map(({ values }) => values.length);
  const named = (at: number | undefined) => (at === undefined ? undefined : columns.names[at]);
  return {
    format,
    layout: columns.layout,
    rows,
    series: series.length,
    shortest: lengths.reduce((a, b) => Math.min(a, b)),
    longest: lengths.reduce((a, b) => Math.max(a, b)),
    columns: {
      series: named(columns.series),
      time: named(columns.time),
      ...(columns.layout === 'long' && { value: named(columns.values[0]) }),
    },
    covariates,
    ignored: columns.ignored.map((i) => columns.names[i]!),
    dates: timeFormat?.pattern,
    frequency: formatFrequency(grid.frequency),
    seasons,
    missing,
    skippedHours: skippedHours.map((time) => timeFormat!.format(time)),
    dropped,
  };
}

/** What was recognised, as lines for people. */
export function tableLines(table: ReadTable): string {
  const d = describeTable(table);
  const columns = Object.entries(d.columns).flatMap(([role, name]) =>
    name ? [`${role} ${quote(name)}`] : [],
  );
  const lengths = d.shortest === d.longest ? `${d.longest}` : `${d.shortest} to ${d.longest}`;
  return [
    `${d.format}, ${d.layout}: ${d.series} series of ${lengths} steps, ${d.missing} values missing`,
    ...(columns.length > 0 ? [`columns: ${columns.join(', ')}${d.dates ? ` (${d.dates})` : ''}`] : []),
    ...(d.covariates.length > 0 ? [`known covariates: ${d.covariates.join(', ')}`] : []),
    ...(d.ignored.length > 0 ? [`not used: ${d.ignored.join(', ')}`] : []),
    ...d.skippedHours.map(
      (hour) =>
        `${hour} is missing in all series, an hour that clocks skip when they are set forward: times in UTC, or with their offset, have it`,
    ),
    ...(d.dropped.length > 0 ? [`left out, since they hold no value: ${d.dropped.join(', ')}`] : []),
    `step: ${d.frequency}; season: ${d.seasons.join(' and ') || 'none (--season says one)'}`,
  ].join('\n');
}

/** Reads a table as the command line says, and tells what was recognised. */
export async function openTableOf(
  path: string,
  options: TableOptions & { readonly quiet?: boolean },
): Promise<ReadTable> {
  const table = await readAs(path, readConfigOf(options));
  if (!options.quiet) process.stderr.write(`${tableLines(table)}\n`);
  return table;
}
