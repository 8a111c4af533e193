import { describe, expect, it } from 'vitest';
import { scatterChart } from './scatter-chart.js';
import { PALETTE } from './style.js';
import { renderPng } from './write.js';

const paths = (svg: string, color: string): string[] =>
  (svg.match(/<path [^>]*>/g) ?? []).filter((path) => path.includes(`"${color}"`));
const points = (path: string): number => / d="([^"]*)"/.exec(path)![1]!.match(/M/g)!.length;

describe('a scatter chart', () => {
  const groups = Array.from({ length: 9 }, (_, g) => ({
    name: g === 1 ? '<b> & co' : `group ${g}`,
    x: Float32Array.of(g, g + 1, Number.NaN),
    y: [1, 100 * g, 3],
  }));
  const chart = scatterChart({ title: 'points', panels: [{ groups, x: { title: 'across' } }] });

  it('draws each group as one path, with a sample in the legend, and leaves out what is missing', () => {
    for (const [i, color] of PALETTE.entries()) {
      const found = paths(chart.svg, color).map(points);
      expect(found.sort()).toEqual(i < 2 ? [1, 1, 2, 2] : [1, 2]);
    }
    expect(chart.svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(chart.svg).toContain('&lt;b&gt; &amp; co</text>');
  });
  it('tells groups of one colour apart by their marks', () => {
    const [first, again] = paths(chart.svg, PALETTE[0]!).filter((path) => points(path) === 2);
    expect(first).toContain('stroke-linecap="round"');
    expect(again).toMatch(/ d="M[^"]*z"/);
  });
  it('draws points of no length as dots in PNG too', async () => {
    const one = (y: number[]) => scatterChart({ panels: [{ groups: [{ name: '', x: [0, 1], y }] }] });
    const [low, high] = await Promise.all(
      [
        [0, 0.25],
        [0, 1],
      ].map((y) => renderPng(one(y))),
    );
    expect(low).not.toEqual(high);
  });
  it('stands groups without points, and none', () => {
    const empty = scatterChart({ panels: [{ groups: [{ name: 'a', x: [], y: [] }] }, { groups: [] }] });
    expect(empty.svg).not.toMatch(/NaN|Infinity/);
  });
});
