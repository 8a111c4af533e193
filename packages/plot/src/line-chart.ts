/**
 * @module Line charts: named series with markers, on linear or log axes, with error bars or bands.
 */
import {
  type SymbolType,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';
import { type AxisOptions, numberAxis } from './axis.js';
import { type FigureOptions, figure, type LegendEntry, lineSample } from './figure.js';
import { type Axes, band, curve } from './marks.js';
import { type Chart, PALETTE, SIZE } from './style.js';
import { element } from './svg.js';

/** Points joined by a line, all arrays of one length. NaN is a gap, and so is what a log axis cannot show. */
export interface LineSeries {
  /** Series of one name have one look, in all panels. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Lower and upper ends of the error at each point. */
  readonly error?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> };
}

export interface LinePanel {
  readonly title?: string;
  readonly series: readonly LineSeries[];
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
}

export interface LineChartOptions extends FigureOptions {
  readonly panels: readonly LinePanel[];
  /** How errors are drawn; bars by default. */
  readonly errors?: 'bars' | 'band';
  /** Whether points are marked; they are by default. */
  readonly markers?: boolean;
}

interface Look {
  readonly color: string;
  readonly marker: SymbolType;
}

const MARKERS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolWye];

/** Half the width of the ends of an error bar. */
const CAP = 3;

/** Draws panels of series. Series differ in colour and in marker. */
export function lineChart({ panels, errors = 'bars', markers = true, ...options }: LineChartOptions): Chart {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const looks = new Map(
    names.map((name, i): [string, Look] => [
      name,
      { color: PALETTE[i % PALETTE.length]!, marker: MARKERS[i % MARKERS.length]! },
    ]),
  );
  const mark = (x: number, y: number, look: Look) => (markers ? marker(x, y, look) : '');
  const seriesMarks = (axes: Axes, { name, x, y, error }: LineSeries): string => {
    const look = looks.get(name)!;
    const places = Array.from(x, (v, i): [number, number] => [v, y[i]!]).filter(
      ([a, b]) => axes.x.has(a) && axes.y.has(b),
    );
    return [
      error && errors === 'band'
        ? band(axes, x, error.low, error.high, { color: look.color, opacity: 0.18 })
        : '',
      curve(axes, x, y, { stroke: look.color }),
      error && errors === 'bars' ? bars(axes, x, error, look) : '',
      ...places.map(([a, b]) => mark(axes.x.position(a), axes.y.position(b), look)),
    ].join('');
  };
  return figure(
    panels.map(({ title, series, x, y }) => {
      const ends = series.flatMap(({ error }) => (error ? [error.low, error.high] : []));
      const all = (arrays: readonly ArrayLike<number>[]) => arrays.flatMap((values) => Array.from(values));
      return {
        title,
        x: numberAxis(all(series.map((s) => s.x)), x),
        y: numberAxis(all([...series.map((s) => s.y), ...ends]), y),
        draw: (axes) => series.map((s) => seriesMarks(axes, s)).join(''),
      };
    }),
    names.map(
      (name): LegendEntry => ({
        label: name,
        draw: (x, y) => lineSample({ stroke: looks.get(name)!.color })(x, y) + mark(x, y, looks.get(name)!),
      }),
    ),
    options,
  );
}

const marker = (x: number, y: number, { color, marker }: Look): string =>
  element('path', {
    d: symbol(marker, SIZE.marker).digits(2)()!,
    transform: `translate(${x.toFixed(2)},${y.toFixed(2)})`,
    fill: color,
    stroke: '#FFFFFF',
    'stroke-width': 0.8,
  });

function bars(
  axes: Axes,
  xs: ArrayLike<number>,
  { low, high }: NonNullable<LineSeries['error']>,
  { color }: Look,
): string {
  const d = Array.from(xs, (v, i) => {
    if (!axes.x.has(v) || !axes.y.has(low[i]!) || !axes.y.has(high[i]!)) return '';
    const [x, a, b] = [axes.x.position(v), axes.y.position(low[i]!), axes.y.position(high[i]!)];
    const cap = (y: number) => `M${(x - CAP).toFixed(2)},${y.toFixed(2)}h${2 * CAP}`;
    return `M${x.toFixed(2)},${a.toFixed(2)}V${b.toFixed(2)}${cap(a)}${cap(b)}`;
  }).join('');
  return d ? element('path', { d, fill: 'none', stroke: color, 'stroke-width': SIZE.fine }) : '';
}
