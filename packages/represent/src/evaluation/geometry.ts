/**
 * @module The geometry of representations: how far positives and all pairs lie apart on the sphere, and how many
 * dimensions the vectors fill. A collapsed encoder shows here before it shows in accuracy.
 */
import {
  exp,
  Generator,
  matmul,
  mul,
  NDArray,
  program,
  sub,
  sum,
  type Tensor,
  transpose,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import {
  centredRows,
  columnMeans,
  extentOf,
  type Features,
  normalized,
  rowsAt,
  sameWidth,
  squaredDistance,
  squaredNorm,
} from './features.js';
import { symmetricEigen } from './symmetric-eigen.js';

/**
 * Alignment of positives, mean ‖x - y‖^α of vectors divided by their lengths (Wang and Isola, 2020, α = 2): 0 where the
 * views of a picture have one direction, 2 on average where they are unrelated.
 *
 * @param views - two views of the same pictures, row by row [N, D].
 * @throws InputError when their shapes differ.
 */
export function alignment(views: readonly [Features, Features], alpha = 2): number {
  const [a, b] = views;
  sameWidth(a, b);
  const [rows, width] = extentOf(a);
  if (b.shape[0] !== rows) throw new InputError(`${rows} and ${b.shape[0]} vectors are not pairs`);
  const [x, y] = [normalized(a), normalized(b)];
  let total = 0;
  for (let at = 0; at < x.size; at += width)
    total += squaredDistance(x.data, at, y.data, at, width) ** (alpha / 2);
  return total / rows;
}

export interface SampleOptions {
  /** Rows that are looked at, chosen at random where there are more (10,000). */
  readonly sample?: number;
  /** Of the choice (0). */
  readonly seed?: number;
}

/** Some rows at random, in their order; all where there are not more. */
export function sampled(features: Features, { sample = 10_000, seed = 0 }: SampleOptions): Features {
  return rowsAt(features, sampleOf(features.shape[0]!, { sample, seed }));
}

/** Numbers of `sample` rows out of `rows`, ascending. */
export function sampleOf(rows: number, { sample = 10_000, seed = 0 }: SampleOptions): Int32Array {
  if (rows <= sample) return Int32Array.from({ length: rows }, (_, i) => i);
  return new Generator(seed).permutation(rows).data.slice(0, sample).sort();
}

const BLOCK = 1024;

/**
 * Uniformity, log of the mean of exp(-t ‖x - y‖²) over all pairs of vectors divided by their lengths (Wang and Isola,
 * 2020, t = 2): 0 where all have one direction, about -2t where they fill a sphere of many dimensions. Of more than
 * `sample` vectors some are chosen at random.
 *
 * @throws InputError for fewer than two vectors.
 */
export async function uniformity(
  features: Features,
  { t = 2, ...options }: SampleOptions & { readonly t?: number } = {},
): Promise<number> {
  const vectors = normalized(sampled(features, options));
  const [rows, width] = extentOf(vectors);
  if (rows < 2) throw new InputError('uniformity is of pairs: give two vectors or more');
  // ‖x - y‖² = 2 - 2 x·y; rows of zeros, which have no direction, count as being √2 from everything.
  const sums = program(
    (x: Tensor, y: Tensor) => sum(exp(mul(sub(matmul(x, transpose(y)), 1), 2 * t)), { axes: 1 }),
    { name: 'uniformity', inputs: [{ shape: ['N', width] }, { shape: ['M', width] }] },
  );
  let total = 0;
  try {
    for (let at = 0; at < rows; at += BLOCK) {
      const end = Math.min(at + BLOCK, rows);
      const part = vectors.data.subarray(at * width, end * width);
      const found = await sums(new NDArray(part, [end - at, width], 'float32'), vectors);
      for (const v of found.data as Float32Array) total += v;
    }
  } finally {
    await sums.release();
  }
  for (let i = 0; i < rows; i++) total -= Math.exp(2 * t * (squaredNorm(vectors.data, i * width, width) - 1));
  return Math.log(Math.max(total, 0) / (rows * (rows - 1)));
}

/** How many dimensions vectors fill. */
export interface Spectrum {
  /** Singular values of the vectors about their mean or about 0, descending [D]. */
  readonly singularValues: Float64Array;
  /** exp of the entropy of the singular values' shares (Roy and Vetterli, 2007): 1 to D, 0 where all vectors are equal. */
  readonly effectiveRank: number;
  /** Singular values above the largest times max(N, D) times float32's epsilon. */
  readonly rank: number;
}

/** Rows whose products are added in one run. */
const ROWS = 4096;

export interface CovarianceOptions {
  /** About the mean (true), or about 0, where vectors that are all equal span one dimension. */
  readonly centred?: boolean;
}

/** The covariance of vectors, Σ (x - mean)(x - mean)ᵀ / N, in double precision [D, D]. */
export async function covariance(
  features: Features,
  { centred = true }: CovarianceOptions = {},
): Promise<Float64Array> {
  const [rows, width] = extentOf(features);
  const centre = centred ? columnMeans(features) : new Float64Array(width);
  const product = program((x: Tensor) => matmul(transpose(x), x), {
    name: 'covariance',
    inputs: [{ shape: ['N', width], dtype: 'float64' }],
  });
  const total = new Float64Array(width * width);
  try {
    for (let at = 0; at < rows; at += ROWS) {
      const found = await product(centredRows(features, centre, at, Math.min(at + ROWS, rows)));
      const part = found.data as Float64Array;
      for (let i = 0; i < part.length; i++) total[i]! += part[i]! / rows;
    }
  } finally {
    await product.release();
  }
  return total;
}

/** The singular values of vectors, and the ranks that follow from them. */
export async function spectrum(features: Features, options: CovarianceOptions = {}): Promise<Spectrum> {
  const [rows, width] = extentOf(features);
  const { values } = symmetricEigen(await covariance(features, options), width);
  const singularValues = values.map((v) => Math.sqrt(Math.max(v, 0) * rows));
  const threshold = singularValues[0]! * Math.max(rows, width) * 2 ** -23;
  return {
    singularValues,
    effectiveRank: effectiveRank(singularValues),
    rank: singularValues.filter((v) => v > threshold).length,
  };
}

/** exp of the entropy of shares; 0 where there is nothing to share. */
export function effectiveRank(values: Float64Array): number {
  const total = values.reduce((s, v) => s + v, 0);
  if (total === 0) return 0;
  const entropy = values.reduce((s, v) => (v > 0 ? s - (v / total) * Math.log(v / total) : s), 0);
  return Math.exp(entropy);
}
