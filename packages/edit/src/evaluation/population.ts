/**
 * @module Pictures of a generator, many of them: what codes and what they show are measured by.
 */
import { NDArray } from '@sextant/engine';
import { contextOf, type Shown, shownBy } from '../attributes.js';
import { statisticsOf } from '../columns.js';
import type { Editor } from '../editor.js';
import type { CodeSet } from '../flow/codes.js';
import { distance, mean } from './statistics.js';

export interface Population {
  /** w [n, 1, D], and what the pictures show. */
  readonly codes: CodeSet;
  /** Of what is shown; 1 for what does not vary. */
  readonly deviations: Shown;
  /** Root of the mean square of the distances of w from their mean. */
  readonly spread: number;
  /** Length of the longest w. */
  readonly largest: number;
}

export interface PopulationOptions {
  /** Codes (4096). */
  readonly count?: number;
  readonly seed?: number;
  readonly truncation: number;
}

/** Pictures that are in memory at once. */
const PART = 256;

/** Draws codes of W, and looks at their pictures. */
export async function drawPopulation(
  editor: Editor,
  { count = 4096, ...options }: PopulationOptions,
): Promise<Population> {
  const drawn = await editor.sample(count, options);
  const shown: Shown[] = [];
  for (let from = 0; from < count; from += PART)
    shown.push(...(await editor.look(drawn.slice(from, from + PART))));
  const dimension = drawn[0]!.shape[1]!;
  const rows = drawn.map(({ data }) => (data as Float32Array).subarray(0, dimension));
  const w = new Float32Array(count * dimension);
  for (const [i, row] of rows.entries()) w.set(row, i * dimension);
  const context = Float32Array.from(shown.flatMap(contextOf));
  const codes: CodeSet = {
    w: new NDArray(w, [count, 1, dimension], 'float32'),
    context: new NDArray(context, [count, context.length / count], 'float32'),
  };
  const centre = statisticsOf(new NDArray(w, [count, dimension], 'float32')).mean.data;
  return {
    codes,
    deviations: shownBy(statisticsOf(codes.context).std.data),
    spread: Math.sqrt(mean(rows.map((row) => distance(row, centre) ** 2))),
    largest: Math.max(...rows.map((row) => distance(row))),
  };
}
