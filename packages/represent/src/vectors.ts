/**
 * @module Vectors with names, as files: `.npy` with a table of names beside it, `.parquet`, and `.csv`.
 */
import { existsSync } from 'node:fs';
import { NDArray } from '@sextant/engine';
import {
  type Cell,
  InputError,
  OutputFile,
  openTable,
  quote,
  readNpy,
  type TableFile,
  within,
  writeCsv,
  writeNpy,
  writeParquet,
} from '@sextant/io';
import { asFeatures, extentOf, type Features } from './evaluation/features.js';

/** Vectors [N, D] and what each stands for. */
export interface NamedVectors {
  readonly vectors: Features;
  /** Of the pictures, such as their paths [N]. */
  readonly names: readonly string[];
  /** Of classes, where they are known [N]. */
  readonly labels?: readonly string[] | undefined;
}

const FORMATS = ['.npy', '.parquet', '.csv'] as const;
type Format = (typeof FORMATS)[number];

/** @throws InputError where a path ends in none of the formats. */
export function checkVectorsPath(path: string): Format {
  const format = FORMATS.find((ending) => path.toLowerCase().endsWith(ending));
  if (!format) throw new InputError(`${path}: vectors are kept as ${FORMATS.join(', ')}; name the file so`);
  return format;
}

/** Where the names of the vectors of a .npy file stand: `a.names.csv` for `a.npy`. */
const namesPath = (path: string): string => `${path.slice(0, -'.npy'.length)}.names.csv`;

/** The files that {@link writeVectors} writes. @throws InputError as {@link checkVectorsPath}. */
export const vectorFiles = (path: string): readonly string[] =>
  checkVectorsPath(path) === '.npy' ? [namesPath(path), path] : [path];

/**
 * Writes vectors with their names, by the extension of the path: `.npy` and beside it `<path>.names.csv` with the columns
 * name and label, or `.parquet` or `.csv` with the columns name, label and one for each number, `v0` and so on.
 *
 * @throws InputError for another extension, when there are not as many names as vectors, or the file cannot be written.
 */
export async function writeVectors(path: string, { vectors, names, labels }: NamedVectors): Promise<void> {
  const format = checkVectorsPath(path);
  const [rows, width] = extentOf(vectors);
  for (const given of [names, labels])
    if (given && given.length !== rows) throw new InputError(`${given.length} names for ${rows} vectors`);
  const texts = [names, ...(labels ? [labels] : [])];
  const head = ['name', ...(labels ? ['label'] : [])];
  const columns = Array.from({ length: width }, (_, j) => `v${j}`);
  if (format === '.npy') {
    const table = await preparedTable(namesPath(path), head, rows, (i) => texts.map((t) => t[i]!));
    // Neither file is replaced unless both can be.
    await writeNpy(path, vectors).catch(async (error) => {
      await table.abort();
      throw error;
    });
    await table.commit();
  } else if (format === '.csv') {
    const row = (i: number) => vectors.data.subarray(i * width, (i + 1) * width);
    const cells = (i: number) => [...texts.map((t) => t[i]!), ...row(i)];
    await (await preparedTable(path, [...head, ...columns], rows, cells)).commit();
  } else {
    await writeParquet(path, [
      ...head.map((name, i) => ({ name, data: texts[i]! })),
      ...columns.map((name, j) => ({
        name,
        data: Float32Array.from({ length: rows }, (_, i) => vectors.data[i * width + j]!),
      })),
    ]);
  }
}

/** A table that is written and not yet in its place. */
async function preparedTable(
  path: string,
  head: readonly string[],
  rows: number,
  row: (i: number) => readonly (string | number)[],
): Promise<OutputFile> {
  const output = await OutputFile.open(path);
  try {
    function* all() {
      yield head;
      for (let i = 0; i < rows; i++) yield row(i);
    }
    await writeCsv(output, all());
    return output;
  } catch (error) {
    await output.abort();
    throw error;
  }
}

