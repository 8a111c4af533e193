import { Generator, NDArray } from '@sextant/engine';
import { expect, it } from 'vitest';
import type { AttributeTable, Shown } from '../attributes.js';
import { componentSteps, regressionSteps } from './directions.js';
import {
  leakageOf,
  meanOrder,
  measureAtEqualResponse,
  measureOrder,
  measureResponse,
  type Subjects,
} from './disentanglement.js';
import { type EditMethod, type Look, straightLines } from './method.js';

const table: AttributeTable = {
  attributes: [
    { name: 'A', range: [-1, 1], degree: 1, rows: [0, 0] },
    { name: 'B', range: [-1, 1], degree: 1, rows: [0, 0] },
  ],
  lightRows: [0, 0],
  lights: {},
};

/** Attributes are linear in the code: A = 2 w₀ + w₁, B = w₁; one coefficient of the light is w₂. */
const look: Look = async (codes) =>
  codes.map(({ data }) => ({
    light: [Number(data[2]), ...new Array<number>(8).fill(0)],
    attributes: [2 * Number(data[0]) + Number(data[1]), Number(data[1])],
    face: Float32Array.of(Math.cos(Number(data[0])), Math.sin(Number(data[0]))),
  }));

const random = new Generator(1);
const codes = Array.from({ length: 200 }, () => random.normalArray([1, 3]));
/** Of A: √5. */
const deviations: Shown = {
  light: [1, ...new Array<number>(8).fill(0)],
  attributes: [Math.sqrt(5), 1],
};
const subjects: Subjects = { table, codes, sources: await look(codes), look, deviations, threshold: 0.5 };

/** Moves A by w₀ and B by w₁, so that B's edits change A as much; the light moves by a tenth. Does `gain` of what is asked. */
const leaking = (gain: number): EditMethod => ({
  name: 'leaking',
  async edit(code, _, edits) {
    const data = Float32Array.from(code.data, Number);
    for (const [index, value] of edits) {
      const length = gain * (value - [2 * data[0]! + data[1]!, data[1]!][index]!);
      if (index === 0) data[0]! += length / 2;
      else data[1]! += length;
      data[2]! += 0.1 * length;
    }
    return new NDArray(data, code.shape, 'float32');
  },
});

it('compares what was asked for and obtained', async () => {
  const found = await measureResponse(leaking(1), subjects);
  for (const [k, r] of found.response.entries()) {
    expect(r).toBeCloseTo(1, 5);
    expect(found.gain[k]).toBeCloseTo(1, 5);
  }
});

it('asks for as much as obtains one deviation, and finds what leaks there', async () => {
  for (const gain of [0.5, 1, 3]) {
    const [a, b] = await measureAtEqualResponse(leaking(gain), subjects);
    expect(a!.asked).toBeCloseTo(1 / gain, 2);
    expect(b!.obtained).toBeCloseTo(1, 2);
    expect(a!.changes[0]).toBeCloseTo(1, 2);
    expect(a!.changes[1]).toBeCloseTo(0, 5);
    expect(a!.light).toBeCloseTo(0.1 * Math.sqrt(5), 2);
    // A varies √5 times as much as B: a change of A by as much counts that much less.
    expect(b!.changes[0]).toBeCloseTo(1 / Math.sqrt(5), 2);
    expect(leakageOf([a!, b!])[1]).toBeCloseTo((1 / Math.sqrt(5) + 0.1) / 2, 2);
    // w₀ moves by half of A's deviation; B's edits leave it.
    expect(a!.identity!.cosine).toBeCloseTo(Math.cos(Math.sqrt(5) / 2), 2);
    expect(b!.identity).toEqual({ cosine: expect.closeTo(1, 5), distance: expect.closeTo(0, 5), same: 1 });
    expect(a!.identity!.same).toBe(0);
  }
});

it('finds a bent response too, and says where there is none', async () => {
  const bent: EditMethod = {
    name: 'bent',
    edit: (code, shown, edits) =>
      leaking(1).edit(
        code,
        shown,
        edits.map(([i, v]) => {
          const from = shown.attributes[i]!;
          return [i, from + Math.sign(v - from) * ((v - from) / 2) ** 4];
        }),
      ),
  };
  const [, found] = await measureAtEqualResponse(bent, subjects);
  expect(found!.asked).toBeCloseTo(2, 1);
  expect(Math.abs(found!.obtained - 1)).toBeLessThan(0.02);
  const weak = await measureAtEqualResponse(leaking(0.2), subjects);
  expect(weak[0]).toMatchObject({ equal: false, asked: 4, obtained: expect.closeTo(0.8, 5) });
  expect(leakageOf(weak)).toEqual([null, null]);
});

it('sees whether the order of edits matters', async () => {
  const order = await measureOrder(leaking(1), subjects);
  expect(order[0]![0]).toBe(0);
  // B's edit takes A along by what B is changed: 0.5 - w₁.
  expect(order[0]![1]).toBeGreaterThan(0.3);
  expect(order[1]![0]).toBeCloseTo(0, 5);
  expect(meanOrder(order)).toBeCloseTo(order[0]![1]! / 2, 5);
  const straight = straightLines('lines', [Float64Array.of(0.5, 0, 0), Float64Array.of(-0.5, 1, 0)], table);
  expect(meanOrder(await measureOrder(straight, subjects))).toBeLessThan(1e-5);
  const w = new NDArray(
    Float32Array.from(codes.flatMap(({ data }) => Array.from(data, Number))),
    [200, 1, 3],
    'float32',
  );
  const context = new NDArray(
    Float32Array.from(subjects.sources.flatMap((s) => [...Array.from(s.light), ...Array.from(s.attributes)])),
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
