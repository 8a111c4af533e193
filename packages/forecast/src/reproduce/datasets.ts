/**
 * @module The real data sets of the article and of this project, from the folder that holds them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '@sextant/io';
import { readTable } from '../read.js';
import type { SeriesTable } from '../series.js';

/** M4-Hourly: 414 series without a calendar, the competition's test of 48 hours joined to the training data. */
export async function m4Hourly(data: string): Promise<SeriesTable> {
  const [train, test] = await Promise.all(
    ['Hourly-train.csv.gz', 'Hourly-test.csv.gz'].map((name) => readTable(join(data, 'm4', name))),
  );
  const ends = new Map(test!.series.map(({ id, values }) => [id, values]));
  return {
    ...train!,
    series: train!.series.map((s) => ({
      ...s,
      values: Float64Array.from([...s.values, ...ends.get(s.id)!]),
    })),
  };
}

/** Solar power of 137 plants, hourly, January to August 2006; the file itself holds no times. */
export async function solar(data: string): Promise<SeriesTable> {
  const table = await readTable(join(data, 'solar', 'solar_al_2006_hourly.csv.gz'));
  return { ...table, grid: { frequency: { unit: 'hour', count: 1 }, origin: Date.UTC(2006, 0, 1) / 1000 } };
}

/** Hours of ETTh1 that its usual split uses: 12 months of training, 4 of validation, 4 of test. */
const ETT_HOURS = 14_400;

/** ETTh1: the seven columns of a transformer station, as far as the usual split goes. */
export async function etth1(data: string): Promise<SeriesTable> {
  const table = await readTable(join(data, 'ett', 'ETTh1.csv.gz'));
  return {
    ...table,
    series: table.series.map((s) => ({ ...s, values: s.values.subarray(0, ETT_HOURS) })),
  };
}

/** @throws InputError when the folder of a data set is not there. */
export function requireData(data: string, name: string): void {
  const folder = join(data, name);
  if (!existsSync(folder))
    throw new InputError(`the data are not there: ${folder}; give their folder with --data`);
}
