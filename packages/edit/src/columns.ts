/**
 * @module Means and deviations of the columns of a table.
 */
import { NDArray } from '@sextant/engine';

/** Of a table [n, C], each [C]. */
export interface ColumnStatistics {
  readonly mean: NDArray<'float32'>;
  readonly std: NDArray<'float32'>;
}

/** Sum of squares about the mean. */
export function squaresAbout(values: readonly number[]): number {
  const centre = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - centre) ** 2, 0);
}

/** Means and deviations of the columns of a table [n, C]; a column that does not vary counts as varying by 1. */
export function statisticsOf(context: NDArray<'float32'>): ColumnStatistics {
  const [n, width] = context.shape as [number, number];
  const columns = Array.from({ length: width }, (_, k) =>
    Array.from({ length: n }, (_, i) => context.data[i * width + k]!),
  );
  const centre = columns.map((column) => column.reduce((a, b) => a + b, 0) / n);
  const deviation = columns.map((column) => Math.sqrt(squaresAbout(column) / n) || 1);
  const as = (values: readonly number[]) => new NDArray(Float32Array.from(values), [width], 'float32');
  return { mean: as(centre), std: as(deviation) };
}
