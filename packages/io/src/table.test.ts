import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import type { CsvOptions } from './csv.js';
import { csvRow, writeCsv } from './csv-writer.js';
import { InputError } from './errors.js';
import { OutputFile } from './files.js';
import { type Cell, openTable } from './table.js';

const inFolder = temporaryFolder();
const path = inFolder('table.csv');

async function rowsOf(file: string, options?: CsvOptions) {
  const numbered: [row: number, ...cells: Cell[]][] = [];
  const table = await openTable(file, options);
  for await (const { firstRow, rows } of table.batches) {
    for (const [i, cells] of rows.entries()) numbered.push([firstRow + i, ...cells]);
  }
  return { ...table, rows: numbered };
}

function read(content: string | Uint8Array, options?: CsvOptions) {
  writeFileSync(path, content);
  return rowsOf(path, options);
}

describe('CSV', () => {
  it.each([',', ';', '\t', '|'])('recognises the delimiter %j', async (delimiter) => {
    const text = ['a', 'b, or; more', 'c'].map((c) => `"${c}"`).join(delimiter);
    const { rows, ...table } = await read(`${text}\n1${delimiter}2${delimiter}\n`);
    expect(table.delimiter).toBe(delimiter);
    expect(rows).toEqual([
      [1, 'a', 'b, or; more', 'c'],
      [2, '1', '2', ''],
    ]);
  });
  it('quotes, line ends of all kinds, a byte order mark and blank lines', async () => {
    const text = '\ufeffa,"b ""x"", 1"\r\n\r\n1,"two\r\nlines"\n\n\n3,4\r5,é';
    expect((await read(text)).rows).toEqual([
      [1, 'a', 'b "x", 1'],
      [3, '1', 'two\nlines'],
      [6, '3', '4'],
      [7, '5', 'é'],
    ]);
  });
  it('gzip, by its bytes, also of several members', async () => {
    const packed = Buffer.concat([gzipSync('a,b\n1,'), gzipSync('2\n')]);
    expect((await read(packed)).rows).toEqual([
      [1, 'a', 'b'],
      [2, '1', '2'],
    ]);
  });
  it('a column alone keeps its empty cells', async () => {
    expect((await read('x\n1\n\n3\n')).rows.map(([, cell]) => cell)).toEqual(['x', '1', '', '3']);
  });
  it('an empty file has no rows', async () => {
    expect((await read('')).rows).toEqual([]);
    expect((await read(gzipSync(''))).rows).toEqual([]);
  });
  it('the same rows wherever the pieces of a long file end', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => [`id ${i}`, `é "${i}",\n€`, String(i * i)]);
    const text = rows.map((row) => csvRow(row)).join('');
    for (const skewed of [text, `x${text}`, `é${text}`, text.replaceAll('\n', '\r\n')]) {
      const found = (await read(skewed)).rows.map(([, ...cells]) => cells);
      expect(found.slice(1)).toEqual(rows.slice(1));
    }
  });
  it('leaving the loop closes the file', async () => {
    writeFileSync(path, 'a,b\n'.repeat(100_000));
    for await (const _ of (await openTable(path)).batches) break;
  });
});

describe('CSV that is refused', () => {
  const whole = gzipSync('a,b\n'.repeat(50_000));
  const bad: [name: string, content: string | Uint8Array, message: RegExp, options?: CsvOptions][] = [
    ['ragged', 'a,b\n1,2\n\n1,2,3\n', /row 4: it has 3 cells and the rows before have 2/],
    ['short', 'a,b\n1\n', /row 2: it has 1 cells and the rows before have 2/],
    ['a NUL byte', 'a,b\n1,2\n3,\0\n', /row 3: it holds a NUL byte/],
    ['not UTF-8', Buffer.from('a,b\n1,\xe9\n', 'latin1'), /row 2: it holds bytes that are not UTF-8/],
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), /it is UTF-16 text; save it as UTF-8/],
    ['an open quote', 'a,b\n1,"2\n3,4\n', /row 2: a quote is misplaced or not closed/],
    ['a misplaced quote', 'a,b\n1,"2"3\n', /row 2: a quote is misplaced or not closed/],
    ['no line ends', 'a'.repeat(300_000), /row 1: it is longer than 100000 char/, { maxRowLength: 100_000 }],
    ['gzip cut off', whole.subarray(0, whole.length - 20), /the gzip data are cut off/],
    [
      'damaged gzip',
      Buffer.concat([whole.subarray(0, 20), Buffer.alloc(99, 7)]),
      /the gzip data are damaged/,
    ],
  ];
  it.each(bad)('%s', async (_, content, message, options) => {
    const failure = await read(content, options).catch((error) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect(failure.message).toMatch(message);
    expect(failure.message.startsWith(`${path}: `)).toBe(true);
    expect(failure.message).not.toContain('\n');
  });
  it('a path that is not there, or a folder', async () => {
    await expect(openTable(inFolder('none.csv'))).rejects.toThrow(/cannot read .*no such file/);
    await expect(rowsOf(inFolder(''))).rejects.toThrow(/it is a folder/);
  });
});

describe('writing CSV', () => {
  it('quotes what has to be', () => {
    expect(csvRow(['a', 'b,c', 'd"e', 'f\ng', ' h', 1.5, Number.NaN])).toBe(
      'a,"b,c","d""e","f\ng"," h",1.5,\n',
    );
  });
  it('what was written is read', async () => {
    const rows = [['id', 'x'], ...Array.from({ length: 20_000 }, (_, i) => [`s,${i}`, i / 3])];
    const output = await OutputFile.open(path);
    await writeCsv(output, rows);
    await output.commit();
    const found = await rowsOf(path);
    expect(found.rows).toEqual(rows.map(([id, x], i) => [i + 1, id, String(x)]));
  });
});

describe('Parquet', () => {
  const fixture = (name: string) =>
    fileURLToPath(new URL(`../test/fixtures/table-${name}.parquet`, import.meta.url));
  const hour = (h: number) => new Date(Date.UTC(2020, 0, 1, h));
  it.each(['zstd', 'snappy', 'gzip'])('what pyarrow wrote, %s', async (compression) => {
    const { columns, rows } = await rowsOf(fixture(compression));
    expect(columns).toEqual(['unique_id', 'ds', 'y', 'n', 'flag']);
    expect(rows).toEqual([
      [1, 'a', hour(0), 1.5, 1, 1],
      [2, 'a', hour(1), null, 2, 0],
      [3, 'a', hour(2), 3, 3, null],
      [4, 'b', hour(1), 4, 4, 1],
      [5, 'b', hour(2), 5, 5, 1],
      [6, 'b', hour(3), 6e10, 2 ** 40, 0],
    ]);
  });
  it('damaged files are refused wherever they are cut or changed', async () => {
    const bytes = readFileSync(fixture('zstd'));
    for (let at = 4; at < bytes.length; at += 13) {
      writeFileSync(path, bytes.subarray(0, at));
      await expect(rowsOf(path)).rejects.toThrow(InputError);
      const changed = Buffer.from(bytes);
      changed[at] = 255 - changed[at]!;
      writeFileSync(path, changed);
      // Some changes leave a readable table, with other values.
      await rowsOf(path).catch((error) => expect(error).toBeInstanceOf(InputError));
    }
  });
});
