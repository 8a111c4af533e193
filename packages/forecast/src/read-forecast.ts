/**
 * @module Reading forecasts that were written as CSV.
 */
import { type Cell, InputError, openTable, quote, within } from '@sextant/io';
import { toNumber } from './cells.js';
import { inferGrid } from './infer-grid.js';
import { formatFrequency, isSameFrequency, stepOf, type TimeGrid } from './time.js';
import { recognizeTimeFormat, type TimeFormat } from './time-format.js';

/** Forecasts of one series: `values` row-major [quantiles, horizon], from step `start` of the grid on. */
export interface SeriesForecast {
  readonly id: string;
  readonly start: number;
  readonly horizon: number;
  readonly values: Float64Array;
}

export interface ReadForecast {
  readonly quantiles: readonly number[];
  readonly series: readonly SeriesForecast[];
}

interface Row {
  /** Number in the file. */
  readonly number: number;
  /** The time as it is written, and in seconds (or an index); NaN where it is of another form. */
  readonly text: string;
  readonly time: number;
  readonly values: readonly number[];
}

type Rows = ReadonlyMap<string, readonly Row[]>;

/**
 * Reads what `writeForecastCsv` wrote: `series,timestamp,0.1,0.5`, or `index` in the place of `timestamp`.
 *
 * @param grid - of the truth, which the forecast must lie on.
 * @param format - how timestamps are written.
 * @throws InputError with one line that names the file and the row that is wrong.
 */
export async function readForecast(path: string, grid: TimeGrid, format: TimeFormat): Promise<ReadForecast> {
  const { batches, columns } = await openTable(path);
  const name = path === '-' ? 'standard input' : path;
  let quantiles: readonly number[] | undefined = columns && within(name, () => levelsOf(columns));
  const rows = new Map<string, Row[]>();
  for await (const batch of batches) {
    within(name, () => {
      for (const [i, cells] of batch.rows.entries()) {
        if (!quantiles) quantiles = levelsOf(cells);
        else {
          const { id, ...row } = parseRow(cells, batch.firstRow + i, format);
          const known = rows.get(id);
          if (known) known.push(row);
          else rows.set(id, [row]);
        }
      }
    });
  }
  return within(name, () => {
    if (!quantiles || rows.size === 0) throw new InputError('it holds no forecast');
    const levels = quantiles.length;
    refuseOtherForm(rows, grid, format);
    for (const each of rows.values()) each.sort((a, b) => a.time - b.time);
    if (![...rows.values()].every((each) => isSuccessive(each, grid))) requireFrequency(rows, grid, format);
    return { quantiles, series: [...rows].map(([id, each]) => joined(id, each, levels, grid, format)) };
  });
}

function levelsOf(header: readonly Cell[]): number[] {
  const levels = header.slice(2).map(Number);
  if (levels.length === 0 || !levels.every((level) => level > 0 && level < 1)) {
    throw new InputError(
      `a forecast's columns are series, timestamp and levels of quantiles, not ${header.join(', ')}`,
    );
  }
  return levels;
}

function parseRow(cells: readonly Cell[], number: number, format: TimeFormat) {
  const [id, cell, ...values] = cells;
  const text = cell instanceof Date ? cell.toISOString() : String(cell);
  const time = cell instanceof Date ? cell.getTime() / 1000 : format.parse(text);
  return { id: String(id), number, text, time, values: values.map((value) => toNumber(value) ?? Number.NaN) };
}

/** @throws InputError where times are written otherwise than the truth's: days and hours are. */
function refuseOtherForm(rows: Rows, grid: TimeGrid, format: TimeFormat): void {
  const all = [...rows.values()].flat();
  const wrong = all.find(({ time }) => Number.isNaN(time));
  if (!wrong) return;
  const own = recognizeTimeFormat(all.map(({ text }) => text));
  if (own && all.every(({ text }) => !Number.isNaN(own.parse(text)))) {
    const read = [...rows].map(
      ([id, each]) => [id, each.map((row) => ({ ...row, time: own.parse(row.text) }))] as const,
    );
    requireFrequency(new Map(read), grid, own);
  }
  throw new InputError(`row ${wrong.number}: ${quote(wrong.text)} is not of the form ${format.pattern}`);
}

const isSuccessive = (rows: readonly Row[], grid: TimeGrid): boolean => {
  const start = stepOf(grid, rows[0]!.time);
  return rows.every(({ time }, h) => stepOf(grid, time) === start + h);
};

/** @throws InputError where the forecast's steps are longer or shorter than the truth's. */
function requireFrequency(rows: Rows, { frequency: truth }: TimeGrid, format: TimeFormat): void {
  const series = [...rows].map(([id, each]) => ({
    id,
    times: Float64Array.from(new Set(each.map(({ time }) => time))).sort(),
    columns: [],
  }));
  if (series.every(({ times }) => times.length < 2)) return;
  const { frequency } = inferGrid(series, format);
  if (isSameFrequency(frequency, truth)) return;
  throw new InputError(
    `the forecast has steps of ${formatFrequency(frequency)}, the truth of ${formatFrequency(truth)}: compare it with a table of steps of ${formatFrequency(frequency)}`,
  );
}

function joined(
  id: string,
  rows: readonly Row[],
  levels: number,
  grid: TimeGrid,
  format: TimeFormat,
): SeriesForecast {
  const start = stepOf(grid, rows[0]!.time);
  const horizon = rows.length;
  const values = new Float64Array(levels * horizon);
  for (const [h, row] of rows.entries()) {
    const step = stepOf(grid, row.time);
    if (Number.isNaN(step)) {
      const time = quote(format.format(row.time));
      throw new InputError(`row ${row.number}: ${time} is no time of the truth's steps`);
    }
    if (step !== start + h) throw new InputError(`series ${quote(id)} has steps twice, or steps are missing`);
    for (let q = 0; q < levels; q++) values[q * horizon + h] = row.values[q]!;
  }
  return { id, start, horizon, values };
}
