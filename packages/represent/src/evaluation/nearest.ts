/**
 * @module Nearest vectors, exactly and at native speed.
 *
 * Blocks of the distance matrix come from matrix products in float32, which name a few candidates more than are
 * wanted; these are measured again in float64. Where the rounding of the products could have hidden a nearer vector,
 * by a bound that always holds, the whole row is measured.
 */
import { add, matmul, mul, NDArray, program, type Tensor, topK, transpose } from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import {
  columnMeans,
  extentOf,
  type Features,
  sameWidth,
  shifted,
  squaredDistance,
  squaredNorm,
} from './features.js';

export interface Nearest {
  readonly k: number;
  /** Rows of the base by ascending distance [Q, k]; the lower row first among equal distances. */
  readonly indices: Int32Array;
  /** Euclidean distances [Q, k]. */
  readonly distances: Float64Array;
}

/** Rows of a block: its distances take 32 MiB. */
const BLOCK = { queries: 1024, base: 8192 } as const;

/** Candidates beyond those wanted, so that rounding rarely decides which are among them. */
const SPARE = 8;

/** Unit roundoff of float32. */
const ROUNDOFF = 2 ** -24;

/**
 * The k nearest vectors of a base by Euclidean distance for each query.
 *
 * @param base - [N, D]
 * @param queries - [Q, D]
 * @throws InputError when k is not in 1..N or the widths differ.
 */
export async function nearest(base: Features, queries: Features, k: number): Promise<Nearest> {
  sameWidth(base, queries);
  const [rows, width] = extentOf(base);
  if (!Number.isInteger(k) || k < 1 || k > rows)
    throw new InputError(`${k} nearest vectors are asked of ${rows}; ask for 1 to ${rows}`);
  // Distances do not change, and products of centred vectors lose fewest digits.
  const centre = columnMeans(base);
  const blocks = blocksOf(shifted(base, centre), BLOCK.base).map(withNorms);
  const count = Math.min(k + SPARE, ...blocks.map(({ vectors }) => vectors.shape[0]!));
  const reach = Math.max(...blocks.map(({ norms }) => norms.data.reduce((m, v) => Math.max(m, v), 0)));
  const search = candidateProgram(width, count);
  const found = new Found(base, queries, k);
  try {
    for (const query of blocksOf(queries, BLOCK.queries)) {
      const vectors = shifted(query.vectors, centre);
      const lists: CandidateList[] = [];
      for (const block of blocks) {
        const { values, indices } = await search(vectors, block.vectors, block.norms);
        lists.push({
          values: values.data as Float32Array,
          indices: indices.data as Int32Array,
          first: block.first,
          complete: count === block.vectors.shape[0],
        });
      }
      for (let i = 0; i < vectors.shape[0]!; i++) {
        const norm = squaredNorm(vectors.data, i * width, width);
        found.add(query.first + i, i, lists, count, { norm, error: roundingBound(width, norm, reach) });
      }
    }
  } finally {
    await search.release();
  }
  return found;
}

interface Block {
  readonly vectors: Features;
  /** Row that it starts with. */
  readonly first: number;
}

/** Rows in blocks of nearly one size, none larger than `most`. */
function blocksOf(features: Features, most: number): Block[] {
  const [rows, width] = extentOf(features);
  const count = Math.ceil(rows / most);
  return Array.from({ length: count }, (_, b) => {
    const [first, end] = [Math.floor((b * rows) / count), Math.floor(((b + 1) * rows) / count)];
    const data = features.data.subarray(first * width, end * width);
    return { first, vectors: new NDArray(data, [end - first, width], 'float32') };
  });
}

function withNorms(block: Block) {
  const [rows, width] = extentOf(block.vectors);
  const norms = Float32Array.from({ length: rows }, (_, i) =>
    squaredNorm(block.vectors.data, i * width, width),
  );
  return { ...block, norms: new NDArray(norms, [rows], 'float32') };
}

/** For each query the rows of a block with the least |b|² - 2 a·b, which is the squared distance less |a|². */
const candidateProgram = (width: number, count: number) =>
  program(
    (queries: Tensor, vectors: Tensor, norms: Tensor) =>
      topK(add(matmul(mul(queries, -2), transpose(vectors)), norms), count, 1, { largest: false }),
    {
      name: 'nearest',
      inputs: [{ shape: ['Q', width] }, { shape: ['N', width] }, { shape: ['N'] }],
    },
  );

/**
 * How far a squared distance by the program may be off, with |a|² and the largest |b|²: the bound of a dot product of D
 * terms in any order (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1), and one roundoff each for the
 * norm, the sum and the two shifted vectors.
 */
function roundingBound(width: number, norm: number, reach: number): number {
  const roundoffs = (width + 4) * ROUNDOFF;
  return (roundoffs / (1 - roundoffs)) * (Math.sqrt(norm) + Math.sqrt(reach)) ** 2;
}

/** What the program found in one block for a block of queries [q, count]. */
interface CandidateList {
  readonly values: Float32Array;
  readonly indices: Int32Array;
  readonly first: number;
  /** Every row of the block is a candidate. */
  readonly complete: boolean;
}

/** Collects the nearest rows of each query. */
class Found implements Nearest {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
  readonly #width: number;

  constructor(
    private readonly base: Features,
    private readonly queries: Features,
    readonly k: number,
  ) {
    const [rows, width] = extentOf(queries);
    this.#width = width;
    this.indices = new Int32Array(rows * k);
    this.distances = new Float64Array(rows * k);
  }

  /** @param place - of the query in its block. */
  add(
    query: number,
    place: number,
    lists: readonly CandidateList[],
    count: number,
    { norm, error }: { readonly norm: number; readonly error: number },
  ): void {
    this.#begin(query);
    // What was left out of a block is, but for rounding, no nearer than its last candidate.
    let nearestOutside = Number.POSITIVE_INFINITY;
    for (const { values, indices, first, complete } of lists) {
      for (let c = 0; c < count; c++) this.#offer(query, first + indices[place * count + c]!);
      if (!complete) nearestOutside = Math.min(nearestOutside, values[place * count + count - 1]! + norm);
    }
    const last = this.distances[(query + 1) * this.k - 1]!;
    const certain = error === 0 ? last <= nearestOutside : last < nearestOutside - error;
    if (!certain) {
      this.#begin(query);
      for (let row = 0; row < this.base.shape[0]!; row++) this.#offer(query, row);
    }
    for (let at = query * this.k; at < (query + 1) * this.k; at++)
      this.distances[at] = Math.sqrt(this.distances[at]!);
  }

  #begin(query: number): void {
    this.indices.fill(-1, query * this.k, (query + 1) * this.k);
    this.distances.fill(Number.POSITIVE_INFINITY, query * this.k, (query + 1) * this.k);
  }

  /** Puts a row in its place among the nearest so far, by squared distance and then by row. */
  #offer(query: number, row: number): void {
    const width = this.#width;
    const distance = squaredDistance(this.queries.data, query * width, this.base.data, row * width, width);
    const start = query * this.k;
    let at = start + this.k - 1;
    if (!this.#before(distance, row, at)) return;
    for (; at > start && this.#before(distance, row, at - 1); at--) {
      this.distances[at] = this.distances[at - 1]!;
      this.indices[at] = this.indices[at - 1]!;
    }
    this.distances[at] = distance;
    this.indices[at] = row;
  }

  #before(distance: number, row: number, at: number): boolean {
    const other = this.distances[at]!;
    return distance < other || (distance === other && row < this.indices[at]!);
  }
}
