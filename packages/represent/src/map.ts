/**
 * @module Maps: vectors as points of a plane in which neighbours stay neighbours.
 */
import { Generator, NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { UMAP } from 'umap-js';
import { principalCoordinates } from './components.js';
import type { Features } from './evaluation/features.js';
import { nearest } from './evaluation/nearest.js';
import { type Measure, measured } from './search.js';

export const MAP_METHODS = ['umap', 'pca'] as const;
export type MapMethod = (typeof MAP_METHODS)[number];

/** The most vectors that UMAP takes: its graph, in JavaScript objects, grows to gigabytes beyond. */
export const UMAP_LIMIT = 20_000;

export interface MapOptions {
  /** UMAP (McInnes, Healy and Melville, 2018; the default), or the first two principal components. */
  readonly method?: MapMethod;
  /** `cosine` by default. */
  readonly measure?: Measure;
  /** Neighbours that UMAP keeps together, with the vector itself (15): more show the whole, fewer the detail. */
  readonly neighbours?: number;
  /** How close UMAP puts points (0.1). */
  readonly minDistance?: number;
  /** Passes of UMAP: 500 up to 2500 vectors, 200 for more than 7500, by default. */
  readonly epochs?: number;
  /** Of UMAP's choices (0). */
  readonly seed?: number;
  /** Called after each pass. */
  readonly onEpoch?: (epoch: number, epochs: number) => void;
}

/** @throws InputError for more than {@link UMAP_LIMIT} vectors by UMAP. */
export function checkMapSize(rows: number, method: MapMethod): void {
  if (method === 'umap' && rows > UMAP_LIMIT)
    throw new InputError(
      `${rows} vectors are more than the ${UMAP_LIMIT} that UMAP takes; choose some of them, or the method pca`,
    );
}

/** Width that initial coordinates have, as in UMAP's own start. */
const START = 10;

/**
 * Places vectors in the plane [N, 2], the same for the same seed. UMAP begins at the principal components, and its
 * neighbours are exact; of fewer than five vectors it gives the principal components.
 *
 * @throws InputError for more than {@link UMAP_LIMIT} vectors by UMAP, for fewer than two neighbours, and for a vector of
 *   zeros measured by angle.
 */
export async function mapVectors(features: Features, options: MapOptions = {}): Promise<Features> {
  const { method = 'umap', measure = 'cosine', neighbours = 15, minDistance = 0.1, seed = 0 } = options;
  const rows = features.shape[0]!;
  checkMapSize(rows, method);
  const vectors = measured(features, measure, (row) => `vector ${row}`);
  const start = await principalCoordinates(vectors, 2);
  if (method === 'pca' || rows < 5) return start;
  if (!Number.isInteger(neighbours) || neighbours < 2)
    throw new InputError(`${neighbours} neighbours; give a whole number, 2 or above`);
  const k = Math.min(neighbours, rows - 1);
  const { indices, distances } = await nearest(vectors, vectors, k);
  const random = new Generator(seed).fork('map');
  const umap = new UMAP({
    nNeighbors: k,
    minDist: minDistance,
    random: () => random.uniform(),
    ...(options.epochs === undefined ? {} : { nEpochs: options.epochs }),
  });
  umap.setPrecomputedKNN(listed(indices, k), listed(distances, k));
  // With neighbours given it reads no more of the vectors than how many they are.
  const epochs = umap.initializeFit(Array.from({ length: rows }, () => []));
  begin(umap.getEmbedding(), start, random);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    options.onEpoch?.(epoch, epochs);
  }
  return new NDArray(Float32Array.from(umap.getEmbedding().flat()), [rows, 2], 'float32');
}

const listed = (values: Int32Array | Float64Array, k: number): number[][] =>
  Array.from({ length: values.length / k }, (_, i) => Array.from(values.subarray(i * k, (i + 1) * k)));

/** Moves the points, in place, to the principal components, with a trifle of noise that separates equal ones. */
function begin(points: number[][], start: Features, random: Generator): void {
  const reach = start.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  for (const [i, point] of points.entries())
    for (let j = 0; j < 2; j++) point[j] = (START * start.data[2 * i + j]!) / reach + random.normal(0, 1e-4);
}
