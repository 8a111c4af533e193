/**
 * @module What passes between a `WorkerPool` and its threads.
 */
import { type DType, NDArray } from '@sextant/engine';

export interface Request {
  readonly id: number;
  readonly task: unknown;
}

export interface WorkerFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WorkerFailure };

/** Stands for an array on the way: structured cloning keeps data, not classes. */
interface PackedArray {
  readonly $ndarray: { readonly data: unknown; readonly shape: readonly number[]; readonly dtype: DType };
}

/** A result as it travels, and the memory that moves with it. */
export function pack(result: unknown): { packed: unknown; buffers: ArrayBuffer[] } {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: unknown): unknown => {
    if (value instanceof NDArray) {
      const { data, shape, dtype } = value;
      return { $ndarray: { data: visit(data), shape, dtype } } satisfies PackedArray;
    }
    // Small Buffers share one pool of memory with others: those are copied.
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength)
        buffers.add(value.buffer);
      return value;
    }
    return mapChildren(value, visit);
  };
  return { packed: visit(result), buffers: [...buffers] };
}

/** The result as it was given to {@link pack}. */
export function unpack(value: unknown): unknown {
  if (isPlainObject(value) && '$ndarray' in value) {
    const { data, shape, dtype } = (value as unknown as PackedArray).$ndarray;
    return new NDArray(data as never, shape, dtype);
  }
  return mapChildren(value, unpack);
}

function mapChildren(value: unknown, map: (child: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, map(child)]));
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
