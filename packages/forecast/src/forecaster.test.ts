import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from './config.js';
import { backtest } from './evaluate.js';
import { Forecaster } from './forecaster.js';
import type { SeriesTable } from './series.js';
import type { Frequency } from './time.js';
import { decodeWeights, encodeWeights } from './weights.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-forecaster-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tableOf = (lengths: Readonly<Record<string, number>>): SeriesTable => ({
  series: Object.entries(lengths).map(([id, length], i) => ({
    id,
    start: 0,
    values: Float64Array.from({ length }, (_, t) => 10 * (i + 1) + 5 * Math.sin((Math.PI * t) / 6)),
    covariates: [],
  })),
  covariates: [],
  grid: { frequency: { unit: 'month', count: 1 }, origin: 0 },
});

const options = { preset: 'tiny', horizon: 6, history: 24, steps: 4 } as const;
const asked = { horizon: 4, quantiles: [0.2, 0.5], samples: 20 };
let model: Forecaster;
beforeAll(async () => {
  process.env.TMPDIR = folder;
  model = await Forecaster.train(tableOf({ a: 60, b: 48 }), options);
});

describe('Forecaster', () => {
  it('forecasts the table that it was trained on, and leaves no folder behind', async () => {
    // ONNX Runtime leaves files of its own there.
    expect(readdirSync(folder).filter((name) => name.startsWith('sextant'))).toEqual([]);
    const { values, horizon, quantiles } = await model.predict(asked);
    expect([horizon, quantiles]).toEqual([4, [0.2, 0.5]]);
    expect(values.map((v) => v.length)).toEqual([8, 8]);
    expect(values[0]!.every(Number.isFinite)).toBe(true);
    for (let h = 0; h < 4; h++) expect(values[0]![4 + h]).toBeGreaterThan(values[0]![h]!);
  });

  it('forecasts new series, also short ones, by the mean of the learned vectors', async () => {
    const mixed = tableOf({ b: 60, new: 5, a: 60 });
    const { values } = await model.predict(mixed, asked);
    expect(values.every((v) => v.every(Number.isFinite))).toBe(true);
    const { state, config } = model.weights;
    const vectors = state.get('series_embedding.weight')!;
    const [n, width] = vectors.shape as [number, number];
    expect(n).toBe(2);
    // Where all known vectors are the mean, a known series is forecast as an unknown one is.
    const mean = vectors.data.slice() as Float32Array;
    for (let j = 0; j < width; j++) mean[j] = mean[width + j] = (mean[j]! + mean[width + j]!) / 2;
    const same = new Map([...state, ['series_embedding.weight', new NDArray(mean, [n, width], 'float32')]]);
    const known = new Forecaster({ config: { ...config, series: ['new', 'x'] }, state: same });
    const one = tableOf({ new: 40 });
    const [expected, found] = [await known.predict(one, asked), await model.predict(one, asked)];
    expect([...found.values[0]!]).toEqual([...expected.values[0]!].map((v) => expect.closeTo(v, 4)));
    await known.release();
  });

  it('is the same after being saved and loaded, from a file and from a run', async () => {
    await model.save(join(folder, 'model.safetensors'));
    const table = tableOf({ a: 60, b: 48 });
    const loaded = await Forecaster.load(join(folder, 'model.safetensors'));
    expect(await loaded.predict(table, asked)).toEqual(await model.predict(asked));
    await Forecaster.train(table, { ...options, run: join(folder, 'run') });
    const ofRun = await Forecaster.load(join(folder, 'run'));
    expect(await ofRun.predict(table, asked)).toEqual(await model.predict(asked));
    expect(existsSync(join(folder, 'run/lock'))).toBe(false);
  });

  it.each(['deepar', 'deepstate'] as const)(
    'trains and forecasts by %s, from histories of any length',
    async (preset) => {
      const other = await Forecaster.train(tableOf({ a: 60, b: 48 }), { ...options, preset });
      const { values } = await other.predict(tableOf({ a: 60, b: 20 }), asked);
      expect(values.map((v) => v.length)).toEqual([8, 8]);
      expect(values.every((v) => v.every(Number.isFinite))).toBe(true);
      await other.release();
    },
  );

  it('refuses tables of other steps, and knows the same steps in other units', async () => {
    expect(model.config.frequency).toEqual({ unit: 'month', count: 1 });
    const table = tableOf({ a: 60, b: 48 });
    const stepped = (unit: Frequency['unit'], count: number) => ({
      ...table,
      grid: { frequency: { unit, count }, origin: 0 },
    });
    await expect(model.predict(stepped('day', 1), asked)).rejects.toThrow(
      new InputError(
        'the network was trained on steps of 1 month, this table has steps of 1 day: give one with steps of 1 month (--frequency says so where they are misread), or train a network on steps of 1 day',
      ),
    );
    await expect(model.predict(stepped('index', 1), asked)).rejects.toThrow(/this table has steps of index/);
    await expect(backtest(model, stepped('month', 3), { ...asked, season: 4 })).rejects.toThrow(
      /trained on steps of 1 month, this table has steps of 3 months/,
    );
    const { config, state } = model.weights;
    const hourly = new Forecaster({ config: { ...config, frequency: { unit: 'hour', count: 1 } }, state });
    expect((await hourly.predict(stepped('minute', 60), asked)).values).toHaveLength(2);
    await hourly.release();
  });

  it('asks for the step of weights that do not tell it', () => {
    const { frequency: _, ...config } = model.config;
    const bytes = encodeWeights({ config: config as ModelConfig, state: model.weights.state });
    expect(() => decodeWeights(bytes)).toThrow(
      /frequency: it is missing; say what a step of the training was, such as \{ "unit": "hour", "count": 1 \}/,
    );
  });

  it('says what is wrong', async () => {
    await expect(model.predict({ horizon: 7 })).rejects.toThrow(/trained to forecast 6 steps, not 7/);
    await expect(model.predict({ horizon: 1e9 })).rejects.toThrow(/horizon of 1000000000 steps is too long/);
    await expect(model.predict({ ...asked, samples: 1e9 })).rejects.toThrow(/must be 1 to 100000/);
    await expect(Forecaster.train({ ...tableOf({ a: 60 }), covariates: ['age'] }, options)).rejects.toThrow(
      /'age' has the name of one that every table has: rename/,
    );
    await expect(model.predict({ horizon: 0 })).rejects.toThrow(/horizon must be a positive whole number/);
    await expect(Forecaster.train(tableOf({ a: 5 }), { horizon: 6 })).rejects.toThrow(
      /has 5 values: too few/,
    );
    const { config, state } = model.weights;
    expect(() => new Forecaster({ config: { ...config, series: ['a'] }, state })).toThrow(
      /2 rows for 1 series/,
    );
    expect(() => new Forecaster({ config: { ...config, history: 25 }, state })).toThrow(/position_embedding/);
  });
});
