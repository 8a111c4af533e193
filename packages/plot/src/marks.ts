/**
 * @module Marks between two axes. What is not finite, or has no place on its axis, is a gap.
 */
import { area, line } from 'd3-shape';
import type { FittedAxis } from './axis.js';
import { SIZE } from './style.js';
import { type Attributes, element } from './svg.js';

/** The axes of a panel. */
export interface Axes {
  readonly x: FittedAxis;
  readonly y: FittedAxis;
}

/** A line through points of equal index. */
export function curve(
  { x, y }: Axes,
  xs: ArrayLike<number>,
  values: ArrayLike<number>,
  look: Attributes,
): string {
  const d = line<number>()
    .defined((v, i) => x.has(xs[i]!) && y.has(v))
    .x((_, i) => x.position(xs[i]!))
    .y((v) => y.position(v))
    .digits(2)(Array.from(values));
  // A value between two gaps is a line of no length: its round ends are a dot.
  const ends = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return d ? element('path', { d, fill: 'none', 'stroke-width': SIZE.line, ...ends, ...look }) : '';
}

/** The area between two lines. */
export function band(
  { x, y }: Axes,
  xs: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  { color, opacity }: { color: string; opacity: number },
): string {
  const d = area<number>()
    .defined((v, i) => x.has(xs[i]!) && y.has(v) && y.has(high[i]!))
    .x((_, i) => x.position(xs[i]!))
    .y0((v) => y.position(v))
    .y1((_, i) => y.position(high[i]!))
    .digits(2)(Array.from(low));
  // The stroke shows bands of a single step.
  return d ? element('path', { d, fill: color, stroke: color, opacity }) : '';
}
