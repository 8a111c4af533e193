/**
 * @module Named arrays of real numbers in double precision: what the modules of the host take and give.
 */
import { NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type ApplyRequest, inputOf } from '@sextant/system';

/** An array of real numbers in double precision. */
export interface Real {
  readonly data: Float64Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** The input of a name. @throws InputError when it is absent or has another number of axes. */
export function real(inputs: ApplyRequest['inputs'], name: string, rank: number): Real {
  const { data, shape } = inputOf(inputs, name, rank);
  return { data: Float64Array.from(data as ArrayLike<number>, Number), shape };
}

/** @throws InputError when the shapes differ. */
export function sameShape(name: string, { shape }: Real, expected: readonly number[]): void {
  if (shape.join() !== expected.join())
    throw new InputError(`input ${name}: shape [${shape.join(', ')}] instead of [${expected.join(', ')}]`);
}

export const rowsOf = ({ data, shape: [rows = 0, columns = 0] }: Real): Float64Array[] =>
  Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));

export const array = (data: Float64Array<ArrayBuffer>, shape: readonly number[]) =>
  new NDArray(data, shape, 'float64');
export const scalar = (value: number) => array(Float64Array.of(value), []);
