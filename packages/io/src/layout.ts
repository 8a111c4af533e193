/**
 * @module Bytes to arrays and back: byte order, alignment, strides.
 */
import { allocate, bytesPerElement, type DataOf, type DType, NDArray, sizeOf } from '@sextant/engine';
import { InputError, quote } from './errors.js';

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Number of elements of a shape read from a file, checked for overflow.
 *
 * @throws InputError when a dimension is not a whole number from 0 up, or the product is not exact in a number.
 */
export function checkedSize(shape: readonly number[]): number {
  for (const d of shape) {
    if (!Number.isSafeInteger(d) || d < 0)
      throw new InputError(`shape ${quote(shape)} is not a list of sizes`);
  }
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size * 8)) throw new InputError(`shape ${quote(shape)} is too large`);
  return size;
}

/** The chunks one after the other. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(chunks.reduce((n, chunk) => n + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/**
 * The elements stored in `bytes`. Shares their memory where alignment and byte order allow it, copies otherwise.
 *
 * @param bytes - a whole number of elements
 * @throws InputError when a bool is neither 0 nor 1.
 */
export function elementsOf<D extends DType>(bytes: Uint8Array, dtype: D, littleEndian = true): DataOf<D> {
  const width = bytesPerElement(dtype);
  const swap = width > 1 && littleEndian !== HOST_IS_LITTLE_ENDIAN;
  let source = bytes;
  if (swap || bytes.byteOffset % width !== 0) {
    source = new Uint8Array(bytes.length);
    source.set(bytes);
    if (swap) swapBytes(source, width);
  }
  if (dtype === 'bool' && source.some((b) => b > 1)) throw new InputError('a bool is neither 0 nor 1');
  const ArrayType = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => DataOf<D>;
  return new ArrayType(source.buffer, source.byteOffset, source.length / width);
}

/** The elements of an array as little-endian bytes; shares memory on little-endian machines. */
export function littleEndianBytes(array: NDArray): Uint8Array {
  const { data, dtype } = array;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (HOST_IS_LITTLE_ENDIAN) return bytes;
  const copy = Uint8Array.from(bytes);
  swapBytes(copy, bytesPerElement(dtype));
  return copy;
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

/** Strides, in elements, of a row-major array. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** True when elements laid out with these strides follow one another in row-major order. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const expected = rowMajorStrides(shape);
  return shape.some((d) => d === 0) || shape.every((d, axis) => d === 1 || strides[axis] === expected[axis]);
}

/**
 * A row-major copy of a strided view: element `i` is `storage[offset + i · strides]`. The caller has checked that the
 * view lies inside `storage`.
 */
export function gather<D extends DType>(
  storage: DataOf<D>,
  dtype: D,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): NDArray<D> {
  const out = allocate(dtype, sizeOf(shape));
  if (out.length === 0) return new NDArray(out, shape, dtype);
  const inner = shape.at(-1) ?? 1;
  const innerStride = strides.at(-1) ?? 1;
  const index = new Array<number>(Math.max(shape.length - 1, 0)).fill(0);
  let row = offset;
  for (let at = 0; at < out.length; at += inner) {
    for (let i = 0; i < inner; i++) out[at + i] = storage[row + i * innerStride] as never;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      row += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      row -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return new NDArray(out, shape, dtype);
}
