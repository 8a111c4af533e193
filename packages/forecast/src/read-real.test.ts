import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readTable } from './read.js';
import { timeOf } from './time.js';

const DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const present = existsSync(DATA);
if (!present) console.warn(`real tables: skipped, there is no ${DATA}`);

describe.skipIf(!present)('real tables', () => {
  it('M4-Hourly: a row per series, padded', async () => {
    const { series, recognized } = await readTable(`${DATA}/m4/Hourly-train.csv.gz`);
    const lengths = series.map((s) => s.values.length);
    expect([700, 960].map((n) => lengths.filter((length) => length === n).length)).toEqual([169, 245]);
    expect(series.map(({ id }) => id).slice(0, 2)).toEqual(['H1', 'H2']);
    expect([...series[0]!.values.subarray(0, 3)]).toEqual([605, 586, 586]);
    expect(recognized.columns.layout).toBe('rows');
    const test = await readTable(`${DATA}/m4/Hourly-test.csv.gz`);
    expect(new Set(test.series.map((s) => s.values.length))).toEqual(new Set([48]));
  });
  it('ETTh1: wide and hourly', async () => {
    const { series, grid, recognized } = await readTable(`${DATA}/ett/ETTh1.csv.gz`, { targets: ['OT'] });
    expect(grid.frequency).toEqual({ unit: 'hour', count: 1 });
    expect(series.map(({ id, values }) => [id, values.length, values[1]])).toEqual([
      ['OT', 17420, 27.78700065612793],
    ]);
    expect(recognized.timeFormat!.format(timeOf(grid, 17419))).toBe('2018-06-26 19:00:00');
    expect(recognized.seasons).toEqual([24, 168]);
  });
  it('solar: wide, names and no dates', async () => {
    const { series } = await readTable(`${DATA}/solar/solar_al_2006_hourly.csv.gz`);
    expect([series.length, series[0]!.id]).toEqual([137, '30.45_-88.25_2006_UPV_70MW']);
    expect(new Set(series.map((s) => s.values.length))).toEqual(new Set([5832]));
  });
  it('exchange rates: numbers alone', async () => {
    const { series, recognized } = await readTable(`${DATA}/exchange_rate/exchange_rate.txt.gz`);
    expect(series.map((s) => s.values.length)).toEqual(new Array(8).fill(7588));
    expect(recognized.columns.header).toBe(false);
    expect(series[0]!.values[0]).toBe(0.7855);
  });
});
