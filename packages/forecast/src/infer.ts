/**
 * @module Forecasts by a trained network: samples of the future, and their quantiles (section 5).
 */
import { Generator, NDArray, type Program, program } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { isDirect, type ModelConfig } from './config.js';
import { scaled } from './data.js';
import { featureMatrix } from './features.js';
import { checkPredictOptions, type Forecast, type Method, type PredictOptions } from './method.js';
import type { ForecastNetwork, SampleInputs } from './networks.js';
import { normalQuantile } from './normal.js';
import { sampleQuantiles } from './quantiles.js';
import type { SeriesTable } from './series.js';
import { formatFrequency, isSameFrequency } from './time.js';

/** Series that are forecast in one run of the program: their samples fill the caches, not the memory. */
const SERIES_PER_RUN = 4;

/** Futures of one series that quantiles can gain from. */
const MAX_SAMPLES = 100_000;

export interface SamplingOptions extends PredictOptions {
  /** Futures drawn of each series (200). */
  readonly samples?: number;
  /** Told after every run how many series are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A network, and what it must know of the data it was trained on. */
export class NetworkMethod implements Method {
  private readonly programs = new Map<
    string,
    Program<[SampleInputs], ReturnType<ForecastNetwork['sample']>>
  >();
  private numbers: ReadonlyMap<string, number> | undefined;

  /** @param network - as `loadNetwork` makes it, where series are forecast that training did not know. */
  constructor(
    readonly name: string,
    readonly config: ModelConfig,
    readonly network: ForecastNetwork,
  ) {}

  /**
   * Forecasts what follows each series' last value.
   *
   * @throws InputError when the table has other steps or the horizon is longer than the network was trained for, or a covariate is missing.
   */
  async predict(table: SeriesTable, options: SamplingOptions): Promise<Forecast> {
    checkPredictOptions(options);
    const { horizon, quantiles } = options;
    const values: Float64Array[] = [];
    for await (const samples of this.sample(table, options)) {
      values.push(sampleQuantiles(samples, samples.length / horizon, quantiles));
    }
    return { horizon, quantiles, values };
  }

  /** Samples of every series in turn, row-major [samples, horizon], in the units of the data. */
  async *sample(
    table: SeriesTable,
    { horizon, samples = 200, seed = 0, onProgress = () => {} }: SamplingOptions,
  ): AsyncGenerator<Float32Array> {
    const { config } = this;
    requireFrequency(config, table);
    if (horizon > config.horizon) {
      throw new InputError(
        `the network was trained to forecast ${config.horizon} steps, not ${horizon}: train one with a longer horizon`,
      );
    }
    checkSamples(samples);
    const random = new Generator(seed);
    const draw = this.program(horizon);
    for (let first = 0; first < table.series.length; first += SERIES_PER_RUN) {
      const indices = range(first, Math.min(first + SERIES_PER_RUN, table.series.length));
      // Runs share a shape: series of other lengths go one by one.
      for (const group of byLength(indices, (i) => this.historyOf(table, i))) {
        const windows = group.map((i) =>
          this.inputsOf(table, i, horizon, samples, random.fork(table.series[i]!.id)),
        );
        const drawn = await draw(stacked(windows.map((w) => w.inputs)) as never);
        const all = drawn.data as Float32Array;
        const each = samples * horizon;
        for (const [k, { scale }] of windows.entries()) {
          yield all.subarray(k * each, (k + 1) * each).map((z) => z * scale);
        }
      }
      onProgress(first + indices.length, table.series.length);
    }
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await Promise.all([...this.programs.values()].map((p) => p.release()));
    this.programs.clear();
  }

  private historyOf(table: SeriesTable, index: number): number {
    return Math.min(table.series[index]!.values.length, this.config.history);
  }

