/**
 * @module Reading tables of series from CSV and Parquet.
 */
import { InputError, openTable, quote, type TableFile, within } from '@sextant/io';
import { skippedHours } from './clock-change.js';
import type { ReadConfig } from './config.js';
import { type Placed, place, sorted, type TimedRows } from './grid.js';
import { gridFrom, inferGrid } from './infer-grid.js';
import { type Columns, type LayoutOptions, recognizeColumns } from './layout.js';
import { RowCollector } from './rows.js';
import { defaultSeasons } from './season.js';
import type { Series, SeriesTable } from './series.js';
import { type Frequency, parseFrequency, type TimeGrid } from './time.js';
import { type TimeFormat, timeFormat } from './time-format.js';

export interface ReadOptions extends LayoutOptions {
  /** What separates a CSV's cells. */
  readonly delimiter?: string;
  /** How timestamps are written: see `TimeFormat`. */
  readonly dateFormat?: string;
  /** The step of the grid; of a table with no times, what its seasons follow from. */
  readonly frequency?: Frequency;
  /** After how many steps series repeat, the shortest first. */
  readonly seasons?: readonly number[];
  /** Leave series out that hold no value, instead of refusing them. */
  readonly dropEmpty?: boolean;
  /** Numbers that may be kept, 8 bytes each; default 2²⁸. */
  readonly maxValues?: number;
}

/** What was recognised in a file or said by its reader. */
export interface Recognized {
  readonly format: TableFile['format'];
  readonly delimiter?: string;
  readonly columns: Columns;
  /** Undefined where there are no times. */
  readonly timeFormat: TimeFormat | undefined;
  readonly seasons: readonly number[];
  /** Rows of data. */
  readonly rows: number;
  /** Values that are missing between a series' first and last one. */
  readonly missing: number;
  /** Hours among them that clocks skip when they are set forward, each by its first time. */
  readonly skippedHours: readonly number[];
  /** Series that were left out since they hold no value. */
  readonly dropped: readonly string[];
}

/** A table, and how its file was understood. */
export interface ReadTable extends SeriesTable {
  readonly recognized: Recognized;
}

/**
 * Reads the series of a CSV (any delimiter, plain or gzip) or Parquet file. Layout, columns, form of the timestamps
 * and frequency are recognised where options do not say them. Missing rows and cells are NaN; a series begins and ends
 * with a value. Rows of covariates with no value after a series' last one are covariates known for the future.
 *
 * Rows are read as a stream: memory holds 8 bytes for each time, value and covariate.
 *
 * @param path - of a file, or `-` for standard input
 * @throws InputError with one line that names the file and the row, column or series that is wrong.
 */
export async function readTable(path: string, options: ReadOptions = {}): Promise<ReadTable> {
  const file = await openTable(path, options.delimiter === undefined ? {} : { delimiter: options.delimiter });
  const name = path === '-' ? 'standard input' : path;
  let columns: Columns | undefined;
  let collector: RowCollector | undefined;
  for await (const batch of file.batches) {
    within(name, () => {
      columns ??= recognizeColumns(file.columns, batch.rows.slice(0, HEAD_ROWS), options);
      collector ??= newCollector(columns, options);
      const isHeader = columns.header && collector.rows === 0;
      collector.add(isHeader ? { firstRow: batch.firstRow + 1, rows: batch.rows.slice(1) } : batch);
    });
  }
  return within(name, () => {
    if (!columns || !collector) {
      throw new InputError(file.columns ? 'it holds no rows' : 'it is empty; give a table of series');
    }
    return assemble(file, columns, collector, options);
  });
}

/** Reads a table as a configuration says. @throws InputError as {@link readTable} does. */
export function readAs(path: string, { frequency, ...rest }: ReadConfig): Promise<ReadTable> {
  const options = { ...rest, ...(frequency !== undefined && { frequency: parseFrequency(frequency) }) };
  return readTable(path, options as ReadOptions);
}

/** Rows that columns are recognised from. */
const HEAD_ROWS = 1000;

