import { Generator, NDArray } from '@sextant/engine';
import { expect, it } from 'vitest';
import type { AttributeTable } from '../attributes.js';
import type { CodeEditor, Encoded } from '../session.js';
import { measureLights } from './lights.js';
import type { Look } from './method.js';

const table: AttributeTable = {
  attributes: [{ name: 'Age', range: [0, 1], degree: 1, rows: [0, 0] }],
  lightRows: [0, 0],
  lights: { left: [1, -1, 0, 0, 0, 0, 0, 0, 0], front: [0, 2, 0, 0, 0, 0, 0, 0, 0] },
};

/** A code is what is seen: nine numbers of the light, then the age. */
const look: Look = async (codes) =>
  codes.map(({ data }) => ({
    light: Array.from(data.slice(0, 9), Number),
    attributes: [Number(data[9])],
  }));

/** Goes half the way, and ages by a tenth of the first coefficient. */
const editor = {
  begin: async (w: NDArray) => ({ w, z: w, target: Array.from(w.data, Number) }),
  change: async ({ w }: Encoded, { target }: { target: readonly number[] }) => {
    const data = Float32Array.from(w.data, (v, k) => (k < 9 ? (Number(v) + target[k]!) / 2 : Number(v)));
    data[9]! += 0.1 * Math.abs(data[0]! - Number(w.data[0]));
    return { w: new NDArray(data, w.shape, 'float32') };
  },
} as unknown as CodeEditor;

it('tells how far the light goes, and what changes with it', async () => {
  const random = new Generator(2);
  const codes = Array.from({ length: 20 }, () => random.normalArray([1, 10]));
  const sources = await look(codes);
  const deviations = { light: new Array<number>(9).fill(1), attributes: [0.5] };
  const [left, front] = await measureLights(editor, { table, codes, sources, look, deviations });
  for (const found of [left!, front!]) {
    expect(found.response).toBeCloseTo(1, 5);
    expect(found.gain).toBeCloseTo(0.5, 5);
  }
  const mean = (of: (first: number) => number) =>
    sources.reduce((sum, { light }) => sum + of(light[0]!), 0) / codes.length;
  expect(left!.changes[0]).toBeCloseTo((0.1 / 0.5) * mean((first) => Math.abs(1 - first) / 2), 4);
  expect(front!.changes[0]).toBeCloseTo((0.1 / 0.5) * mean((first) => Math.abs(first) / 2), 4);
});
