/**
 * @module Clusters of vectors: k-means, and how well clusters hold together and agree with classes.
 */
import {
  add,
  argmin,
  array,
  Generator,
  matmul,
  min,
  mul,
  type NDArray,
  oneHot,
  program,
  sum,
  type Tensor,
  transpose,
  Variable,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import {
  columnMeans,
  extentOf,
  type Features,
  rowsAt,
  shifted,
  squaredDistance,
  squaredNorm,
} from './features.js';

export interface KMeansOptions {
  /** Starts, of which the best result is kept (10). */
  readonly starts?: number;
  /** Steps of a start at most (300). */
  readonly maxSteps?: number;
  /** Of the starts (0). */
  readonly seed?: number;
}

export interface KMeansResult {
  /** Cluster of each vector [N]. */
  readonly assignments: Int32Array;
  /** [k, D] */
  readonly centres: Features;
  /** Σ squared distances to the own centre. */
  readonly inertia: number;
  /** Whether the best start ended because nothing changed any more. */
  readonly converged: boolean;
}

/**
 * k-means by Lloyd's steps from greedy k-means++ starts (Arthur and Vassilvitskii, 2007). A cluster that becomes empty
 * begins anew at the vector that is farthest from its centre. Memory: twice the vectors, and N × k numbers.
 *
 * @throws InputError when k is not in 1..N.
 */
export async function kMeans(
  features: Features,
  k: number,
  options: KMeansOptions = {},
): Promise<KMeansResult> {
  const { starts = 10, maxSteps = 300, seed = 0 } = options;
  const [rows, width] = extentOf(features);
  if (!Number.isInteger(k) || k < 1 || k > rows)
    throw new InputError(`${k} clusters are asked of ${rows} vectors; ask for 1 to ${rows}`);
  const mean = columnMeans(features);
  const centred = shifted(features, mean);
  const norms = Float64Array.from({ length: rows }, (_, i) => squaredNorm(centred.data, i * width, width));
  const programs = clusterPrograms(centred, k);
  const random = new Generator(seed);
  try {
    let best: KMeansResult | undefined;
    for (let start = 0; start < starts; start++) {
      const first = await seeded(centred, norms, k, random.fork(`start ${start}`), programs.products);
      const found = await lloyd(centred, norms, first, maxSteps, programs.step);
      if (!best || found.inertia < best.inertia) best = found;
    }
    return {
      ...best!,
      centres: shifted(
        best!.centres,
        mean.map((v) => -v),
      ),
    };
  } finally {
    await programs.release();
  }
}

type Programs = ReturnType<typeof clusterPrograms>;

function clusterPrograms(features: Features, k: number) {
  const width = features.shape[1]!;
  const vectors = new Variable(features);
  const distances = (centres: Tensor, norms: Tensor) =>
    add(matmul(vectors, transpose(mul(centres, -2))), norms);
  const inputs = (rows: number | string) =>
    [{ shape: [rows, width] }, { shape: [rows] }] satisfies [unknown, unknown];
  /** Squared distances to candidates, less the vectors' squared norms [N, C]. */
  const products = program(distances, { name: 'k-means++', inputs: inputs('C') });
  /** The nearest centre of each vector, its squared distance less the vector's squared norm, and sums by centre. */
  const step = program(
    (centres: Tensor, norms: Tensor) => {
      const found = distances(centres, norms);
      const nearest = argmin(found, 1);
      const members = oneHot(nearest, k);
      return {
        nearest,
        least: min(found, { axes: 1 }),
        sums: matmul(transpose(members), vectors),
        counts: sum(members, { axes: 0 }),
      };
    },
    { name: 'k-means', inputs: inputs(k) },
  );
  return {
    products,
    step,
    release: async () => {
      await products.release();
      await step.release();
    },
  };
}

const normsOf = (vectors: Features): NDArray => {
  const [rows, width] = extentOf(vectors);
  return array(Float32Array.from({ length: rows }, (_, i) => squaredNorm(vectors.data, i * width, width)));
};

/** First centres: each, of a few drawn with the squared distance as weight, the one that leaves the least inertia. */
async function seeded(
  features: Features,
  norms: Float64Array,
  k: number,
  random: Generator,
  products: Programs['products'],
): Promise<Features> {
  const rows = norms.length;
  const tries = 2 + Math.floor(Math.log(k));
  const chosen = [random.integer(0, rows)];
  const remaining = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const measure = async (candidates: readonly number[]) => {
    const vectors = rowsAt(features, candidates);
    const found = (await products(vectors, normsOf(vectors))).data as Float32Array;
    return candidates.map((_, c) =>
      remaining.map((least, i) =>
        Math.min(least, Math.max(0, found[i * candidates.length + c]! + norms[i]!)),
      ),
    );
  };
  remaining.set((await measure(chosen))[0]!);
  while (chosen.length < k) {
    const candidates = Array.from({ length: tries }, () => weighted(remaining, random));
    const left = await measure(candidates);
    const totals = left.map((distances) => distances.reduce((s, v) => s + v, 0));
    const best = totals.indexOf(Math.min(...totals));
    chosen.push(candidates[best]!);
    remaining.set(left[best]!);
  }
  return rowsAt(features, chosen);
}

/** An index drawn with weights; any where all weights are 0. */
function weighted(weights: Float64Array, random: Generator): number {
  const total = weights.reduce((s, v) => s + v, 0);
  if (total === 0) return random.integer(0, weights.length);
  let left = random.uniform() * total;
  const found = weights.findIndex((w) => {
    left -= w;
    return left < 0;
  });
  // Rounding may leave a trifle after the last.
  return found >= 0 ? found : weights.findLastIndex((w) => w > 0);
}

async function lloyd(
  features: Features,
  norms: Float64Array,
  start: Features,
  maxSteps: number,
  step: Programs['step'],
): Promise<KMeansResult> {
  const [k, width] = extentOf(start);
  let [centres, converged] = [start, false];
  let assignments = new Int32Array(norms.length).fill(-1);
  for (let i = 0; i < maxSteps && !converged; i++) {
    const found = await step(centres, normsOf(centres));
    const next = found.nearest.data as Int32Array<ArrayBuffer>;
    converged = next.every((cluster, row) => cluster === assignments[row]);
    assignments = next;
    if (converged) break;
    const [sums, counts] = [found.sums.data as Float32Array, found.counts.data as Float32Array];
    const least = found.least.data as Float32Array;
    const far = farthest(least, norms, counts.filter((n) => n === 0).length);
    centres = rowsAt(
      centres,
      Int32Array.from({ length: k }, (_, c) => c),
    );
    for (let c = 0; c < k; c++) {
      const row = counts[c] === 0 ? far.pop()! : undefined;
      for (let j = 0; j < width; j++)
        centres.data[c * width + j] =
          row === undefined ? sums[c * width + j]! / counts[c]! : features.data[row * width + j]!;
    }
  }
  const inertia = assignments.reduce(
    (s, c, row) => s + squaredDistance(features.data, row * width, centres.data, c * width, width),
    0,
  );
  return { assignments, centres, inertia, converged };
}

/** The `count` rows that are farthest from their centres, the farthest last. */
function farthest(least: Float32Array, norms: Float64Array, count: number): number[] {
  if (count === 0) return [];
  const distance = (row: number) => least[row]! + norms[row]!;
  return Array.from(least.keys())
    .sort((a, b) => distance(a) - distance(b))
    .slice(-count);
}
