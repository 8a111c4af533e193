/**
 * @module Measurements as tables: means over seeds, and from the least to the greatest.
 */
import type { Measured } from './jobs.js';

export type Row = Readonly<Record<string, string | number>>;

/**
 * A line for each row of the jobs, in their order.
 *
 * @param digits - after the point, by column; 4 elsewhere.
 */
export function summary(measured: readonly Measured[], digits: Readonly<Record<string, number>> = {}): Row[] {
  return [...grouped(measured, ({ job }) => job.row)].map(([row, group]) => {
    const columns = [...new Set(group.flatMap(({ figures }) => Object.keys(figures)))];
    const cells = columns.map((c) => [c, cell(valuesOf(group, c), digits[c] ?? 4)]);
    return { method: row, seeds: group.length, ...Object.fromEntries(cells) };
  });
}

/** Values of one column. */
export const valuesOf = (measured: readonly Measured[], column: string): number[] =>
  measured.flatMap(({ figures }) => (column in figures ? [figures[column]!] : []));

/** `0.0412 (0.0405–0.0420)`: mean, least and greatest; one value alone stands for itself. */
export function cell(values: readonly number[], digits: number): string {
  const text = (v: number) => v.toFixed(digits);
  if (values.length < 2) return values.map(text).join();
  return `${text(mean(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / values.length;

/** Measurements by a key, in the order in which keys first come. */
export function grouped<K>(measured: readonly Measured[], key: (m: Measured) => K): Map<K, Measured[]> {
  const groups = new Map<K, Measured[]>();
  for (const m of measured) {
    const group = groups.get(key(m));
    if (group) group.push(m);
    else groups.set(key(m), [m]);
  }
  return groups;
}

/** Rows as a table in Markdown. */
export function markdown(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((c) => row[c] ?? ''))),
  ].join('\n');
}
