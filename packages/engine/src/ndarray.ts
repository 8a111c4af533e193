/**
 * @module Concrete arrays: the data that goes into a program and comes out of it.
 */
import { TensorError } from './errors.js';

/** For each dtype, the typed array that holds its elements and its size in bytes. */
const STORAGE = {
  float32: { Array: Float32Array, bytes: 4 },
  float64: { Array: Float64Array, bytes: 8 },
  /** IEEE half precision, held as raw 16-bit patterns. */
  float16: { Array: Uint16Array, bytes: 2 },
  int64: { Array: BigInt64Array, bytes: 8 },
  int32: { Array: Int32Array, bytes: 4 },
  int16: { Array: Int16Array, bytes: 2 },
  int8: { Array: Int8Array, bytes: 1 },
  uint32: { Array: Uint32Array, bytes: 4 },
  uint16: { Array: Uint16Array, bytes: 2 },
  uint8: { Array: Uint8Array, bytes: 1 },
  /** One byte per element, 0 or 1. */
  bool: { Array: Uint8Array, bytes: 1 },
} as const;

export type DType = keyof typeof STORAGE;

/** The typed array that holds elements of `D`. */
export type DataOf<D extends DType> = InstanceType<(typeof STORAGE)[D]['Array']>;

/** Whether gradients exist for values of this dtype. */
export const isFloat = (dtype: DType): boolean =>
  dtype === 'float32' || dtype === 'float64' || dtype === 'float16';

/** Size of one element in bytes. */
export const bytesPerElement = (dtype: DType): number => STORAGE[dtype].bytes;

/** Number of elements of a shape (1 for a scalar). */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Allocates zeroed storage for `size` elements. */
export function allocate<D extends DType>(dtype: D, size: number): DataOf<D> {
  return new STORAGE[dtype].Array(size) as DataOf<D>;
}

/**
 * A typed array together with its shape, C-contiguous (row-major).
 *
 * @throws RangeError when the number of elements does not match the shape.
 */
export class NDArray<D extends DType = DType> {
  readonly data: DataOf<D>;
  readonly shape: readonly number[];
  readonly dtype: D;

  constructor(data: DataOf<D>, shape: readonly number[], dtype: D) {
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(`NDArray: ${data.length} elements do not fill shape [${shape.join(', ')}]`);
    }
    this.data = data;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The only element of an array of size 1. @throws RangeError otherwise. */
  item(): number {
    if (this.data.length !== 1)
      throw new RangeError(`item(): shape [${this.shape.join(', ')}] is not a scalar`);
    return Number(this.data[0]);
  }

  /** The same elements in memory of their own. */
  copy(): NDArray<D> {
    return new NDArray(this.data.slice() as DataOf<D>, this.shape, this.dtype);
  }

  /** The same elements seen with another shape (no copy). */
  reshape(shape: readonly number[]): NDArray<D> {
    return new NDArray(this.data, shape, this.dtype);
  }
}

/** Zeros of a shape. @throws TensorError when a size is not a whole number, 0 or above. */
export function zeros<D extends DType = 'float32'>(
  shape: readonly number[],
  dtype = 'float32' as D,
): NDArray<D> {
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0)) {
    throw new TensorError(
      'zeros',
      `shape [${shape.join(', ')}] has a size that is not a whole number, 0 or above`,
    );
  }
  return new NDArray(allocate(dtype, sizeOf(shape)), shape, dtype);
}

/**
 * An array from numbers, a typed array or nested lists.
 *
 * @param values - nested lists give the shape; a flat list or typed array takes it from `shape`.
 * @throws RangeError when nested lists are ragged or the size does not match `shape`.
 * @throws TensorError when something else than a number is in a list.
 */
export function array<D extends DType = 'float32'>(
  values: NestedNumbers | ArrayLike<number>,
  options: { shape?: readonly number[]; dtype?: D } = {},
): NDArray<D> {
  const dtype = options.dtype ?? ('float32' as D);
  const { flat, shape } = flatten(values);
  const data = allocate(dtype, flat.length);
  if (data instanceof BigInt64Array)
    for (let i = 0; i < flat.length; i++) data[i] = BigInt(flat[i] as number);
  else (data as Exclude<DataOf<DType>, BigInt64Array>).set(flat);
  return new NDArray(data, options.shape ?? shape, dtype);
}

/** A number or nested lists of numbers. */
export type NestedNumbers = number | readonly NestedNumbers[];

function flatten(values: NestedNumbers | ArrayLike<number>): { flat: ArrayLike<number>; shape: number[] } {
  if (typeof values === 'number') return { flat: [values], shape: [] };
  if (!Array.isArray(values)) {
    const flat = values as ArrayLike<number>;
    if (typeof flat !== 'object' || typeof flat?.length !== 'number') throw notNumbers(values);
    return { flat, shape: [flat.length] };
  }
  if (values.every((v) => typeof v === 'number')) return { flat: values, shape: [values.length] };
  const parts = values.map(flatten);
  const inner = parts[0]?.shape ?? [];
  for (const part of parts) {
    if (part.shape.join() !== inner.join()) throw new RangeError('array(): nested lists are ragged');
  }
  return { flat: parts.flatMap((p) => Array.from(p.flat)), shape: [values.length, ...inner] };
}

function notNumbers(value: unknown): TensorError {
  const what = typeof value === 'object' ? (value?.constructor.name ?? 'null') : typeof value;
  // A program takes a list of numbers for a list of scalar tensors, and its function then meets those.
  const advice =
    what === 'Tensor' ? '; give a program array([1, 2]) for [1, 2], and join tensors by stack' : '';
  return new TensorError('array', `expected numbers or nested lists of numbers, found ${what}${advice}`);
}
