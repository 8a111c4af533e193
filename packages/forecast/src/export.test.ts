import { Generator, NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import type { ModelConfig } from './config.js';
import { Forecaster } from './forecaster.js';
import { newNetwork } from './networks.js';
import { PRESETS } from './presets.js';
import type { SeriesTable } from './series.js';

const config: ModelConfig = {
  network: { ...PRESETS.tiny.network, nLayers: 2, sigmaFloor: 0 } as ModelConfig['network'],
  frequency: { unit: 'index', count: 1 },
  history: 20,
  horizon: 5,
  scale: 'mean_plus_one',
  features: [
    { name: 'age', mean: 10, std: 4 },
    { name: 'phase3', mean: 1, std: 0.8 },
  ],
  season: 3,
  series: ['a', 'b'],
};

/** A forecaster whose sigma is softplus(bias), with weights larger than those that training begins with. */
function forecaster(sigmaBias: number): Forecaster {
  manualSeed(5);
  const random = new Generator(2);
  const state = new Map(
    [...newNetwork(config).module.stateDict()].map(([name, { shape }]) => {
      const drawn = random.normalArray(shape);
      const data = (drawn.data as Float32Array).map((v) => (name.startsWith('head.sigma') ? 0 : 0.3 * v));
      if (name === 'head.sigma.bias') data[0] = sigmaBias;
      return [name, new NDArray(data, shape, 'float32')] as const;
    }),
  );
  return new Forecaster({ config, state });
}

const lengths = [14, 14, 14];
const table: SeriesTable = {
  series: ['b', 'new', 'a'].map((id, i) => ({
    id,
    start: 0,
    values: Float64Array.from({ length: lengths[i]! }, (_, t) =>
      (t + i) % 5 === 1 || (i === 1 && t > 3 && t < 9) ? Number.NaN : 5 * (i + 1) + Math.sin(t + i),
    ),
    covariates: [],
  })),
  covariates: [],
  grid: { frequency: { unit: 'index', count: 1 }, origin: 0 },
};

async function inOnnxRuntime(model: Forecaster, quantiles: readonly number[], samples: number) {
  const session = await InferenceSession.create(await model.export({ horizon: 4, quantiles, samples }));
  const [count, length] = [3, 14];
  const history = Float32Array.from(table.series.flatMap(({ values }) => [...values]));
  const rows = Array.from({ length: length + 4 }, (_, t) => [t, t % 3]).flat();
  const repeated = (row: readonly number[]) =>
    new Tensor('float32', Float32Array.from([...row, ...row, ...row]), [count, row.length / 2, 2]);
  const { quantiles: found } = await session.run({
    history: new Tensor('float32', history, [count, length]),
    covariates: repeated(rows.slice(0, 2 * length)),
    future: repeated(rows.slice(2 * length)),
    series: new Tensor('int32', Int32Array.of(1, 2, 0), [count]),
    seed: new Tensor('int32', Int32Array.of(7), []),
  });
  expect(found!.dims).toEqual([count, quantiles.length, 4]);
  return found!.data as Float32Array;
}

it('the file forecasts as predict does, through gaps, for known and new series', async () => {
  // Without noise, samples are all the same: the two agree to rounding.
  const model = forecaster(-30);
  const exact = await inOnnxRuntime(model, [0.5], 3);
  const { values } = await model.predict(table, { horizon: 4, quantiles: [0.5], samples: 3 });
  const expected = values.flatMap((v) => [...v]);
  expect(new Set(expected.map((v) => v.toFixed(2))).size).toBeGreaterThan(6);
  for (const [i, v] of expected.entries()) expect(exact[i]).toBeCloseTo(v, 3);
});

it('the file tells what it reads', async () => {
  const bytes = await forecaster(-1).export({ horizon: 4, quantiles: [0.5], samples: 1 });
  const text = Buffer.from(bytes).toString('latin1');
  expect(text).toMatch(/frequency.{1,8}index/s);
  expect(text).toMatch(/covariates.{1,8}\["age","phase3"\]/s);
});

it('its quantiles are those of predict, but for the samples', async () => {
  const model = forecaster(-1);
  const options = { horizon: 4, quantiles: [0.2, 0.5, 0.9], samples: 4000 };
  const found = await inOnnxRuntime(model, options.quantiles, options.samples);
  const { values } = await model.predict(table, options);
  for (const [i, row] of values.entries()) {
    const width = row[2 * 4]! - row[0]!;
    for (const [j, v] of row.entries())
      expect(Math.abs(found[i * row.length + j]! - v)).toBeLessThan(0.08 * width);
  }
  await expect(async () => model.export({ ...options, horizon: 6 })).rejects.toThrow(
    /forecast 5 steps, not 6/,
  );
  await expect(async () => model.export({ ...options, samples: 1e9 })).rejects.toThrow(
    /futures drawn of each series must be 1 to 100000, not 1000000000/,
  );
});
