import { Generator, NDArray } from '@sextant/engine';
import { expect, it } from 'vitest';
import type { AttributeTable } from '../attributes.js';
import { componentSteps, regressionSteps, straightLines } from './directions.js';
import {
  type EditMethod,
  type Look,
  meanLeakage,
  measureDisentanglement,
  orderDifference,
} from './disentanglement.js';

const table: AttributeTable = {
  attributes: [
    { name: 'A', range: [-1, 1], degree: 1, rows: [0, 0] },
    { name: 'B', range: [-1, 1], degree: 1, rows: [0, 0] },
  ],
  lightRows: [0, 0],
  lights: {},
};

/** Attributes are linear in the code: A = 2 w₀ + w₁, B = w₁. */
const look: Look = async (codes) =>
  codes.map(({ data }) => ({
    light: new Array(9).fill(0),
    attributes: [2 * Number(data[0]) + Number(data[1]), Number(data[1])],
  }));

const random = new Generator(1);
const codes = Array.from({ length: 200 }, () => random.normalArray([1, 3]));

/** Moves A by w₀ and B by w₁, so that B's edits change A as much. */
const leaking: EditMethod = {
  name: 'leaking',
  async edit(code, _, edits) {
    const data = Float32Array.from(code.data, Number);
    for (const [index, value] of edits) {
      const now = [2 * data[0]! + data[1]!, data[1]!];
      if (index === 0) data[0]! += (value - now[0]!) / 2;
      else data[1] = value;
    }
    return new NDArray(data, code.shape, 'float32');
  },
};

it('finds the response, and what leaks', async () => {
  const found = await measureDisentanglement(leaking, table, codes, look);
  for (const [k, r] of found.response.entries()) {
    expect(r).toBeCloseTo(1, 5);
    expect(found.gain[k]).toBeCloseTo(1, 5);
  }
  expect(found.leakage[0]![1]).toBeCloseTo(0, 5);
  // A varies √5 times as much as B: a change of A by as much counts that much less.
  expect(found.leakage[1]![0]).toBeGreaterThan(0.35);
  expect(found.leakage[1]![0]).toBeLessThan(0.6);
  expect(meanLeakage(found)).toBeCloseTo(found.leakage[1]![0]! / 2, 5);
});

it('sees whether the order of edits matters', async () => {
  expect(await orderDifference(leaking, codes, look, [0, 0.5], [1, -0.5])).toBeGreaterThan(0.2);
  const straight = straightLines('lines', [Float64Array.of(0.5, 0, 0), Float64Array.of(-0.5, 1, 0)], table);
  expect(await orderDifference(straight, codes, look, [0, 0.5], [1, -0.5])).toBeLessThan(1e-5);
});

it('finds steps that change attributes by 1', async () => {
  const shown = await look(codes);
  const w = new NDArray(
    Float32Array.from(codes.flatMap(({ data }) => Array.from(data, Number))),
    [200, 1, 3],
    'float32',
  );
  const context = new NDArray(
    Float32Array.from(shown.flatMap((s) => [...Array.from(s.light), ...Array.from(s.attributes)])),
    [200, 11],
    'float32',
  );
  const [a, b] = await regressionSteps({ w, context });
  // The shortest step: along the gradient (2, 1) / 5.
  expect(a![0]).toBeCloseTo(0.4, 2);
  expect(a![1]).toBeCloseTo(0.2, 2);
  expect(b![1]).toBeCloseTo(1, 2);
  for (const [k, step] of (await componentSteps({ w, context })).entries()) {
    const moved = [2 * step[0]! + step[1]!, step[1]!];
    expect(moved[k]).toBeCloseTo(1, 0);
  }
});
