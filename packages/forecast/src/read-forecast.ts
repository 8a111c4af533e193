/**
 * @module Reading forecasts that were written as CSV.
 */
import { type Cell, InputError, openTable, quote, within } from '@sextant/io';
import { toNumber } from './cells.js';
import { stepOf, type TimeGrid } from './time.js';
import type { TimeFormat } from './time-format.js';

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
  const rows = new Map<string, { step: number; values: readonly number[] }[]>();
  for await (const batch of batches) {
    within(name, () => {
      for (const [i, cells] of batch.rows.entries()) {
        if (!quantiles) quantiles = levelsOf(cells);
        else {
          const { id, ...row } = parseRow(cells, batch.firstRow + i, grid, format);
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
    return { quantiles, series: [...rows].map(([id, each]) => joined(id, each, levels)) };
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

function parseRow(cells: readonly Cell[], row: number, grid: TimeGrid, format: TimeFormat) {
  const [id, time, ...values] = cells;
  const seconds = time instanceof Date ? time.getTime() / 1000 : format.parse(String(time));
  const step = stepOf(grid, seconds);
  if (Number.isNaN(step))
    throw new InputError(`row ${row}: ${quote(String(time))} is no time of the truth's steps`);
  return { id: String(id), step, values: values.map((cell) => toNumber(cell) ?? Number.NaN) };
}

function joined(
  id: string,
  rows: readonly { readonly step: number; readonly values: readonly number[] }[],
  levels: number,
): SeriesForecast {
  const sorted = rows.toSorted((a, b) => a.step - b.step);
  const start = sorted[0]!.step;
  const horizon = sorted.length;
  const values = new Float64Array(levels * horizon);
  for (const [h, row] of sorted.entries()) {
    if (row.step !== start + h)
      throw new InputError(`series ${quote(id)} has steps twice, or steps are missing`);
    for (let q = 0; q < levels; q++) values[q * horizon + h] = row.values[q]!;
  }
  return { id, start, horizon, values };
}
