import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import type { Method } from '../method.js';
import { Scorer } from '../score.js';
import type { SeriesTable } from '../series.js';
import { arima } from './auto-arima.js';
import { climatology } from './climatology.js';
import { ets } from './ets.js';
import { naive, seasonalNaive } from './seasonal-naive.js';
import { trmf } from './trmf.js';

const tableOf = (series: readonly ArrayLike<number>[]): SeriesTable => ({
  series: series.map((values, i) => ({
    id: `s${i}`,
    start: 0,
    values: Float64Array.from(values),
    covariates: [],
  })),
  covariates: [],
  grid: { frequency: { unit: 'index', count: 1 }, origin: 0 },
});

const forecast = async (method: Method, series: ArrayLike<number>, horizon: number, quantiles = [0.5]) =>
  [...(await method.predict(tableOf([series]), { horizon, quantiles })).values[0]!].map(
    (v) => Math.round(v * 1e6) / 1e6,
  );

const methods = [4, 24].flatMap((season) => [
  naive(),
  seasonalNaive({ season }),
  climatology({ season }),
  ets({ season }),
  arima({ season }),
  trmf({ season }),
]);

describe('naive forecasts', () => {
  it('repeat the last value, and the last season', async () => {
    const y = [1, 2, 3, 4, 5, 7];
    expect(await forecast(naive(), y, 2)).toEqual([7, 7]);
    expect(await forecast(seasonalNaive({ season: 3 }), y, 5)).toEqual([4, 5, 7, 4, 5]);
    expect(await forecast(seasonalNaive({ season: 2 }), [1, 2, 3, Number.NaN], 2)).toEqual([3, 2]);
  });

  it('are less sure with each season ahead', async () => {
    // Seasonal changes 3, 3, 4 and z(0.9) = 1.2815516.
    const sigma = Math.sqrt((9 + 9 + 16) / 3);
    const found = await forecast(seasonalNaive({ season: 3 }), [1, 2, 3, 4, 5, 7], 4, [0.9]);
    expect(found[0]).toBeCloseTo(4 + 1.2815516 * sigma, 5);
    expect(found[3]).toBeCloseTo(4 + 1.2815516 * sigma * Math.SQRT2, 5);
  });
});

describe('climatology', () => {
  it('has the quantiles of each phase over the last seasons', async () => {
    const y = [90, 90, 1, 10, 2, 20, 3, 60];
    expect(await forecast(climatology({ season: 2, seasons: 3 }), y, 3, [0.5, 0.75])).toEqual([
      2, 20, 2, 2.5, 40, 2.5,
    ]);
    expect(
      await forecast(climatology({ season: 2, seasons: 1 }), [1, 5, Number.NaN, 7, Number.NaN], 2),
    ).toEqual([7, 7]);
  });
});

describe('TRMF', () => {
  it('continues what few latent series make, through missing values and unequal ends', async () => {
    const wave = (i: number, t: number) =>
      50 + i * Math.sin((2 * Math.PI * t) / 12) + (7 - i) * Math.cos((2 * Math.PI * t) / 12);
    const series = Array.from({ length: 7 }, (_, i) =>
      Float64Array.from({ length: i === 3 ? 110 : 120 }, (_, t) =>
        (t + i) % 11 === 0 ? Number.NaN : wave(i, t),
      ),
    );
    const found = await trmf({ season: 12, rank: 2, lambdaF: 0.1, lambdaW: 0.1 }).predict(tableOf(series), {
      horizon: 24,
      quantiles: [0.5],
    });
    for (const [i, values] of found.values.entries()) {
      const end = series[i]!.length;
      for (const [h, v] of values.entries()) expect(Math.abs(v - wave(i, end + h))).toBeLessThan(0.5);
    }
  });
});

