/**
 * @module Writing Parquet: columns of text and of numbers.
 */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { writeFile } from './files.js';

/** A column; all of a file have one length. */
export interface ParquetColumn {
  readonly name: string;
  readonly data: readonly string[] | Float32Array | Float64Array | Int32Array;
}

/**
 * Writes a Parquet file; it is whole or not there. Text is compressed (Snappy), numbers are stored plain, since those
 * that are measured do not shrink.
 *
 * @throws InputError as `writeFile` does.
 */
export async function writeParquet(path: string, columns: readonly ParquetColumn[]): Promise<void> {
  const bytes = parquetWriteBuffer({
    columnData: columns.map(({ name, data }) => {
      if (data instanceof Float32Array) return { name, data, type: 'FLOAT', ...NUMBERS };
      if (data instanceof Float64Array) return { name, data, type: 'DOUBLE', ...NUMBERS };
      if (data instanceof Int32Array) return { name, data, type: 'INT32', ...NUMBERS };
      return { name, data: [...data], type: 'STRING', nullable: false };
    }),
    statistics: false,
    createdBy: 'sextant',
  });
  await writeFile(path, [new Uint8Array(bytes)]);
}

const NUMBERS = { nullable: false, encoding: 'PLAIN', codec: 'UNCOMPRESSED' } as const;
