/**
 * @module Reading Parquet as a stream of rows.
 */
import {
  asyncBufferFromFile,
  type DecodedArray,
  type ParquetScan,
  parquetScan,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { fileError, InputError } from './errors.js';
import type { Cell, RowBatch, TableFile } from './table.js';

const BATCH_ROWS = 4096;
/** Cells of a row group, which are decoded at once. */
const MAX_GROUP_CELLS = 2 ** 27;

/**
 * Opens a Parquet file of any of the format's compressions. Row groups are read one after the other. Integers come as
 * numbers, true and false as 1 and 0, dates and timestamps as `Date`, lists and structures as JSON text.
 *
 * @throws InputError, also while rows are read, when the file is damaged or cut off, or a row group is too large.
 */
export async function openParquet(path: string): Promise<TableFile> {
  const scan = await explained(path, async () =>
    parquetScan({ file: await asyncBufferFromFile(path), compressors, useOffsetIndex: false }),
  );
  const columns = parquetSchema(scan.metadata).children.map(({ element }) => element.name);
  return { format: 'parquet', columns, batches: batches(path, scan, columns) };
}

async function* batches(
  path: string,
  scan: ParquetScan,
  columns: readonly string[],
): AsyncGenerator<RowBatch> {
  for (const range of scan.ranges) {
    const length = range.rowEnd - range.rowStart;
    if (length * columns.length > MAX_GROUP_CELLS) {
      throw new InputError(
        `${path}: a row group of ${length} rows is too large to be read; write it with smaller row groups`,
      );
    }
    const read: DecodedArray[] = [];
    for (const column of columns)
      read.push(await explained(path, () => scan.readColumn({ column, ...range })));
    for (let from = 0; from < length; from += BATCH_ROWS) {
      const rows = Array.from({ length: Math.min(BATCH_ROWS, length - from) }, (_, i) =>
        read.map((column) => toCell(column[from + i])),
      );
      yield { firstRow: range.rowStart + from + 1, rows };
    }
  }
}

function toCell(value: unknown): Cell {
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Date) return value;
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  return JSON.stringify(value) ?? String(value);
}

/** Runs a step of reading; what the decoder says about damaged bytes becomes an InputError. */
async function explained<T>(path: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    const known = fileError('read', path, error);
    if (known instanceof InputError || !(error instanceof Error)) throw known;
    throw new InputError(`${path}: it is not a readable Parquet file (${error.message.split('\n')[0]})`, {
      cause: error,
    });
  }
}