describe.each(methods)('$name', (method) => {
  const odd: Readonly<Record<string, readonly number[]>> = {
    'one value': [3],
    'two values': [3, 4],
    'a value among missing ones': [Number.NaN, Number.NaN, -2, Number.NaN],
    constant: Array(60).fill(-7),
    zeros: Array(60).fill(0),
    negative: Array.from({ length: 60 }, (_, t) => -1e6 - (t % 4) - Math.sin(t)),
    gaps: Array.from({ length: 90 }, (_, t) => (t > 20 && t < 50 ? Number.NaN : 1e-3 * (t % 4))),
    'less than two seasons': [1, 5, 2, 8, 3, 9, 1],
  };

  it.each(Object.keys(odd))('forecasts %s', async (name) => {
    const table = tableOf([odd[name]!]);
    const { values } = await method.predict(table, { horizon: 5, quantiles: [0.1, 0.5, 0.9] });
    const found = [...values[0]!];
    expect(found.every(Number.isFinite)).toBe(true);
    for (let h = 0; h < 5; h++) {
      expect(found[5 + h]).toBeGreaterThanOrEqual(found[h]!);
      expect(found[10 + h]).toBeGreaterThanOrEqual(found[5 + h]!);
    }
    const known = odd[name]!.filter((v) => !Number.isNaN(v));
    if (new Set(known).size === 1) for (const v of found) expect(v).toBeCloseTo(known[0]!, 9);
  });

  it('refuses a series without values, and a horizon of 0', async () => {
    const options = { horizon: 5, quantiles: [0.5] };
    await expect(method.predict(tableOf([[1, 2], [Number.NaN]]), options)).rejects.toThrow(InputError);
    await expect(method.predict(tableOf([[1, 2]]), { ...options, horizon: 0 })).rejects.toThrow(InputError);
  });
});

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const present = existsSync(DATA);
if (!present) console.warn(`baselines: figures skipped, there is no ${DATA}`);

/** Rows of a table, without its header. */
async function rowsOf(path: string): Promise<string[][]> {
  const text = gunzipSync(await readFile(DATA + path)).toString();
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replaceAll('"', '').split(','));
}

describe.skipIf(!present)('the figures of simple methods', () => {
  it('are the published ones on M4-Hourly', async () => {
    const series = (rows: string[][]) =>
      rows.map((row) =>
        Float64Array.from(
          row.slice(1).filter((v) => v !== ''),
          Number,
        ),
      );
    const history = series(await rowsOf('m4/Hourly-train.csv.gz'));
    const truth = series(await rowsOf('m4/Hourly-test.csv.gz'));
    const measured = async (method: Method) => {
      const options = { horizon: 48, quantiles: [0.5, 0.9] };
      const found = await method.predict(tableOf(history), options);
      return new Scorer([0.5, 0.9], 24).add(found, truth, history).score;
    };
    const seasonal = await measured(seasonalNaive({ season: 24 }));
    expect(seasonal.quantileLoss.get(0.5)).toBeCloseTo(0.0483, 4);
    expect(seasonal.quantileLoss.get(0.9)).toBeCloseTo(0.0273, 4);
    expect(seasonal.smape).toBeCloseTo(13.912, 3);
    expect(seasonal.mase).toBeCloseTo(1.193, 3);
    const last = await measured(naive());
    expect(last.quantileLoss.get(0.5)).toBeCloseTo(0.1663, 4);
    expect(last.quantileLoss.get(0.9)).toBeCloseTo(0.0741, 4);
  });

  it('are the known ones on solar power', async () => {
    const rows = (await rowsOf('solar/solar_al_2006_hourly.csv.gz')).map((row) => row.map(Number));
    const plants = rows[0]!.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
    const measured = async (method: Method, days: number, windows: number) => {
      const horizon = 24 * days;
      const scorer = new Scorer([0.5, 0.9], 24);
      for (let window = 0; window < windows; window++) {
        const at = 5664 + 24 * window;
        const history = plants.map((y) => y.subarray(0, at));
        const found = await method.predict(tableOf(history), { horizon, quantiles: [0.5, 0.9] });
        scorer.add(
          found,
          plants.map((y) => y.subarray(at, at + horizon)),
          history,
        );
      }
      const { quantileLoss } = scorer.score;
      return [quantileLoss.get(0.5)!, quantileLoss.get(0.9)!].map((v) => v.toFixed(4));
    };
    expect(await measured(climatology({ season: 24 }), 7, 1)).toEqual(['0.2084', '0.0688']);
    expect(await measured(climatology({ season: 24 }), 1, 7)).toEqual(['0.2027', '0.0678']);
    expect(await measured(seasonalNaive({ season: 24 }), 7, 1)).toEqual(['0.2593', '0.3913']);
    expect((await measured(seasonalNaive({ season: 24 }), 1, 7))[0]).toBe('0.2565');
  });
});