/**
 * Reads vectors with their names: what {@link writeVectors} writes, and other programs' tables of numbers, in which the
 * columns `name` and `label` may be absent, and one column may hold lists. A vector without a name is called by its row,
 * from 0 on.
 *
 * @throws InputError when the file is damaged, holds no vectors, or what should be a number is none.
 */
export async function readVectors(path: string): Promise<NamedVectors> {
  if (checkVectorsPath(path) !== '.npy') return readTable(path, await openTable(path));
  const vectors = asFeatures(path, within(path, asMatrix(await readNpy(path))));
  const rows = vectors.shape[0]!;
  if (!existsSync(namesPath(path))) return { vectors, names: rowNames(rows) };
  const { names, labels } = await readColumns(namesPath(path), await openTable(namesPath(path)), () => {});
  if (names?.length !== rows)
    throw new InputError(
      `${namesPath(path)}: ${names ? `${names.length} names` : 'no column name'} for ${rows} vectors; remove or repair it`,
    );
  return { vectors, names, labels };
}

const asMatrix = (array: NDArray) => (): NDArray => {
  if (array.shape.length === 2) return array;
  throw new InputError(`shape [${array.shape.join(', ')}]; give vectors by rows [N, D]`);
};

const rowNames = (rows: number): string[] => Array.from({ length: rows }, (_, i) => String(i));

async function readTable(path: string, table: TableFile): Promise<NamedVectors> {
  const pieces: Float32Array[] = [];
  let width: number | undefined;
  const { names, labels } = await readColumns(path, table, (cells, row) => {
    const numbers = cells.flatMap((cell) => numbersOf(cell, path, row));
    width ??= numbers.length;
    if (numbers.length !== width || width === 0)
      throw new InputError(`${path}: row ${row}: ${numbers.length} numbers, and ${width} in the first row`);
    pieces.push(Float32Array.from(numbers));
  });
  if (width === undefined) throw new InputError(`${path}: it holds no vectors`);
  const data = new Float32Array(pieces.length * width);
  for (const [i, piece] of pieces.entries()) data.set(piece, i * width);
  const vectors = asFeatures(path, new NDArray(data, [pieces.length, width], 'float32'));
  return { vectors, names: names ?? rowNames(pieces.length), labels };
}

/** The columns of names and labels; the other cells of each row go to `take`. */
async function readColumns(
  path: string,
  table: TableFile,
  take: (cells: readonly Cell[], row: number) => void,
): Promise<{ names: string[] | undefined; labels: string[] | undefined }> {
  let columns = table.columns;
  const found: { name: string[]; label: string[] } = { name: [], label: [] };
  for await (const { firstRow, rows } of table.batches) {
    for (const [i, cells] of rows.entries()) {
      if (!columns) {
        columns = cells.map(String);
        continue;
      }
      for (const key of ['name', 'label'] as const) {
        const at = columns.indexOf(key);
        if (at >= 0) found[key].push(String(cells[at] ?? ''));
      }
      take(
        cells.filter((_, at) => columns![at] !== 'name' && columns![at] !== 'label'),
        firstRow + i,
      );
    }
  }
  if (!columns) throw new InputError(`${path}: it is empty`);
  const column = (key: 'name' | 'label') => (columns!.includes(key) ? found[key] : undefined);
  return { names: column('name'), labels: column('label') };
}

/** A cell as a number, or as the numbers of a list. */
function numbersOf(cell: Cell, path: string, row: number): number[] {
  if (typeof cell === 'number') return [cell];
  const list = typeof cell === 'string' && cell.startsWith('[') ? parsedList(cell) : undefined;
  if (list) return list;
  const value = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN;
  if (Number.isNaN(value)) throw new InputError(`${path}: row ${row}: ${quote(cell)} is not a number`);
  return [value];
}

function parsedList(text: string): number[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((v) => typeof v === 'number') ? list : undefined;
  } catch {
    return undefined;
  }
}
