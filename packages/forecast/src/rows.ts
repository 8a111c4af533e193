/**
 * @module Rows of a table gathered to series as they arrive: numbers in buffers, no object per row.
 */
import { type Cell, InputError, quote, type RowBatch } from '@sextant/io';
import { Float64Buffer, hasDecimalComma, isMissing, toNumber } from './cells.js';
import type { TimedRows } from './grid.js';
import type { Columns } from './layout.js';
import { recognizeTimeFormat, type TimeFormat, timeFormat } from './time-format.js';

/** Rows of one series, or all rows of a wide table. */
class Block {
  readonly times = new Float64Buffer();
  readonly columns: readonly Float64Buffer[];

  constructor(
    readonly id: string | undefined,
    width: number,
  ) {
    this.columns = Array.from({ length: width }, () => new Float64Buffer());
  }
}

/** More series than this mean that another column is the one with the ids. */
const MAX_SERIES = 2 ** 20;

/** Gathers the rows of a table. All its errors name the row. */
export class RowCollector {
  /** Rows so far. */
  rows = 0;
  private readonly blocks = new Map<string | undefined, Block>();
  private last: Block | undefined;
  private room: number;
  private readonly used: readonly number[];

  /**
   * @param format - of the timestamps; recognised from the first rows where it is undefined
   * @param maxValues - numbers that may be kept
   */
  constructor(
    private readonly columns: Columns,
    private format: TimeFormat | undefined,
    private readonly maxValues: number,
  ) {
    this.room = maxValues;
    this.used = [...columns.values, ...columns.covariates];
  }

  /** How times are written; undefined where there are none. */
  get timeFormat(): TimeFormat | undefined {
    return this.columns.time === undefined ? undefined : this.format;
  }

  /** @throws InputError when a cell is not what its column holds, or there are too many numbers. */
  add({ firstRow, rows }: RowBatch): void {
    const { layout, time } = this.columns;
    if (rows.length === 0) return;
    if (time !== undefined)
      this.format ??= formatOf(
        rows.map((row) => row[time] ?? null),
        firstRow,
      );
    this.rows += rows.length;
    const each = layout === 'rows' ? this.used.length : this.used.length + 1;
    this.room -= rows.length * each;
    if (this.room < 0) {
      throw new InputError(
        `row ${firstRow}: more than ${this.maxValues} numbers; choose fewer columns or split the file`,
      );
    }
    const addRow = layout === 'rows' ? this.addSeries : this.addTime;
    for (let i = 0; i < rows.length; i++) addRow.call(this, rows[i]!, firstRow + i);
  }

  /** Hands over the rows by series, in order of their first appearance. Rows with no time are counted from 0. */
  finish(): TimedRows[] {
    const blocks = [...this.blocks.values()];
    this.blocks.clear();
    this.last = undefined;
    return blocks.map(({ id, times, columns }) => ({
      id,
      times:
        this.columns.time === undefined
          ? Float64Array.from({ length: columns[0]!.length }, (_, i) => i)
          : times.values(),
      columns: columns.map((column) => column.values()),
    }));
  }

  /** A row of a long or wide table. */
  private addTime(row: readonly Cell[], number: number): void {
    const { series, time } = this.columns;
    const block = this.block(series === undefined ? undefined : this.id(row[series]!, number));
    if (time !== undefined) block.times.push(this.time(row[time]!, number));
    for (let i = 0; i < this.used.length; i++)
      block.columns[i]!.push(this.number(row, this.used[i]!, number));
  }

  /** A row that is a series. */
  private addSeries(row: readonly Cell[], number: number): void {
    const id = this.id(row[this.columns.series!]!, number);
    if (this.blocks.has(id)) throw new InputError(`row ${number}: a second series ${quote(id)}; remove one`);
    const [values] = this.block(id, 1).columns;
    for (const column of this.used) values!.push(this.number(row, column, number));
  }

  private block(id: string | undefined, width = this.used.length): Block {
    if (this.last && this.last.id === id) return this.last;
    let block = this.blocks.get(id);
    if (!block) {
      if (this.blocks.size === MAX_SERIES) {
        throw new InputError(
          `more than ${MAX_SERIES} series: name the column of their ids with --series-column`,
        );
      }
      // A copy: the text of a cell keeps the text of all cells that were read with it.
      const own = id === undefined ? undefined : Buffer.from(id).toString();
      block = new Block(own, width);
      this.blocks.set(own, block);
    }
    this.last = block;
    return block;
  }

  private id(cell: Cell, number: number): string {
    const id = cell instanceof Date ? cell.toISOString() : String(cell ?? '');
    if (id.trim() === '')
      throw new InputError(
        `row ${number}: ${this.name(this.columns.series!)} is empty; each row needs its series`,
      );
    return id;
  }

  private time(cell: Cell, number: number): number {
    const time =
      cell instanceof Date
        ? cell.getTime() / 1000
        : this.format!.parse(typeof cell === 'string' ? cell : String(cell ?? ''));
    if (!Number.isNaN(time)) return time;
    const what = isMissing(cell)
      ? 'is empty'
      : `${quote(cell)} is not a date of the form ${this.format!.pattern}`;
    throw new InputError(
      `row ${number}: ${this.name(this.columns.time!)}: ${what}; correct it, or give --date-format`,
    );
  }

  private number(row: readonly Cell[], column: number, number: number): number {
    const cell = row[column]!;
    const value = toNumber(cell);
    if (value === undefined || value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      const what = value === undefined ? 'is not a number' : 'is infinite';
      const comma = hasDecimalComma(cell) ? '; write decimals with a point' : '; leave missing values empty';
      throw new InputError(`row ${number}: ${this.name(column)}: ${quote(cell)} ${what}${comma}`);
    }
    return value;
  }

  private name(column: number): string {
    return `column ${quote(this.columns.names[column])}`;
  }
}

const isMidnight = (date: Date): boolean => date.getTime() % 86_400_000 === 0;

function formatOf(cells: readonly Cell[], firstRow: number): TimeFormat {
  const dates = cells.filter((cell) => cell instanceof Date);
  if (dates.length > 0) return timeFormat(dates.every(isMidnight) ? 'YYYY-MM-DD' : 'YYYY-MM-DD HH:mm:ss');
  const texts = cells.map((cell) => (isMissing(cell) ? '' : String(cell)));
  // Where only some are of a known form, the others are reported with their rows.
  const at = texts.findIndex((text) => text !== '');
  const format =
    recognizeTimeFormat(texts) ?? texts.map((text) => recognizeTimeFormat([text])).find((f) => f);
  if (format) return format;
  throw new InputError(
    `row ${firstRow + Math.max(at, 0)}: ${at < 0 ? 'there is no timestamp' : `${quote(texts[at])} is not a timestamp of a known form`}; give --date-format, for example DD/MM/YYYY HH:mm`,
  );
}
