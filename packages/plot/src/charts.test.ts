import { describe, expect, it } from 'vitest';
import { fanChart } from './fan-chart.js';
import { lineChart } from './line-chart.js';
import { scatterChart } from './scatter-chart.js';
import { INK, PALETTE } from './style.js';

const missing = Number.NaN;

/** Elements of a name, as written. */
const elements = (svg: string, name: string): string[] => svg.match(new RegExp(`<${name} [^>]*>`, 'g')) ?? [];
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
/** How many pieces the path of a look is made of. */
const pieces = (svg: string, look: string): number[] =>
  elements(svg, 'path')
    .filter((path) => path.includes(look))
    .map((path) => / d="([^"]*)"/.exec(path)![1]!.match(/M/g)!.length);

describe('a fan chart', () => {
  const panel = {
    title: 'a < b & c',
    history: [1, 2, missing, 4, 5],
    forecast: [4, 3, 2, 5, 5, 5, 6, 7, 8],
    truth: [5, missing, 6],
  };
  const options = { quantiles: [0.1, 0.5, 0.9], panels: [panel, panel, panel] };
  const { svg, width, height } = fanChart(options);

  it('is well-formed, of the size that it says', () => {
    expect(
      svg.startsWith(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`),
    ).toBe(true);
    expect(texts(svg)).toContain('a &lt; b &amp; c');
    const opened = svg.match(/<(?!\/)[^>]*[^/]>/g)!.length;
    expect(svg.match(/<\//g)!.length).toBe(opened);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
  it('explains itself', () => {
    expect(texts(svg).slice(0, 4)).toEqual(['history', 'truth', 'median', '80 % interval']);
    expect(svg).toContain(', history, truth, median, 80 % interval"');
  });
  it('draws one band, one median and a boundary in every panel', () => {
    expect(pieces(svg, 'opacity="0.2"')).toEqual([1, 1, 1]);
    expect(pieces(svg, `stroke-width="1.8"`)).toEqual([1, 1, 1]);
    expect(elements(svg, 'line').filter((l) => l.includes(INK.boundary))).toHaveLength(3);
  });
  it('leaves gaps where values are missing', () => {
    const line = (color: string) => pieces(svg, `stroke="${color}"`);
    expect(line(INK.text)).toEqual([2, 2, 2]);
    expect(line(PALETTE[1]!)).toEqual([2, 2, 2]);
  });
  it('draws quantiles without a counterpart as lines, and pairs in any order', () => {
    const chart = fanChart({
      quantiles: [0.9, 0.5, 0.99, 0.1],
      panels: [{ history: [1], forecast: [3, 2, 4, 1] }],
    });
    expect(texts(chart.svg).slice(0, 4)).toEqual(['history', 'median', '80 % interval', 'quantile 0.99']);
    expect(pieces(chart.svg, 'stroke-dasharray="4 2"')).toEqual([1]);
  });
  it('stands an empty history and values that are all missing', () => {
    const chart = fanChart({ quantiles: [0.5], panels: [{ history: [], forecast: [missing, missing] }] });
    expect(chart.svg).not.toMatch(/NaN|Infinity/);
  });
  it('refuses arrays that do not fit', () => {
    const of = (panel: object) => () =>
      fanChart({ quantiles: [0.1, 0.9], panels: [{ history: [1], forecast: [1, 2], ...panel }] });
    expect(of({ forecast: [1, 2, 3] })).toThrow('3 values for 2 quantiles');
    expect(of({ times: [0] })).toThrow('1 times for 1 + 1 steps');
    expect(of({ truth: [1, 2] })).toThrow('2 values of truth for 1 steps');
  });
  it('is the same for the same input', () => {
    expect(fanChart(options)).toEqual({ svg, width, height });
  });
});

describe('a line chart', () => {
  const x = [1, 10, 100, 1000];
  const chart = (more: object = {}, errors: 'bars' | 'band' = 'bars') =>
    lineChart({
      errors,
      panels: [
        {
          x: { title: 'length', scale: 'log' },
          y: { title: 'seconds', scale: 'log' },
          series: [
            { name: 'full', x, y: [1, missing, 3, 4], ...more },
            { name: 'sparse', x, y: [1, 0, 2, 3] },
          ],
        },
      ],
    }).svg;

  it('has a line of its own colour and markers for each series, and gaps', () => {
    const svg = chart();
    for (const color of PALETTE.slice(0, 2)) {
      expect(pieces(svg, `stroke="${color}"`)).toEqual([2]);
      // Three points and the legend's.
      expect(elements(svg, 'path').filter((p) => p.includes(`fill="${color}"`))).toHaveLength(4);
    }
    expect(texts(svg)).toEqual(expect.arrayContaining(['full', 'sparse', 'length', 'seconds', '1,000']));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
  it('shows errors as bars or as a band', () => {
    const error = { low: [0.5, 1, 2, 3], high: [2, 3, 4, missing] };
    // Three bars, each a line and two ends.
    expect(pieces(chart({ error }), `stroke-width="1.1"`)).toEqual([9]);
    expect(pieces(chart({ error }, 'band'), 'opacity="0.18"')).toEqual([1]);
  });
  it('gives one look to a name in all panels', () => {
    const series = (...names: string[]) => names.map((name) => ({ name, x: [0, 1], y: [0, 1] }));
    const { svg } = lineChart({
      panels: [{ series: series('a', 'b') }, { series: series('b') }],
      markers: false,
    });
    expect(texts(svg).slice(0, 2)).toEqual(['a', 'b']);
    expect(pieces(svg, `stroke="${PALETTE[0]}"`)).toHaveLength(1);
    expect(pieces(svg, `stroke="${PALETTE[1]}"`)).toHaveLength(2);
  });
});

it('places points where an axis has no labels', () => {
  const bare = { ticks: [] };
  const { svg } = scatterChart({
    panels: [{ groups: [{ name: 'a', x: [0, 1], y: [2, 3] }], x: bare, y: bare }],
  });
  expect(svg).not.toMatch(/Infinity|NaN/);
});