  private inputsOf(table: SeriesTable, index: number, horizon: number, samples: number, random: Generator) {
    const {
      config,
      network: { features },
    } = this;
    const series = table.series[index]!;
    const to = series.values.length;
    const length = this.historyOf(table, index);
    const from = to - length;
    const { scale, filled, known } = scaled(series, from, to, length, config.scale);
    const matrix = featureMatrix(table, series, features, {
      from,
      to: to + horizon,
      scale,
      end: isDirect(config) ? to : Number.POSITIVE_INFINITY,
    });
    const width = features.length;
    const row = (data: Float32Array<ArrayBuffer>, ...shape: number[]) =>
      new NDArray(data, [1, ...shape], 'float32');
    const noise = this.network.joint
      ? random.normalArray([1, samples, horizon, this.network.noisePerDraw])
      : normalScores(samples, horizon);
    const inputs = {
      history: row(filled, length),
      known: row(known, length),
      covariates: row(matrix.slice(0, length * width), length, width),
      future: row(matrix.slice(length * width), horizon, width),
      series: new NDArray(Int32Array.of(this.seriesNumber(series.id)), [1], 'int32'),
      noise,
    };
    return { inputs, scale };
  }

  /** The number of a series' learned vector. New series have the one after all others: see `loadNetwork`. */
  private seriesNumber(id: string): number {
    const { series } = this.config;
    this.numbers ??= new Map(series.map((known, i) => [known, i]));
    return this.numbers.get(id) ?? series.length;
  }

  private program(horizon: number) {
    const key = String(horizon);
    const known = this.programs.get(key);
    if (known) return known;
    const C = this.config.features.length;
    const { noisePerDraw } = this.network;
    const made = program((inputs: SampleInputs) => this.network.sample(inputs), {
      name: 'sample',
      freeze: true,
      inputs: [
        {
          history: { shape: ['B', 'T'] },
          known: { shape: ['B', 'T'] },
          covariates: { shape: ['B', 'T', C] },
          future: { shape: ['B', horizon, C] },
          series: { shape: ['B'], dtype: 'int32' },
          noise: { shape: ['B', 'S', horizon, noisePerDraw] },
        },
      ],
    });
    this.programs.set(key, made);
    return made;
  }
}

/** @throws InputError when a table's steps are not those that a network was trained on. */
export function requireFrequency({ frequency }: ModelConfig, { grid }: SeriesTable): void {
  if (isSameFrequency(frequency, grid.frequency)) return;
  const [trained, given] = [formatFrequency(frequency), formatFrequency(grid.frequency)];
  throw new InputError(
    `the network was trained on steps of ${trained}, this table has steps of ${given}: give one with steps of ${trained} (--frequency says so where they are misread), or train a network on steps of ${given}`,
  );
}

/** @throws InputError for a number of futures that is none, or whose quantiles gain nothing but time. */
export function checkSamples(samples: number): void {
  if (Number.isSafeInteger(samples) && samples > 0 && samples <= MAX_SAMPLES) return;
  throw new InputError(`futures drawn of each series must be 1 to ${MAX_SAMPLES}, not ${samples}`);
}

/** The quantiles of S equal shares of a standard normal distribution, the same at every step [1, S, tau, 1]. */
export function normalScores(samples: number, horizon: number): NDArray<'float32'> {
  const scores = new Float32Array(samples * horizon);
  for (let s = 0; s < samples; s++) {
    scores.fill(normalQuantile((s + 0.5) / samples), s * horizon, (s + 1) * horizon);
  }
  return new NDArray(scores, [1, samples, horizon, 1], 'float32');
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Neighbours of equal length together, in order. */
function byLength(indices: readonly number[], lengthOf: (i: number) => number): number[][] {
  const groups: number[][] = [];
  for (const i of indices) {
    const last = groups.at(-1);
    if (last && lengthOf(last[0]!) === lengthOf(i)) last.push(i);
    else groups.push([i]);
  }
  return groups;
}

/** Inputs of single series, [1, …] each, as one batch. */
function stacked<T extends Readonly<Record<string, NDArray>>>(inputs: readonly T[]): T {
  const join = (arrays: readonly NDArray[]): NDArray => {
    const { shape, dtype, size } = arrays[0]!;
    const data = new (arrays[0]!.data.constructor as Float32ArrayConstructor)(size * arrays.length);
    for (const [i, a] of arrays.entries()) data.set(a.data as Float32Array, i * size);
    return new NDArray(data as never, [arrays.length, ...shape.slice(1)], dtype);
  };
  return Object.fromEntries(Object.keys(inputs[0]!).map((k) => [k, join(inputs.map((i) => i[k]!))])) as T;
}
