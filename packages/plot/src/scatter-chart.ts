/**
 * @module Scatter charts: points in named groups.
 */
import { type AxisOptions, numberAxis } from './axis.js';
import { type FigureOptions, figure, type LegendEntry } from './figure.js';
import type { Axes } from './marks.js';
import { type Chart, PALETTE } from './style.js';
import { element } from './svg.js';

/** Points of one look, both arrays of one length. What is not finite, or has no place on its axis, is left out. */
export interface ScatterGroup {
  /** Groups of one name have one look, in all panels. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface ScatterPanel {
  readonly title?: string;
  readonly groups: readonly ScatterGroup[];
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
}

export interface ScatterChartOptions extends FigureOptions {
  readonly panels: readonly ScatterPanel[];
  /** Diameter of a point in pixels; smaller for many points by default. */
  readonly pointSize?: number;
}

/** Points of a group, as one path: many thousands stay small and are drawn fast. */
type Mark = (places: readonly (readonly [number, number])[], color: string, size: number) => string;

const at = ([x, y]: readonly [number, number]): string => `M${x.toFixed(2)},${y.toFixed(2)}`;

/** A line of no length is its ends: round or square. */
const ends =
  (cap: 'round' | 'square', share: number): Mark =>
  (places, color, size) =>
    element('path', {
      d: places.map((place) => `${at(place)}h0`).join(''),
      ...{ fill: 'none', stroke: color, 'stroke-width': size * share, 'stroke-linecap': cap },
      opacity: OPACITY,
    });

const polygon =
  (corners: readonly (readonly [number, number])[]): Mark =>
  (places, color, size) => {
    const [first, ...rest] = corners.map(([x, y]) => [x * size, y * size] as const);
    let last = first!;
    const sides = rest.map((corner) => {
      const side = `l${(corner[0] - last[0]).toFixed(2)},${(corner[1] - last[1]).toFixed(2)}`;
      last = corner;
      return side;
    });
    const shape = `${sides.join('')}z`;
    const d = places.map(([x, y]) => `${at([x + first![0], y + first![1]])}${shape}`).join('');
    return element('path', { d, fill: color, opacity: OPACITY });
  };

const OPACITY = 0.75;

/** In turn, when the colours are used up. */
const MARKS: readonly Mark[] = [
  ends('round', 1),
  polygon([
    [0, -0.65],
    [0.6, 0.45],
    [-0.6, 0.45],
  ]),
  ends('square', 0.85),
  polygon([
    [0, -0.7],
    [0.6, 0],
    [0, 0.7],
    [-0.6, 0],
  ]),
];

/** Draws panels of points. Groups differ in colour; when colours are used up, also in their marks. */
export function scatterChart({ panels, pointSize, ...options }: ScatterChartOptions): Chart {
  const names = [...new Set(panels.flatMap(({ groups }) => groups.map(({ name }) => name)))];
  const most = Math.max(0, ...panels.map(({ groups }) => groups.reduce((n, { x }) => n + x.length, 0)));
  const size = pointSize ?? Math.min(6, Math.max(2, 6 - Math.log10(Math.max(most, 1) / 100) * 1.6));
  const draw = (name: string, places: readonly (readonly [number, number])[], diameter: number): string => {
    const i = names.indexOf(name);
    const mark = MARKS[Math.floor(i / PALETTE.length) % MARKS.length]!;
    return places.length > 0 ? mark(places, PALETTE[i % PALETTE.length]!, diameter) : '';
  };
  const placesOf = (axes: Axes, { x, y }: ScatterGroup) =>
    Array.from(x, (v, i) => [v, y[i]!] as const)
      .filter(([a, b]) => axes.x.has(a) && axes.y.has(b))
      .map(([a, b]) => [axes.x.position(a), axes.y.position(b)] as const);
  return figure(
    panels.map(({ title, groups, x, y }) => ({
      title,
      x: numberAxis(all(groups.map((g) => g.x)), x),
      y: numberAxis(all(groups.map((g) => g.y)), y),
      draw: (axes) => groups.map((group) => draw(group.name, placesOf(axes, group), size)).join(''),
    })),
    names.map((name): LegendEntry => ({ label: name, draw: (x, y) => draw(name, [[x, y]], 8) })),
    options,
  );
}

function* all(arrays: readonly ArrayLike<number>[]): Generator<number> {
  for (const values of arrays) for (let i = 0; i < values.length; i++) yield values[i]!;
}
