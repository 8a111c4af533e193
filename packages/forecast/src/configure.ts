/**
 * @module A training's configuration from a preset and what the data are like.
 */
import { InputError } from '@sextant/io';
import type { TrainConfig } from './config.js';
import { defaultFeatures, fitFeatures } from './features.js';
import { PRESETS, type Preset, type PresetName } from './presets.js';
import type { ScaleVariant } from './scale.js';
import type { SeriesTable } from './series.js';

/** What a user may say; the rest follows from preset and data. */
export interface ConfigureOptions {
  /** `small` */
  readonly preset?: PresetName;
  /** Steps that the network sees: 7 of the shortest season. */
  readonly history?: number;
  /** Steps that it forecasts: 2 of the shortest season. */
  readonly horizon?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly seed?: number;
}

/** Steps that stand for a season where the data have none. */
const NO_SEASON = 12;

/** What is forecast where nothing else is said: two of the shortest season, and at most a quarter of a usual series. */
export const defaultHorizon = (table: SeriesTable, seasons: readonly number[]): number =>
  Math.max(1, Math.min(2 * (seasons[0] ?? NO_SEASON), Math.floor(medianLength(table) / 4)));

/**
 * The configuration to train on a table.
 *
 * @param seasons - in steps, the shortest first.
 * @throws InputError when the series are too short for the horizon.
 */
export function configure(
  table: SeriesTable,
  seasons: readonly number[],
  { preset: name = 'small', ...given }: ConfigureOptions = {},
): Omit<TrainConfig, 'data'> {
  const preset: Preset = PRESETS[name];
  const { network, seasonalLags, validate, positions, ...training } = preset;
  const median = medianLength(table);
  const longest = table.series.reduce((max, { values }) => Math.max(max, values.length), 0);
  const horizon = given.horizon ?? preset.horizon ?? defaultHorizon(table, seasons);
  if (longest <= horizon) {
    throw new InputError(
      `the longest series has ${longest} values: too few to learn to forecast ${horizon} steps; give a shorter horizon or more data`,
    );
  }
  const heldOut = validate && median >= 3 * horizon ? horizon : 0;
  const wanted = preset.history ?? 7 * (seasons[0] ?? NO_SEASON);
  const history = given.history ?? Math.max(1, Math.min(wanted, median - horizon - heldOut));
  const batchSize = given.batchSize ?? preset.batchSize;
  const affordable =
    positions === undefined ? preset.steps : Math.ceil(positions / (batchSize * (history + horizon)));
  return {
    ...training,
    network,
    frequency: table.grid.frequency,
    history,
    horizon,
    scale: scaleOf(table),
    features: fitFeatures(table, [
      ...defaultFeatures(table, seasons),
      ...(seasonalLags ? seasons.map((steps) => ({ kind: 'lag', steps }) as const) : []),
    ]),
    season: seasons[0] ?? 0,
    series:
      network.model !== 'transformer' || network.seriesEmbedding ? table.series.map(({ id }) => id) : [],
    heldOut,
    seed: given.seed ?? preset.seed,
    steps: given.steps ?? Math.min(preset.steps, affordable),
    batchSize,
  };
}

/** The paper's scale wants values whose mean is positive. */
const scaleOf = ({ series }: SeriesTable): ScaleVariant =>
  series.some(({ values }) => values.some((v) => v < 0)) ? 'mean_abs_plus_one' : 'mean_plus_one';

function medianLength({ series }: SeriesTable): number {
  const lengths = series.map(({ values }) => values.length).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)]!;
}
