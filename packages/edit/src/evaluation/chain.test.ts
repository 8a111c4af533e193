import { Generator } from '@sextant/engine';
import type { Image } from '@sextant/image';
import { manualSeed } from '@sextant/nn';
import { afterAll, expect, it } from 'vitest';
import type { AttributeTable } from '../attributes.js';
import type { Editor } from '../editor.js';
import { Flow } from '../flow/flow.js';
import { CodeEditor } from '../session.js';
import { measureChain } from './chain.js';
import type { Look } from './method.js';

const table: AttributeTable = {
  attributes: [
    { name: 'Age', range: [0, 1], degree: 1, rows: [0, 1] },
    { name: 'Smile', range: [0, 1], degree: 1, rows: [1, 2] },
  ],
  lightRows: [2, 2],
  lights: { left: [1, 0, 0, -1, 0, 0, 0, 0, 0] },
};

manualSeed(4);
const flow = new Flow({ dimension: 4, hidden: [8], contextFeatures: 11, numBlocks: 1 });
const codeEditor = new CodeEditor(flow, table);
afterAll(() => codeEditor.release());

const random = new Generator(7);
const codes = Array.from({ length: 2 }, () => random.normalArray([3, 4]));

/** Pictures of one pixel, whose red is the first number of the code; attributes are its first two, beyond their sliders. */
const editor = {
  table,
  parts: { codes: codeEditor },
  render: async (of: readonly { data: ArrayLike<number> }[]): Promise<Image[]> =>
    of.map(({ data }) => ({ width: 1, height: 1, data: Uint8Array.of(128 + 10 * data[0]!, 0, 0) })),
} as unknown as Editor;
const look: Look = async (of) =>
  of.map(({ data }) => ({
    light: new Array<number>(9).fill(0),
    attributes: [3 + Number(data[0]), Number(data[1])],
    face: Float32Array.of(1, 0),
  }));
const population = {
  deviations: { light: new Array<number>(9).fill(1), attributes: [2, 1] },
  spread: 2,
  largest: 1,
};

it('tells how far edits lead, and how near all sliders back', async () => {
  const points = await measureChain(editor, codes, { edits: 7, every: 3, seed: 5, look, population });
  expect(points.map(({ edits, back }) => [edits, back])).toEqual([
    [3, false],
    [3, true],
    [6, false],
    [6, true],
    [7, false],
    [7, true],
  ]);
  const [last, back] = points.slice(-2);
  expect(last!.distance).toBeGreaterThan(0.01);
  expect(back!.distance).toBeLessThan(last!.distance);
  expect(back!.notFinite).toBe(0);
  expect(back!.cosine).toBe(1);
  const rows = codes.flatMap(({ data }) =>
    [0, 4, 8].map((at) => Math.hypot(...Array.from(data.slice(at, at + 4), Number))),
  );
  expect(Math.abs(back!.largest / Math.max(...rows) - 1)).toBeLessThan(0.5);
  // Red is 10 levels for a change of 1, of which the root mean square is taken with green and blue; 2 is a deviation of Age.
  expect(last!.pixels).toBeGreaterThan(0);
  expect(Math.abs(last!.pixels - (10 * 2 * last!.seen[0]!) / Math.sqrt(3))).toBeLessThan(0.6);
});

it('goes on from its edits, not from the way back', async () => {
  const [, , ...often] = await measureChain(editor, codes, { edits: 4, every: 2, seed: 5, look, population });
  const once = await measureChain(editor, codes, { edits: 4, every: 4, seed: 5, look, population });
  expect(often).toEqual(once);
});
