/**
 * @module How well an edit changes what is asked and nothing else (section 8 of the specification).
 */
import type { NDArray } from '@sextant/engine';
import type { AttributeTable, Shown } from '../attributes.js';

/** A way to edit codes: the flow's, or one that it is compared to. */
export interface EditMethod {
  readonly name: string;
  /**
   * A code [rows, D] after edits.
   *
   * @param shown - what its picture shows.
   * @param edits - attributes by their places in the table and values in their units, one after the other.
   */
  edit(
    code: NDArray,
    shown: Shown,
    edits: readonly (readonly [index: number, value: number])[],
  ): Promise<NDArray>;
}

/** What tells what pictures of codes show. */
export type Look = (codes: readonly NDArray[]) => Promise<readonly Shown[]>;

export interface Disentanglement {
  /** By edited attribute: Pearson's correlation of the values asked for with those obtained. */
  readonly response: readonly number[];
  /** By edited attribute: slope of the line of obtained by asked values. */
  readonly gain: readonly number[];
  /**
   * Rows by edited attribute, columns by measured one: mean size of the change, in deviations of that attribute among the sources,
   * divided by the same for the edited attribute: 1 on the diagonal.
   */
  readonly leakage: readonly (readonly number[])[];
}

/** Values of an attribute's slider that are asked for: `steps` of them from one end to the other. */
export const sliderValues = ([low, high]: readonly [number, number], steps: number): number[] =>
  Array.from({ length: steps }, (_, i) => low + ((high - low) * i) / (steps - 1));

/**
 * Edits each attribute of each code to each value of its slider, and measures what changed.
 *
 * @param steps - values of each slider (5).
 */
export async function measureDisentanglement(
  method: EditMethod,
  table: AttributeTable,
  codes: readonly NDArray[],
  look: Look,
  steps = 5,
): Promise<Disentanglement> {
  const sources = await look(codes);
  const count = table.attributes.length;
  const spread = Array.from({ length: count }, (_, k) => deviation(sources.map((s) => s.attributes[k]!)));
  const response: number[] = [];
  const gain: number[] = [];
  const leakage: number[][] = [];
  for (const [index, { range }] of table.attributes.entries()) {
    const values = sliderValues(range, steps);
    const edited: NDArray[] = [];
    for (const [i, code] of codes.entries())
      for (const value of values) edited.push(await method.edit(code, sources[i]!, [[index, value]]));
    const found = await look(edited);
    const asked = found.map((_, i) => values[i % steps]!);
    const obtained = found.map((s) => s.attributes[index]!);
    response.push(correlation(asked, obtained));
    gain.push(slope(asked, obtained));
    const changes = Array.from({ length: count }, (_, k) =>
      mean(
        found.map(
          (s, i) => Math.abs(s.attributes[k]! - sources[Math.floor(i / steps)]!.attributes[k]!) / spread[k]!,
        ),
      ),
    );
    leakage.push(changes.map((change) => change / changes[index]!));
  }
  return { response, gain, leakage };
}

/** Mean of what is not on the diagonal. */
export function meanLeakage({ leakage }: Disentanglement): number {
  return mean(leakage.flatMap((row, i) => row.filter((_, k) => k !== i)));
}

/**
 * Whether the order of two edits matters: mean over codes of |A(p, then q) - A(q, then p)| of attribute p, in deviations of p among
 * the sources.
 *
 * @param p - an attribute's place and value, as `q`.
 */
export async function orderDifference(
  method: EditMethod,
  codes: readonly NDArray[],
  look: Look,
  p: readonly [number, number],
  q: readonly [number, number],
): Promise<number> {
  const sources = await look(codes);
  const both: NDArray[] = [];
  for (const [i, code] of codes.entries()) {
    both.push(await method.edit(code, sources[i]!, [p, q]), await method.edit(code, sources[i]!, [q, p]));
  }
  const found = (await look(both)).map((s) => s.attributes[p[0]]!);
  const spread = deviation(sources.map((s) => s.attributes[p[0]]!));
  return mean(codes.map((_, i) => Math.abs(found[2 * i]! - found[2 * i + 1]!))) / spread;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - centre) ** 2)));
}

const covariance = (x: readonly number[], y: readonly number[]): number => {
  const [cx, cy] = [mean(x), mean(y)];
  return mean(x.map((v, i) => (v - cx) * (y[i]! - cy)));
};

const correlation = (x: readonly number[], y: readonly number[]): number =>
  covariance(x, y) / (deviation(x) * deviation(y));

const slope = (x: readonly number[], y: readonly number[]): number => covariance(x, y) / covariance(x, x);
