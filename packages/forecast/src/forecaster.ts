/**
 * @module The trained model as programs use it.
 */

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onExit, within, writeFile } from '@sextant/io';
import { type ProgressUpdate, Run } from '@sextant/train';
import { type ModelConfig, TrainSchema } from './config.js';
import { type ConfigureOptions, configure } from './configure.js';
import { type ExportOptions, exportOnnx } from './export.js';
import type { Feature } from './feature.js';
import { NetworkMethod, type SamplingOptions } from './infer.js';
import { loadNetwork } from './load-network.js';
import type { Forecast, Method } from './method.js';
import { defaultSeasons } from './season.js';
import type { SeriesTable } from './series.js';
import { trainNetwork } from './train.js';
import { encodeWeights, type ForecastWeights, readWeights } from './weights.js';

export interface TrainForecasterOptions extends ConfigureOptions {
  /** In steps, the shortest first; those of the table's frequency where nothing is said. */
  readonly seasons?: readonly number[];
  /** A new folder for configuration, checkpoints and logs; none is kept without it. */
  readonly run?: string;
  /** Stops the training; what was learnt until then counts. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (update: ProgressUpdate) => void;
  readonly onMessage?: (line: string) => void;
}

export interface ForecastOptions extends Partial<SamplingOptions> {}

/** Levels of the quantiles where nothing else is said. */
export const DEFAULT_QUANTILES: readonly number[] = [0.1, 0.5, 0.9];

/** A table that may know its seasons, as `readTable` gives it. */
type Table = SeriesTable & { readonly recognized?: { readonly seasons: readonly number[] } };

/** The seasons that were recognised with a table, or those of its frequency. */
export const seasonsOf = ({ recognized, grid }: Table): readonly number[] =>
  recognized?.seasons ?? defaultSeasons(grid.frequency);

/**
 * A trained network.
 *
 * @example
 * const table = await readTable('load.csv');
 * const model = await Forecaster.train(table, { horizon: 48 });
 * const { values } = await model.predict({ horizon: 48, quantiles: [0.1, 0.5, 0.9] });
 */
export class Forecaster implements Method {
  private readonly method: NetworkMethod;

  /** @throws InputError when the parameters are not those of the configuration. */
  constructor(
    readonly weights: ForecastWeights,
    /** What `predict` forecasts where it is given nothing else: the table of the training. */
    readonly table?: SeriesTable,
  ) {
    const { config, state } = weights;
    this.method = new NetworkMethod(NAMES[config.network.model], config, loadNetwork(config, state));
  }

  /**
   * Trains a network on a table.
   *
   * @throws InputError when the series are too short, or as `Run.create` does.
   */
  static async train(table: Table, options: TrainForecasterOptions = {}): Promise<Forecaster> {
    const { seasons = seasonsOf(table), run: folder, signal, onProgress, onMessage, ...rest } = options;
    const config = { ...configure(table, seasons, rest), data: '' };
    return inFolder(folder, async (path) => {
      const run = await Run.create(path, TrainSchema, config);
      try {
        await trainNetwork({
          run,
          table,
          ...(signal && { signal }),
          ...(onProgress && { onProgress }),
          ...(onMessage && { onMessage }),
        });
      } finally {
        await run.close();
      }
      return new Forecaster(await readWeights(path), table);
    });
  }

  /**
   * Loads a file that {@link save} wrote, or the best checkpoint of a run folder.
   *
   * @throws InputError naming the path and what is wrong with it.
   */
  static async load(path: string): Promise<Forecaster> {
    const weights = await readWeights(path);
    return within(path, () => new Forecaster(weights));
  }

  get name(): string {
    return this.method.name;
  }

  get config(): ModelConfig {
    return this.weights.config;
  }

  /** What it reads of every step beside the value before. */
  get features(): readonly Feature[] {
    return this.method.network.features;
  }

  /**
   * Forecasts what follows each series' last value: series of any lengths, also such that training did not know.
   *
   * @param table - the series; those of the training where it is left out.
   * @throws InputError when the table has other steps or the horizon is longer than the network was trained for, or a covariate is missing.
   */
  predict(table: SeriesTable, options?: ForecastOptions): Promise<Forecast>;
  predict(options?: ForecastOptions): Promise<Forecast>;
  async predict(first: SeriesTable | ForecastOptions = {}, second: ForecastOptions = {}): Promise<Forecast> {
    const [table, options] = 'series' in first ? [first, second] : [this.table, first];
    if (!table)
      throw new TypeError('Forecaster.predict: a loaded model has no table: give predict(table, options)');
    return this.method.predict(table, {
      horizon: this.config.horizon,
      quantiles: DEFAULT_QUANTILES,
      ...options,
    });
  }

  /** Writes weights and configuration as safetensors. @throws InputError when the file cannot be written. */
  save(path: string): Promise<void> {
    return writeFile(path, [encodeWeights(this.weights)]);
  }

  /** The network as one ONNX file: see {@link exportOnnx}. */
  export(options: ExportOptions): Promise<Uint8Array> {
    return exportOnnx(this.config, this.method.network, options);
  }

  /** Frees the compiled programs. */
  release(): Promise<void> {
    return this.method.release();
  }
}

/** Networks by the names that people know them by. */
const NAMES = { transformer: 'Transformer', deepar: 'DeepAR', deepstate: 'DeepState' } as const;

/** Works in a folder: the given one, or one of its own that is removed afterwards, also when a signal ends the process. */
async function inFolder<T>(given: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  if (given !== undefined) return work(given);
  const folder = await mkdtemp(join(tmpdir(), 'sextant-forecast-'));
  const done = onExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return await work(folder);
  } finally {
    done();
    await rm(folder, { recursive: true, force: true });
  }
}
