/**
 * @module A figure: a grid of panels with axes under one title and one legend.
 */
import type { Axis, FittedAxis, Tick } from './axis.js';
import type { Axes } from './marks.js';
import { type Chart, INK, SIZE } from './style.js';
import { type Attributes, element, FONT, fitted, textElement, textWidth } from './svg.js';

export interface Panel {
  readonly title?: string | undefined;
  readonly x: Axis;
  readonly y: Axis;
  /** What stands between the axes. */
  draw(axes: Axes): string;
}

export interface LegendEntry {
  readonly label: string;
  /** The sample, {@link SWATCH} wide, centred on a point. */
  draw(x: number, y: number): string;
}

export interface FigureOptions {
  readonly title?: string;
  /** Width of the figure in pixels; 720 by default. */
  readonly width?: number;
  /** Height of what each panel's axes enclose, in pixels. */
  readonly panelHeight?: number;
  /** Panels in a row; by default 1, 2 or 3, as fits their number. */
  readonly columns?: number;
}

/** Width of a legend's sample. */
export const SWATCH = 22;

/** How a legend shows a line. */
export const lineSample =
  (look: Attributes): LegendEntry['draw'] =>
  (x, y) =>
    element('line', {
      ...{ x1: x - SWATCH / 2, x2: x + SWATCH / 2, y1: y, y2: y },
      'stroke-width': SIZE.line,
      ...look,
    });

const EDGE = 12;
/** Half a label may stand out at the right end of an axis. */
const RIGHT = 20;
const GAP = 22;
const LINE = 15;
const TICK = 4;
/** Labels stand about so far apart. */
const SPACING = { x: 70, y: 40 } as const;

/** Draws panels in a grid, in reading order. The same input gives the same text. */
export function figure(
  panels: readonly Panel[],
  legend: readonly LegendEntry[],
  options: FigureOptions,
): Chart {
  const { title, width = 720, panelHeight = panels.length > 1 ? 150 : 260 } = options;
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(panels.length)), 3, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const ys = panels.map(({ y }) => y.fit(panelHeight, 0, SPACING.y));
  const left =
    Math.max(0, ...ys.flatMap(({ ticks }) => ticks.map(({ label }) => textWidth(label, SIZE.text)))) +
    (TICK + 4) +
    (panels.some(({ y }) => y.title) ? LINE + 3 : 0);
  const areaWidth = (width - EDGE - RIGHT - (columns - 1) * GAP) / columns - left;
  const xs = panels.map(({ x }) => x.fit(0, areaWidth, SPACING.x));

  const head = panels.some((p) => p.title) ? LINE + 5 : 4;
  const lines = xs.some(({ ticks }) => ticks.some(({ below }) => below)) ? 2 : 1;
  const foot = TICK + 3 + LINE * lines + (panels.some(({ x }) => x.title) ? LINE + 3 : 0);

  const parts: string[] = [];
  let top = EDGE;
  if (title) {
    parts.push(
      textElement(fitted(title, SIZE.title + 1, width - 2 * EDGE), {
        x: EDGE,
        y: top + 11,
        'font-size': SIZE.title + 1,
        'font-weight': 700,
      }),
    );
    top += LINE + 8;
  }
  const names = legendRows(legend, width - 2 * EDGE);
  for (const row of names) {
    for (const { entry, x, label } of row) {
      parts.push(entry.draw(EDGE + x + SWATCH / 2, top + 6));
      parts.push(textElement(label, { x: EDGE + x + SWATCH + 6, y: top + 10 }));
    }
    top += LINE + 3;
  }
  if (names.length > 0) top += 4;

  for (const [i, panel] of panels.entries()) {
    const x = EDGE + left + (i % columns) * (left + areaWidth + GAP);
    const y = top + head + Math.floor(i / columns) * (head + panelHeight + foot + 8);
    const inner = panelParts(panel, xs[i]!, ys[i]!, { width: areaWidth, height: panelHeight, left, lines });
    parts.push(element('g', { transform: `translate(${x.toFixed(2)},${y.toFixed(2)})` }, ...inner));
  }
  const height = Math.ceil(top + rows * (head + panelHeight + foot + 8) - 8 + EDGE);
  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': [title, ...panels.map((p) => p.title), ...legend.map(({ label }) => label)]
        .filter(Boolean)
        .join(', '),
      'font-family': FONT,
      'font-size': SIZE.text,
      fill: INK.text,
    },
    element('rect', { width, height, fill: '#FFFFFF' }),
    ...parts,
  );
  return { width, height, svg: `${svg}\n` };
}

interface Area {
  readonly width: number;
  readonly height: number;
  /** Room for labels at the left. */
  readonly left: number;
  /** Lines of labels below. */
  readonly lines: number;
}

function panelParts({ title, x: xAxis, y: yAxis, draw }: Panel, x: FittedAxis, y: FittedAxis, area: Area) {
  const { width, height, left, lines } = area;
  const parts: string[] = [];
  for (const { position, label } of y.ticks) {
    if (label === '') continue;
    parts.push(element('line', { x2: width, y1: position, y2: position, stroke: INK.grid }));
    parts.push(textElement(label, { x: -TICK - 4, y: position + 3.8, anchor: 'end' }));
  }
  parts.push(draw({ x, y }));
  parts.push(axisLine(`M0,0V${height}H${width.toFixed(2)}`));
  parts.push(axisLine(y.ticks.map((t) => `M0,${t.position.toFixed(2)}h${-tickLength(t)}`).join('')));
  parts.push(axisLine(x.ticks.map((t) => `M${t.position.toFixed(2)},${height}v${tickLength(t)}`).join('')));
  for (const { position, label, below } of x.ticks) {
    const at = { x: position, anchor: 'middle' } as const;
    if (label) parts.push(textElement(label, { ...at, y: height + TICK + 13 }));
    if (below) parts.push(textElement(below, { ...at, y: height + TICK + 13 + LINE, fill: INK.axis }));
  }
  if (xAxis.title) {
    const y = height + TICK + 13 + LINE * lines + 4;
    parts.push(textElement(xAxis.title, { x: width / 2, y, anchor: 'middle' }));
  }
  if (yAxis.title) {
    const transform = `translate(${(10 - left).toFixed(2)},${height / 2}) rotate(-90)`;
    parts.push(textElement(yAxis.title, { transform, anchor: 'middle' }));
  }
  if (title) {
    const cut = fitted(title, SIZE.title * 1.08, width);
    parts.push(textElement(cut, { y: -8, 'font-size': SIZE.title, 'font-weight': 700 }));
  }
  return parts;
}

const tickLength = ({ label }: Tick): number => (label === '' ? TICK / 2 : TICK);

const axisLine = (d: string): string => element('path', { d, fill: 'none', stroke: INK.axis });

/** Entries of a legend in rows that are not wider than `width`. */
function legendRows(legend: readonly LegendEntry[], width: number) {
  const rows: { entry: LegendEntry; x: number; label: string }[][] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const entry of legend) {
    const label = fitted(entry.label, SIZE.text, width - SWATCH - 6);
    const length = SWATCH + 6 + textWidth(label, SIZE.text);
    if (end + length > width) {
      rows.push([]);
      end = 0;
    }
    rows.at(-1)!.push({ entry, x: end, label });
    end += length + 18;
  }
  return rows;
}
