/**
 * @module Parameter layouts: the reference cases' own (`sextant`), and that of the authors-supplied code
 * (`decoder_transformer`; section 7 of the specification).
 */
import { NDArray } from '@sextant/engine';
import { InputError, type PyTorchValue, stateDict } from '@sextant/io';
import type { FeatureConfig, ModelConfig } from './config.js';
import type { NetworkConfig } from './model.js';
import type { PatternConfig } from './patterns.js';
import type { ScaleVariant } from './scale.js';
import type { Frequency } from './time.js';
import type { ForecastWeights } from './weights.js';

export type Layout = 'sextant' | 'decoder_transformer';

/** Where one of our parameters stands in a checkpoint. */
export interface Place {
  readonly key: string;
  /** Stored as [in, out], where ours is [out, in]. */
  readonly transposed?: boolean;
  /** Ours is the first or the second half of its rows. */
  readonly half?: 0 | 1;
}

/** A layer's parts: ours, the authors', and the names of the authors' weight and bias. */
const AUTHORS_LAYER = [
  ['attention.query', 'attn.query_key', 'weight', 'bias', { half: 0 }],
  ['attention.key', 'attn.query_key', 'weight', 'bias', { half: 1 }],
  ['attention.value', 'attn.value', 'w', 'b', { transposed: true }],
  ['attention.output', 'attn.c_proj', 'w', 'b', { transposed: true }],
  ['norm1', 'ln_1', 'g', 'b', {}],
  ['feed_forward.fc1', 'mlp.c_fc', 'w', 'b', { transposed: true }],
  ['feed_forward.fc2', 'mlp.c_proj', 'w', 'b', { transposed: true }],
  ['norm2', 'ln_2', 'g', 'b', {}],
] as const;

/** Places of our parameters in a checkpoint, by our paths. */
export function placesOf(
  layout: Layout,
  config: Pick<NetworkConfig, 'nLayers' | 'nSeries'>,
): Map<string, Place> {
  const authors = layout === 'decoder_transformer';
  const places = new Map<string, Place>();
  const table = (ours: string, theirs: string) =>
    places.set(`${ours}.weight`, { key: `${authors ? theirs : ours}.weight` });
  table('position_embedding', 'transformer.po_embed');
  if (config.nSeries > 0) table('series_embedding', 'transformer.id_embed');
  for (let i = 0; i < config.nLayers; i++) {
    for (const [ours, theirs, weight, bias, { transposed = false, ...half }] of AUTHORS_LAYER.map(
      withOptions,
    )) {
      const path = `layers.${i}.${ours}`;
      const block = `transformer.blocks.${i}.${theirs}`;
      places.set(
        `${path}.weight`,
        authors ? { key: `${block}.${weight}`, transposed, ...half } : { key: `${path}.weight` },
      );
      places.set(`${path}.bias`, authors ? { key: `${block}.${bias}`, ...half } : { key: `${path}.bias` });
    }
  }
  for (const name of ['mu', 'sigma']) {
    for (const part of ['weight', 'bias']) places.set(`head.${name}.${part}`, { key: `${name}.${part}` });
  }
  return places;
}

/** What a checkpoint's sizes do not say. */
export interface ImportOptions {
  /** What a step is. */
  readonly frequency?: Frequency;
  readonly horizon: number;
  readonly scale: ScaleVariant;
  /** Whether scores are divided by the root of a head's width. */
  readonly scaled: boolean;
  readonly mask: PatternConfig;
  readonly heads?: number;
  readonly headDim?: number;
  /** Names of the covariates in their order. */
  readonly features?: readonly string[];
  /** Ids of the series in their order. */
  readonly series?: readonly string[];
  /** Measures covariates on the data of the training. */
  readonly standardize?: (names: readonly string[]) => FeatureConfig[];
}

/** The covariates of the public code for hourly data. */
const HOURLY_FEATURES = ['age', 'weekday', 'hour', 'month'];

/**
 * Weights from a checkpoint of the authors-supplied code: layers and widths by the shapes of its arrays, the rest by
 * options. The window's length is that of its table of positions.
 *
 * @throws InputError when it is another checkpoint, or the options do not fit it.
 */
