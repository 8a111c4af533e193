/**
 * @module Features and labels as evaluation takes them: one vector a row, one class a row.
 */
import { NDArray } from '@sextant/engine';
import { InputError, widen } from '@sextant/io/web';

/** Vectors by rows [N, D], float32. */
export type Features = NDArray<'float32'>;

/** The number of rows and the width of vectors. */
export const extentOf = ({ shape }: Features): readonly [rows: number, width: number] => [
  shape[0]!,
  shape[1]!,
];

/**
 * An array of numbers as features: float32 as it is, other dtypes converted; axes after the first are flattened.
 *
 * @param what - what messages call it, such as `features of the training set`.
 * @throws InputError when it has no rows or no columns, or holds a value that is not finite.
 */
export function asFeatures(what: string, array: NDArray): Features {
  const [rows = 0, ...rest] = array.shape;
  const width = rest.reduce((n, d) => n * d, 1);
  if (array.shape.length < 2 || rows === 0 || width === 0)
    throw new InputError(`${what}: shape [${array.shape.join(', ')}]; give vectors by rows [N, D]`);
  const values = array.dtype === 'float16' ? widen(array).data : array.data;
  const data =
    values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new InputError(
      `${what}: row ${Math.floor(bad / width)} holds ${data[bad]}; leave out or repair such rows`,
    );
  return new NDArray(data, [rows, width], 'float32');
}

/**
 * An array of class ids as labels.
 *
 * @param rows - how many there must be.
 * @throws InputError when there are not as many, or one is not a whole number, 0 or above.
 */
export function asLabels(what: string, array: NDArray, rows: number): Int32Array {
  if (array.size !== rows) throw new InputError(`${what}: ${array.size} labels for ${rows} vectors`);
  const numbers = Array.from(array.data as ArrayLike<number | bigint>, Number);
  const bad = numbers.find((v) => !Number.isInteger(v) || v < 0 || v >= 2 ** 31);
  if (bad !== undefined)
    throw new InputError(`${what}: ${bad} is not a class; classes are whole numbers, 0 or above`);
  return Int32Array.from(numbers);
}

/** Number of classes: one more than the largest label. */
export const classCount = (...labels: readonly Int32Array[]): number =>
  1 + labels.reduce((most, some) => some.reduce((m, v) => Math.max(m, v), most), 0);

/** @throws InputError when two sets of vectors have not the same width. */
export function sameWidth(a: Features, b: Features): void {
  const [wide, narrow] = [a.shape[1]!, b.shape[1]!];
  if (wide !== narrow) throw new InputError(`vectors of ${wide} and of ${narrow} numbers cannot be compared`);
}

/** Share of the predictions that are right. */
export function accuracy(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right++;
  return right / labels.length;
}

/** The mean vector [D] in double precision. */
export function columnMeans(features: Features): Float64Array {
  const [rows, width] = extentOf(features);
  const means = new Float64Array(width);
  for (let at = 0; at < features.size; at += width)
    for (let j = 0; j < width; j++) means[j]! += features.data[at + j]!;
  for (let j = 0; j < width; j++) means[j]! /= rows;
  return means;
}

/** The vectors less one vector [D]. */
export function shifted(features: Features, by: Float64Array): Features {
  const width = by.length;
  const data = new Float32Array(features.size);
  for (let at = 0; at < data.length; at += width)
    for (let j = 0; j < width; j++) data[at + j] = features.data[at + j]! - by[j]!;
  return new NDArray(data, features.shape, 'float32');
}

/** Rows from..to - 1 less one vector [D], in double precision. */
export function centredRows(
  features: Features,
  by: Float64Array,
  from = 0,
  to = features.shape[0]!,
): NDArray<'float64'> {
  const width = by.length;
  const data = new Float64Array((to - from) * width);
  for (let at = 0, read = from * width; at < data.length; at += width, read += width)
    for (let j = 0; j < width; j++) data[at + j] = features.data[read + j]! - by[j]!;
  return new NDArray(data, [to - from, width], 'float64');
}

/** Every vector divided by its length; zero vectors stay zero. */
export function normalized(features: Features): Features {
  const width = features.shape[1]!;
  const data = new Float32Array(features.size);
  for (let at = 0; at < data.length; at += width) {
    const length = Math.sqrt(squaredNorm(features.data, at, width)) || 1;
    for (let j = 0; j < width; j++) data[at + j] = features.data[at + j]! / length;
  }
  return new NDArray(data, features.shape, 'float32');
}

/** The sum of squares of `width` numbers from `at` on. */
export function squaredNorm(values: ArrayLike<number>, at: number, width: number): number {
  let sum = 0;
  for (let j = at; j < at + width; j++) sum += values[j]! * values[j]!;
  return sum;
}

/** The squared Euclidean distance of two vectors of `width` numbers, at `i` of a and at `j` of b. */
export function squaredDistance(
  a: ArrayLike<number>,
  i: number,
  b: ArrayLike<number>,
  j: number,
  width: number,
): number {
  let sum = 0;
  for (let c = 0; c < width; c++) {
    const difference = a[i + c]! - b[j + c]!;
    sum += difference * difference;
  }
  return sum;
}

/** Some rows of features, in the order of the indices. */
export function rowsAt(features: Features, indices: ArrayLike<number>): Features {
  const width = features.shape[1]!;
  const data = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * width;
    data.set(features.data.subarray(at, at + width), i * width);
  }
  return new NDArray(data, [indices.length, width], 'float32');
}
