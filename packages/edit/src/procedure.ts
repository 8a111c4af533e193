/**
 * @module How attributes of a code are changed (section 5.2): it is encoded with what it shows (Joint Reverse Encoding), decoded
 * with what it shall show (Conditional Forward Editing), and of the result some rows are taken (Edit Specific Subset
 * Selection).
 */
import { arange, expandDims, greaterEqual, lessEqual, logicalAnd, type Tensor, where } from '@sextant/engine';
import { type AttributeTable, LIGHT_COEFFICIENTS, type Rows, type Shown } from './attributes.js';
import type { Flow, FlowOptions, FlowResult } from './flow/flow.js';

/** A change of what a code is conditioned on, and the rows that it may change. */
export interface Change {
  /** All that the code shall show, light first. */
  readonly target: readonly number[];
  readonly rows: Rows;
}

/**
 * An attribute moved to a value: the difference from the source, not from what it is now, times the attribute's degree.
 *
 * @param index - of the table.
 * @param value - in the attribute's unit.
 */
export function changeAttribute(
  table: AttributeTable,
  source: Shown,
  target: readonly number[],
  index: number,
  value: number,
): Change {
  const { degree, rows } = table.attributes[index]!;
  const from = source.attributes[index]!;
  const to = degree * (value - from) + from;
  return { target: replaced(target, LIGHT_COEFFICIENTS + index, [to]), rows };
}

/**
 * The light moved towards others at once: source + Σ strength · (other - source).
 *
 * @param lights - of each other light its nine coefficients and its strength.
 */
export function changeLight(
  table: AttributeTable,
  source: Shown,
  target: readonly number[],
  lights: readonly { readonly light: ArrayLike<number>; readonly strength: number }[],
): Change {
  const mixed = Array.from(source.light, (from, k) =>
    lights.reduce((sum, { light, strength }) => sum + strength * (light[k]! - from), from),
  );
  return { target: replaced(target, 0, mixed), rows: table.lightRows };
}

const replaced = (target: readonly number[], at: number, values: readonly number[]): number[] =>
  target.map((value, i) => values[i - at] ?? value);

/**
 * Decodes with a target, and puts other rows than `rows` back.
 *
 * @param w - the code as it is [B, N, D].
 * @param z - what it was encoded to.
 * @param target - [B, C]
 * @param rows - first and last, integer scalars.
 */
export function decodeRows(
  flow: Flow,
  w: Tensor,
  z: Tensor,
  target: Tensor,
  [first, last]: readonly [Tensor, Tensor],
  options: FlowOptions,
): FlowResult {
  const decoded = flow.inverse(z, target, options);
  const row = arange(w.shape[1]!);
  const taken = logicalAnd(greaterEqual(row, first), lessEqual(row, last));
  return { ...decoded, x: where(expandDims(taken, 1), decoded.x, w) };
}
