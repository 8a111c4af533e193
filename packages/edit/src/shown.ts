/**
 * @module What pictures show, from files: the authors' arrays, or a table.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { type Cell, InputError, openTable, readNpy } from '@sextant/io';
import { type AttributeTable, LIGHT_COEFFICIENTS } from './attributes.js';

/**
 * Light before attributes [n, 9 + A] of a folder: light.npy [n, 9, …] and attributes.npy [n, A, …], or attributes.csv (or .parquet)
 * with a column for each attribute of `table`, `light_0` to `light_8` where the light is known (else it is 0), and `file`, by which
 * rows are sorted where there is one.
 *
 * @throws InputError when files are missing, do not fit together, or a value is not finite.
 */
export async function readShown(folder: string, table: AttributeTable): Promise<NDArray<'float32'>> {
  const path = ['attributes.csv', 'attributes.parquet'].map((name) => join(folder, name)).find(existsSync);
  if (path !== undefined && !existsSync(join(folder, 'attributes.npy'))) return readTable(path, table);
  const [light, attributes] = [await readArray(folder, 'light'), await readArray(folder, 'attributes')];
  const n = light.shape[0] ?? 0;
  if (attributes.shape[0] !== n) {
    throw new InputError(
      `${folder}: ${n} lights and ${attributes.shape[0]} rows of attributes do not belong together`,
    );
  }
  const [lights, others] = [rowsOf(light), rowsOf(attributes)];
  if (lights.width !== LIGHT_COEFFICIENTS) {
    throw new InputError(
      `${folder}: light.npy has ${lights.width} numbers a row; ${LIGHT_COEFFICIENTS} are needed`,
    );
  }
  const width = lights.width + others.width;
  const context = new Float32Array(n * width);
  for (let i = 0; i < n; i++) context.set([...lights.row(i), ...others.row(i)], i * width);
  return new NDArray(context, [n, width], 'float32');
}

/** `<name>.npy` of a folder. @throws InputError when it is not there, empty, or a value is not finite. */
export async function readArray(folder: string, name: string): Promise<NDArray<'float32'>> {
  const path = join(folder, `${name}.npy`);
  const { data, shape } = await readNpy(path);
  const values = Float32Array.from(data, Number);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new InputError(`${path}: value ${bad} is ${values[bad]}; leave that row out`);
  if (values.length === 0) throw new InputError(`${path}: it is empty`);
  return new NDArray(values, shape, 'float32');
}

/** Rows of numbers, whatever axes of length 1 follow. */
function rowsOf({ data, shape }: NDArray<'float32'>) {
  const width = data.length / shape[0]!;
  return { width, row: (i: number): Float32Array => data.subarray(i * width, (i + 1) * width) };
}

const LIGHTS = Array.from({ length: LIGHT_COEFFICIENTS }, (_, k) => `light_${k}`);

async function readTable(path: string, { attributes }: AttributeTable): Promise<NDArray<'float32'>> {
  const file = await openTable(path);
  const rows: { readonly at: number; readonly cells: readonly Cell[] }[] = [];
  for await (const { firstRow, rows: batch } of file.batches) {
    rows.push(...batch.map((cells, i) => ({ at: firstRow + i, cells })));
  }
  const names = (file.columns ?? rows.shift()?.cells ?? []).map((name) => String(name).trim().toLowerCase());
  if (rows.length === 0) throw new InputError(`${path}: it has no rows`);
  const wanted = attributes.map(({ name }) => name.toLowerCase());
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new InputError(
      `${path}: it has no column ${missing.join(', ')}; its columns are ${names.join(', ')}`,
    );
  }
  const lights = LIGHTS.filter((name) => names.includes(name));
  if (lights.length > 0 && lights.length < LIGHTS.length) {
    throw new InputError(`${path}: of light_0 to light_8 it has only ${lights.join(', ')}`);
  }
  const fileColumn = names.indexOf('file');
  if (fileColumn >= 0)
    rows.sort((a, b) => (String(a.cells[fileColumn]) < String(b.cells[fileColumn]) ? -1 : 1));
  const columns = [...LIGHTS, ...wanted].map((name) => names.indexOf(name));
  const context = rows.flatMap(({ at, cells }) =>
    columns.map((column) =>
      column < 0 ? 0 : numberIn(cells[column] ?? null, `${path}: row ${at}, ${names[column]}`),
    ),
  );
  return new NDArray(Float32Array.from(context), [rows.length, columns.length], 'float32');
}

function numberIn(cell: Cell, where: string): number {
  const value = typeof cell === 'string' && cell.trim() === '' ? Number.NaN : Number(cell ?? Number.NaN);
  if (!Number.isFinite(value)) throw new InputError(`${where}: ${JSON.stringify(cell)} is no number`);
  return value;
}
