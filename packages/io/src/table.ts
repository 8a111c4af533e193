/**
 * @module Tables in files: rows of cells in batches, the same for CSV and Parquet.
 */
import { openBytes } from './byte-stream.js';
import { type CsvOptions, openCsv } from './csv.js';
import { InputError } from './errors.js';
import { openParquet } from './parquet.js';

/** A value of a table: text as a CSV holds it, or what a Parquet file stores. */
export type Cell = string | number | Date | null;

/** Successive rows of a table. */
export interface RowBatch {
  /** Number of the first of the rows in its file, counted from 1; what a CSV has as its first line is row 1. */
  readonly firstRow: number;
  /** As many cells in each as the table has columns. */
  readonly rows: readonly (readonly Cell[])[];
}

/** An open table. */
export interface TableFile {
  readonly format: 'csv' | 'parquet';
  /** What separates a CSV's cells. */
  readonly delimiter?: string;
  /**
   * Names of the columns where the format keeps them apart from the rows, as Parquet does. The first row of a CSV may
   * be names or not: that is for its reader to decide.
   */
  readonly columns?: readonly string[];
  /** All rows, once, read as they are asked for. Leaving the loop closes the file. */
  readonly batches: AsyncIterable<RowBatch>;
}

const PARQUET = 'PAR1';

/**
 * Opens a table: CSV of any delimiter, plain or gzip, or Parquet, told apart by their first bytes.
 *
 * @param path - of a file, or `-` for a CSV on standard input
 * @throws InputError, also while rows are read, naming the file and the row: see `openCsv` and `openParquet`.
 */
export async function openTable(path: string, options: CsvOptions = {}): Promise<TableFile> {
  const bytes = await openBytes(path);
  if (bytes.head.toString('latin1', 0, PARQUET.length) !== PARQUET) return openCsv(bytes, options);
  await bytes.close();
  if (path === '-') {
    throw new InputError('Parquet cannot be read from standard input: save it as a file and give its path');
  }
  return openParquet(path);
}
