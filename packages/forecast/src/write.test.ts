import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputFile } from '@sextant/io';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from './read.js';
import type { Series, SeriesTable } from './series.js';
import { type Frequency, stepOf } from './time.js';
import { timeFormat } from './time-format.js';
import { forecastJson, writeForecastCsv, writeTableCsv } from './write.js';

const folder = mkdtempSync(join(tmpdir(), 'write-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'out.csv');

async function written(write: (output: OutputFile) => Promise<void>): Promise<string> {
  const output = await OutputFile.open(path);
  await write(output);
  await output.commit();
  return readFileSync(path, 'utf8');
}

const series = (id: string, start: number, values: number[], covariates: number[][] = []): Series => ({
  id,
  start,
  values: Float64Array.from(values),
  covariates: covariates.map((c) => Float64Array.from(c)),
});

const hourly: SeriesTable = {
  series: [series('a,b', 0, [1, 2]), series('c', 5, [3])],
  covariates: [],
  grid: { frequency: { unit: 'hour', count: 1 }, origin: 0 },
};
const forecast = {
  horizon: 2,
  quantiles: [0.1, 0.5],
  values: [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, Number.NaN)],
};

describe('forecasts', () => {
  it('as CSV, in the manner of the file', async () => {
    const format = timeFormat('DD.MM.YYYY HH:mm');
    expect(await written((out) => writeForecastCsv(out, { table: hourly, forecast, format }))).toBe(
      'series,timestamp,0.1,0.5\n"a,b",01.01.1970 02:00,1,3\n"a,b",01.01.1970 03:00,2,4\n' +
        'c,01.01.1970 06:00,5,7\nc,01.01.1970 07:00,6,\n',
    );
  });
  it('as CSV with bare indices', async () => {
    const table: SeriesTable = { ...hourly, grid: { frequency: { unit: 'index', count: 1 }, origin: 0 } };
    const text = await written((out) => writeForecastCsv(out, { table, forecast }));
    expect(text.split('\n').slice(0, 2)).toEqual(['series,index,0.1,0.5', '"a,b",2,1,3']);
  });
  it('as JSON', () => {
    expect(JSON.parse(JSON.stringify(forecastJson({ table: hourly, forecast }))).series).toEqual([
      {
        id: 'a,b',
        timestamp: ['1970-01-01 02:00:00', '1970-01-01 03:00:00'],
        values: { '0.1': [1, 2], '0.5': [3, 4] },
      },
      {
        id: 'c',
        timestamp: ['1970-01-01 06:00:00', '1970-01-01 07:00:00'],
        values: { '0.1': [5, 6], '0.5': [7, null] },
      },
    ]);
  });
  it('of another table are refused', async () => {
    const table = { ...hourly, series: [] };
    expect(() => forecastJson({ table, forecast })).toThrow(/the forecast is of 2 series, the table of 0/);
  });
});

/** Uniform numbers in [0, 1) that depend on the seed only (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a long table that was written and read is the same', () => {
  const frequencies: Frequency[] = [
    { unit: 'second', count: 0.5 },
    { unit: 'minute', count: 15 },
    { unit: 'hour', count: 1 },
    { unit: 'week', count: 1 },
    { unit: 'month', count: 3 },
    { unit: 'index', count: 1 },
  ];
  it.each(frequencies)('$count $unit', async (frequency) => {
    for (let seed = 0; seed < 6; seed++) {
      const random = seeded(seed);
      const length = () => 20 + Math.floor(60 * random());
      const random64 = (n: number) =>
        Float64Array.from({ length: n }, () =>
          random() < 0.2 ? Number.NaN : (random() - 0.5) * 10 ** (40 * random() - 20),
        );
      const table: SeriesTable = {
        grid: {
          frequency,
          origin: frequency.unit === 'index' ? -3 : Date.UTC(1969, 4 + seed, 31 - 3 * seed, seed) / 1000,
        },
        covariates: ['one', 'a "b", c'],
        series: Array.from({ length: 5 }, (_, i) => {
          const values = random64(length());
          values[0] = i;
          values[values.length - 1] = -1 - i;
          const future = values.length + Math.floor(5 * random());
          const covariates = [random64(future), random64(future)];
          covariates[1]![future - 1] = 1;
          return { id: `s ${i},"`, start: i === 0 ? 0 : Math.floor(9 * random()), values, covariates };
        }),
      };
      await written((out) => writeTableCsv(out, table));
      const again = await readTable(path);
      expect(again.grid.frequency).toEqual(frequency);
      const shift = stepOf(again.grid, table.grid.origin);
      expect(again.series).toEqual(table.series.map((s) => ({ ...s, start: s.start + shift })));
      expect(again.covariates).toEqual(table.covariates);
    }
  });
});