export function importNetwork(tree: PyTorchValue, options: ImportOptions): ForecastWeights {
  const state = plainState(tree);
  const shapeOf = (key: string): readonly number[] => {
    const found = state.get(key);
    if (!found) throw new InputError(`it has no ${key}: it is no checkpoint of decoder_transformer`);
    return found.shape;
  };
  const [length, dEmbed] = shapeOf('transformer.po_embed.weight') as [number, number];
  const width = shapeOf('mu.weight')[1]!;
  const [both, , kernelSize] = shapeOf('transformer.blocks.0.attn.query_key.weight') as [
    number,
    number,
    number,
  ];
  const nLayers = [...state.keys()].filter((key) =>
    /^transformer\.blocks\.\d+\.attn\.query_key\.weight$/.test(key),
  ).length;
  const nSeries = state.get('transformer.id_embed.weight')?.shape[0] ?? 0;
  const inner = both / 2;
  const headDim = options.headDim ?? (options.heads === undefined ? width : inner / options.heads);
  const nHeads = inner / headDim;
  if (!Number.isInteger(nHeads) || !Number.isInteger(headDim) || (options.heads ?? nHeads) !== nHeads) {
    throw new InputError(`its heads are ${inner} wide together: give --heads or --head-dim that divide it`);
  }
  const history = length - options.horizon;
  if (history < 1) throw new InputError(`its window has ${length} positions: give a shorter --horizon`);
  const config: ModelConfig = {
    network: {
      model: 'transformer',
      dEmbed,
      nLayers,
      nHeads,
      headDim: headDim === width ? null : headDim,
      kernelSize,
      scale: options.scaled,
      dropout: 0,
      mask: options.mask,
      skip: false,
      decoding: 'autoregressive',
      head: 'gaussian',
      sigmaFloor: 0,
      seriesEmbedding: nSeries > 0,
    },
    history,
    horizon: options.horizon,
    scale: options.scale,
    features: featuresOf(width - 1 - dEmbed, options),
    frequency: frequencyOf(options),
    season: 0,
    series: seriesOf(nSeries, options),
  };
  const places = placesOf('decoder_transformer', { nLayers, nSeries });
  return { config, state: parametersFrom(state, places) };
}

function featuresOf(count: number, { features, standardize }: ImportOptions): FeatureConfig[] {
  const names = features ?? (count === 4 ? HOURLY_FEATURES : []);
  if (names.length !== count) {
    throw new InputError(`it reads ${count} covariates, not ${names.length}: name them with --features`);
  }
  if (count > 0 && !standardize) {
    throw new InputError('its covariates were standardised by the data of its training: give them as --data');
  }
  return standardize?.(names) ?? [];
}

function frequencyOf({ frequency }: ImportOptions): Frequency {
  if (frequency) return frequency;
  throw new InputError(
    'it does not tell what its steps are: give the table of its training as --data, or --frequency',
  );
}

function seriesOf(count: number, { series }: ImportOptions): string[] {
  if (count === 0) return [];
  if (series?.length !== count) {
    throw new InputError(
      `it knows ${count} series, --data ${series ? `has ${series.length}` : 'is missing'}`,
    );
  }
  return [...series];
}

type LayerPart = readonly [string, string, string, string, Omit<Place, 'key'>];
const withOptions = (part: (typeof AUTHORS_LAYER)[number]): LayerPart => part;

/** A checkpoint's arrays by their names, without wrappers: `state_dict`, `module.`. */
export function plainState(tree: PyTorchValue): Map<string, NDArray> {
  const inner = tree instanceof Map ? (tree.get('state_dict') ?? tree) : tree;
  return new Map([...stateDict(inner)].map(([key, value]) => [key.replace(/^(module\.)+/, ''), value]));
}

/** Our parameters' values from a checkpoint's. @throws InputError naming what is missing or does not fit. */
export function parametersFrom(
  state: ReadonlyMap<string, NDArray>,
  places: ReadonlyMap<string, Place>,
): Map<string, NDArray> {
  return new Map(
    [...places].map(([ours, place]) => {
      const stored = state.get(place.key);
      if (!stored)
        throw new InputError(`the checkpoint has no ${place.key}: it is not a network of these options`);
      const value = place.half === undefined ? stored : halfOf(stored, place.half);
      return [ours, place.transposed ? transposed(value) : value];
    }),
  );
}

/**
 * The inverse of {@link parametersFrom}: values in our layout (parameters, or their gradients) in a checkpoint's. What
 * is not given is left out, with the whole array that it is half of.
 */
export function stateFrom(
  parameters: ReadonlyMap<string, NDArray>,
  places: ReadonlyMap<string, Place>,
): Map<string, NDArray> {
  const state = new Map<string, NDArray>();
  const halves = new Map<string, NDArray>();
  for (const [ours, { key, half, transposed: turned }] of places) {
    const value = parameters.get(ours);
    if (!value) continue;
    const first = halves.get(key);
    if (half === 0) halves.set(key, value);
    else if (half === undefined) state.set(key, turned ? transposed(value) : value);
    else if (first) state.set(key, joined(first, value));
  }
  return state;
}

function joined(a: NDArray, b: NDArray): NDArray {
  const data = new Float32Array(a.size + b.size);
  data.set(a.data as Float32Array);
  data.set(b.data as Float32Array, a.size);
  return new NDArray(data, [a.shape[0]! + b.shape[0]!, ...a.shape.slice(1)], 'float32');
}

function halfOf({ data, shape, dtype }: NDArray, half: 0 | 1): NDArray {
  const size = data.length / 2;
  return new NDArray(
    data.slice(half * size, (half + 1) * size) as never,
    [shape[0]! / 2, ...shape.slice(1)],
    dtype,
  );
}

function transposed({ data, shape, dtype }: NDArray): NDArray {
  const [rows, columns] = shape as [number, number];
  const values = data.slice() as Float32Array;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) values[j * rows + i] = Number(data[i * columns + j]);
  }
  return new NDArray(values as never, [columns, rows], dtype);
}
