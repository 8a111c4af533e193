import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readForecast } from './read-forecast.js';
import type { TimeGrid } from './time.js';
import { timeFormat } from './time-format.js';

const folder = mkdtempSync(join(tmpdir(), 'read-forecast-'));
afterAll(() => rmSync(folder, { recursive: true }));

const format = timeFormat('YYYY-MM-DD HH:mm');
const HOURLY: TimeGrid = { frequency: { unit: 'hour', count: 1 }, origin: format.parse('2024-01-01 00:00') };

/** A forecast of the median of a series at times. */
function read(times: readonly string[], grid = HOURLY) {
  const path = join(folder, 'forecast.csv');
  writeFileSync(path, `series,timestamp,0.5\n${times.map((time, i) => `a,${time},${i}\n`).join('')}`);
  return readForecast(path, grid, format);
}

describe('a forecast that was written', () => {
  it('lies on the steps of the truth, in any order of rows', async () => {
    const { quantiles, series } = await read(['2024-01-02 02:00', '2024-01-02 00:00', '2024-01-02 01:00']);
    expect(quantiles).toEqual([0.5]);
    expect(series).toEqual([{ id: 'a', start: 24, horizon: 3, values: Float64Array.of(1, 2, 0) }]);
  });

  it('is refused where its steps are others', async () => {
    const daily = ['2024-01-02 00:00', '2024-01-03 00:00', '2024-01-04 00:00'];
    await expect(read(daily)).rejects.toThrow(
      /forecast\.csv: the forecast has steps of 1 day, the truth of 1 hour: compare it with a table of steps of 1 day$/,
    );
    await expect(read(daily.map((time) => time.slice(0, 10)))).rejects.toThrow(
      /the forecast has steps of 1 day, the truth of 1 hour/,
    );
    await expect(
      read(['2024-01-02 00:00', '2024-01-02 00:15', '2024-01-02 00:30', '2024-01-02 00:45']),
    ).rejects.toThrow(/the forecast has steps of 15 minutes, the truth of 1 hour/);
  });

  it('is refused where steps are missing, twice, or off the grid', async () => {
    const times = ['2024-01-02 00:00', '2024-01-02 01:00', '2024-01-02 02:00'];
    const wrong = /series "a" has steps twice, or steps are missing/;
    await expect(read([...times, '2024-01-02 04:00'])).rejects.toThrow(wrong);
    await expect(read([...times, '2024-01-02 01:00'])).rejects.toThrow(wrong);
    await expect(read(times.map((time) => time.replace(':00', ':20')))).rejects.toThrow(
      /row 2: "2024-01-02 00:20" is no time of the truth's steps/,
    );
    await expect(read(['2024-01-02'])).rejects.toThrow(
      /row 2: "2024-01-02" is not of the form YYYY-MM-DD HH:mm/,
    );
  });
});