const newCollector = (columns: Columns, { dateFormat, maxValues = 2 ** 28 }: ReadOptions): RowCollector =>
  new RowCollector(columns, dateFormat === undefined ? undefined : timeFormat(dateFormat), maxValues);

function assemble(
  file: TableFile,
  columns: Columns,
  collector: RowCollector,
  options: ReadOptions,
): ReadTable {
  if (collector.rows === 0) throw new InputError('it holds a header and no rows; give a table of series');
  if (collector.rows === 1 && columns.layout !== 'rows') {
    throw new InputError('it holds one row; forecasting needs a history of several');
  }
  const format = collector.timeFormat;
  const rows = collector.finish().map((each) => sorted(each, format ?? timeFormat('index')));
  const grid = gridOf(rows, format, options.frequency);
  const skipped =
    format === undefined || format.zoned
      ? []
      : skippedHours(
          rows.map(({ times }) => times),
          grid,
        );
  const candidates: Series[] = [];
  // Taken one by one: the rows of a series need not stay beside its values.
  rows.reverse();
  for (let each = rows.pop(); each; each = rows.pop()) {
    const placed = place(each, grid, format ?? timeFormat('index'));
    for (const series of seriesOf(columns, each.id, placed)) candidates.push(series);
  }
  const series = candidates.filter(({ values }) => values.length > 0);
  const dropped = candidates.filter(({ values }) => values.length === 0).map(({ id }) => id);
  refuseEmpty(dropped, series.length, options.dropEmpty ?? false);
  const seasons = options.seasons ?? defaultSeasons(options.frequency ?? grid.frequency);
  const { format: fileFormat, delimiter } = file;
  return {
    series,
    covariates: columns.covariates.map((i) => columns.names[i]!),
    grid,
    recognized: {
      format: fileFormat,
      ...(delimiter !== undefined && { delimiter }),
      columns,
      timeFormat: format,
      seasons,
      rows: collector.rows,
      missing: series.reduce((n, { values }) => n + count(values, Number.isNaN), 0),
      skippedHours: skipped,
      dropped,
    },
  };
}

/** @param given - what the user says a step is: of bare indices it gives the seasons only */
function gridOf(rows: readonly TimedRows[], format: TimeFormat | undefined, given?: Frequency): TimeGrid {
  if (format === undefined) return { frequency: { unit: 'index', count: 1 }, origin: 0 };
  if (given && (format.pattern !== 'index' || given.unit === 'index')) return gridFrom(rows, given);
  return inferGrid(rows, format);
}

/** The series of rows, each from its first value to its last. */
function seriesOf(columns: Columns, id: string | undefined, { start, columns: arrays }: Placed): Series[] {
  const { layout, values, covariates, names } = columns;
  const known = arrays.slice(arrays.length - covariates.length);
  return arrays.slice(0, arrays.length - covariates.length).map((column, i) => {
    const first = column.findIndex((v) => !Number.isNaN(v));
    const last = column.findLastIndex((v) => !Number.isNaN(v));
    const from = Math.max(first, 0);
    const end = Math.max(last + 1, ...known.map((c) => c.findLastIndex((v) => !Number.isNaN(v)) + 1));
    return {
      id: id ?? names[layout === 'wide' ? values[i]! : values[0]!]!,
      start: start + from,
      values: column.slice(from, last + 1),
      covariates: known.map((c) => c.slice(from, end)),
    };
  });
}

function refuseEmpty(dropped: readonly string[], left: number, drop: boolean): void {
  if (left === 0) throw new InputError('no series holds a value');
  if (drop || dropped.length === 0) return;
  const others = dropped.length > 1 ? ` (and ${dropped.length - 1} others)` : '';
  throw new InputError(
    `series ${quote(dropped[0])}${others} holds no value; remove it, or give --drop-empty`,
  );
}

function count(values: Float64Array, which: (value: number) => boolean): number {
  let n = 0;
  for (const value of values) if (which(value)) n++;
  return n;
}
