/**
 * @module Matrices of float64, in which what is fitted to codes is computed.
 */
import { array, NDArray } from '@sextant/engine';

export const identity = (n: number): NDArray =>
  array(
    Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    { shape: [n, n], dtype: 'float64' },
  );

export const rows64 = (data: ArrayLike<number>, n: number, width: number): NDArray<'float64'> =>
  new NDArray(Float64Array.from(data), [n, width], 'float64');

export const columnsOf = ({ data, shape }: Pick<NDArray, 'data' | 'shape'>): Float64Array[] => {
  const [n, width] = shape as [number, number];
  return Array.from({ length: width }, (_, k) =>
    Float64Array.from({ length: n }, (_, i) => Number(data[i * width + k])),
  );
};
