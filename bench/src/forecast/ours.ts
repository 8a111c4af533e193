/**
 * @module Sextant's side of the forecast's cases: a process that does one job.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  add,
  createRuntime,
  div,
  expandDims,
  mean,
  mul,
  NDArray,
  onesLike,
  program,
  Generator as Random,
  setDefaultRuntime,
  slice,
  type Tensor,
} from '@sextant/engine';
import {
  matrixOf,
  NetworkMethod,
  patternOf,
  type SampleInputs,
  type SeriesTable,
  sampleQuantiles,
  type WindowBatch,
} from '@sextant/forecast';
import { makeFolder, writePyTorch } from '@sextant/io';
import { Adam } from '@sextant/nn';
import type { JobOptions } from '../case.js';
import { type Job, serve, timed } from '../serve.js';
import {
  BATCH,
  futures,
  HISTORY,
  HORIZON,
  modelConfig,
  network,
  patternConfig,
  SAMPLES,
  trainingBatch,
  type Variant,
} from './work.js';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
const versions = { 'onnxruntime-node': version };

const variantOf = ({ pattern, dropout }: JobOptions): Variant => ({ pattern, dropout }) as Variant;

/** Writes weights, by the names of peers, and inputs. */
async function writeWork(options: JobOptions, inputs: Readonly<Record<string, NDArray>>) {
  const state = network(variantOf(options)).module.stateDict();
  const weights = new Map([...state].map(([name, value]) => [name.replace(/^head\./, ''), value]));
  await makeFolder(options.folder);
  await writePyTorch(
    join(options.folder, 'forecast.pt'),
    new Map<string, NDArray | Map<string, NDArray>>([['network', weights], ...Object.entries(inputs)]),
  );
  return { run: () => Promise.reject(new Error('this job only prepares')) };
}

const workStep: Job = (options) => {
  const { weight: _, ...inputs } = trainingBatch();
  const pattern = patternOf(patternConfig(variantOf(options)), HISTORY + HORIZON);
  const isSparse = variantOf(options).pattern !== 'full';
  return writeWork(options, { ...inputs, ...(isSparse ? { mask: matrixOf(pattern) } : {}) });
};

const workPredict: Job = (options) => {
  const { history, covariates, series, noise } = futures(BATCH);
  return writeWork(options, { history, future_covariates: covariates, future_series: series, noise });
};

/** Loss, gradients and Adam's update of a batch of windows. */
const step: Job = async (options) => {
  const { module, loss } = network(variantOf(options));
  const optimizer = new Adam(module.parameters(), { learningRate: 1e-3 });
  const update = program(
    (batch: WindowBatch) => {
      const value = loss(batch);
      optimizer.minimize(value);
      return value;
    },
    { name: 'step' },
  );
  const batch = trainingBatch();
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(() => update(batch as never));
      // With dropout, losses of two sides differ.
      return variantOf(options).dropout > 0 ? { ms } : { ms, digest: result.item() };
    },
  };
};

/** Series whose samples are drawn together, as `NetworkMethod` does it. */
const TOGETHER = 4;

/** Inputs of a few series: history in original units [B, T], covariates of history and horizon [B, T + H, C]. */
interface Futures extends Pick<SampleInputs, 'covariates' | 'series' | 'noise'> {
  readonly original: Tensor;
}

/** Medians of samples that are drawn with the noise which peers get too. */
const predict: Job = async (options) => {
  const { sample } = network(variantOf(options));
  const draw = program(
    ({ original, covariates, series, noise }: Futures) => {
      const scale = add(mean(original, { axes: [1], keepDims: true }), 1);
      const drawn = sample({
        history: div(original, scale),
        known: onesLike(original),
        covariates: slice(covariates, 1, 0, HISTORY),
        future: slice(covariates, 1, HISTORY),
        series,
        noise,
      });
      return mul(drawn, expandDims(scale, -1));
    },
    { name: 'sample', freeze: true },
  );
  const parts = partsOf(futures(BATCH));
  return {
    versions,
    run: async () => {
      const { ms, result } = await timed(async () => {
        let total = 0;
        for (const part of parts) {
          const drawn = (await draw(part as never)).data as Float32Array;
          for (let i = 0; i < TOGETHER; i++) {
            const samples = drawn.subarray(i * SAMPLES * HORIZON, (i + 1) * SAMPLES * HORIZON);
            total += sampleQuantiles(samples, SAMPLES, [0.5]).reduce((sum, v) => sum + v, 0);
          }
        }
        return total / (BATCH * HORIZON);
      });
      return { ms, digest: result };
    },
  };
};

/** What the program reads of a few series at a time. */
function partsOf({ history, covariates, series, noise }: ReturnType<typeof futures>) {
  const rows = (array: NDArray, from: number, shape: readonly number[]): NDArray => {
    const each = array.size / array.shape[0]!;
    const data = array.data.subarray(from * each, (from + TOGETHER) * each);
    return new NDArray(data as never, [TOGETHER, ...shape], array.dtype);
  };
  return Array.from({ length: BATCH / TOGETHER }, (_, part) => {
    const first = part * TOGETHER;
    return {
      original: rows(history, first, [HISTORY]),
      covariates: rows(covariates, first, covariates.shape.slice(1)),
      series: rows(series, first, []),
      noise: rows(noise, first, [SAMPLES, HORIZON, 1]),
    };
  });
}

/** Quantiles of a competition's series, from a table of values to quantiles in their units. */
const predictM4: Job = async (options) => {
  const config = modelConfig(variantOf(options));
  const method = new NetworkMethod('network', config, network(variantOf(options)));
  const random = new Random(3);
  const table: SeriesTable = {
    series: config.series.map((id) => ({
      id,
      start: 0,
      values: Float64Array.from({ length: 960 }, () => random.normal(100, 20)),
      covariates: [],
    })),
    covariates: [],
    grid: { frequency: { unit: 'index', count: 1 }, origin: 0 },
  };
  return {
    versions,
    run: async () => {
      const { ms } = await timed(() =>
        method.predict(table, { horizon: HORIZON, quantiles: [0.1, 0.5, 0.9], samples: SAMPLES }),
      );
      return { ms };
    },
  };
};

const { threads } = JSON.parse(process.argv[2]!) as JobOptions;
setDefaultRuntime(createRuntime({ threads }));
await serve({
  'work-step': workStep,
  'work-predict': workPredict,
  step,
  predict,
  'predict-m4': predictM4,
});
