import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@sextant/io';
import { decode } from 'fast-png';
import { afterAll, describe, expect, it } from 'vitest';
import { fanChart } from './fan-chart.js';
import { checkChartPath, renderPng, writeChart } from './write.js';

const folder = mkdtempSync(join(tmpdir(), 'plot-'));
afterAll(() => rmSync(folder, { recursive: true }));

const chart = fanChart({
  width: 300,
  panelHeight: 100,
  quantiles: [0.1, 0.5, 0.9],
  panels: [{ title: 'title', history: [1, 3, 2], forecast: [1, 1, 2, 2, 3, 3] }],
});

describe('charts as files', () => {
  it('PNG has twice the size, white paper, and letters', async () => {
    const { width, height, channels, data } = decode(await renderPng(chart));
    expect([width, height, channels]).toEqual([600, 2 * chart.height, 3]);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    // The title is there only if the font is.
    const untitled = { ...chart, svg: chart.svg.replace('>title<', '><') };
    const other = decode(await renderPng(untitled)).data;
    const differing = data.reduce((n, v, i) => n + (v === other[i] ? 0 : 1), 0);
    expect(differing).toBeGreaterThan(300);
  });
  it('are the same bytes each time', async () => {
    expect(Buffer.from(await renderPng(chart)).equals(await renderPng(chart))).toBe(true);
  });
  it('are written by extension', async () => {
    await writeChart(join(folder, 'a.svg'), chart);
    expect(readFileSync(join(folder, 'a.svg'), 'utf8')).toBe(chart.svg);
    await writeChart(join(folder, 'a.PNG'), chart);
    expect(readFileSync(join(folder, 'a.PNG')).subarray(1, 4).toString()).toBe('PNG');
    expect(readdirSync(folder).sort()).toEqual(['a.PNG', 'a.svg']);
  });
  it('of other kinds are refused in one line', async () => {
    const path = join(folder, 'a.pdf');
    await expect(writeChart(path, chart)).rejects.toThrow(InputError);
    expect(() => checkChartPath('a.pdf')).toThrow(
      'a.pdf: charts are written as .svg or .png; name the file so',
    );
    expect(() => checkChartPath('a')).toThrow(InputError);
    expect(existsSync(path)).toBe(false);
  });
});
