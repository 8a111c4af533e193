import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeParquet } from './parquet-writer.js';
import { openTable } from './table.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('writes what openTable reads, over several row groups', async () => {
  const rows = 2500;
  const names = Array.from({ length: rows }, (_, i) => `ünï ${i % 7}`);
  const single = Float32Array.from({ length: rows }, (_, i) => Math.sin(i));
  const double = Float64Array.from({ length: rows }, (_, i) => Math.cos(i));
  const whole = Int32Array.from({ length: rows }, (_, i) => -i);
  const path = join(folder, 'a.parquet');
  await writeParquet(path, [
    { name: 'name', data: names },
    { name: 'single', data: single },
    { name: 'double', data: double },
    { name: 'whole', data: whole },
  ]);
  const table = await openTable(path);
  expect(table.columns).toEqual(['name', 'single', 'double', 'whole']);
  const read = [];
  for await (const batch of table.batches) read.push(...batch.rows);
  expect(read).toEqual(names.map((name, i) => [name, single[i], double[i], whole[i]]));
});

it('takes a table without rows', async () => {
  const path = join(folder, 'empty.parquet');
  await writeParquet(path, [{ name: 'x', data: new Float32Array(0) }]);
  const table = await openTable(path);
  expect(table.columns).toEqual(['x']);
  for await (const { rows } of table.batches) expect(rows).toEqual([]);
});
