import { array, Generator, program, type Tensor } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { expect, it } from 'vitest';
import { type AttributeTable, contextOf, shownBy } from './attributes.js';
import type { Solver } from './flow/cnf.js';
import { Flow } from './flow/flow.js';
import { changeAttribute, changeLight, decodeRows } from './procedure.js';

const table: AttributeTable = {
  attributes: [
    { name: 'Age', range: [0, 10], degree: 2, rows: [1, 2] },
    { name: 'Smile', range: [0, 1], degree: 0.5, rows: [0, 0] },
  ],
  lightRows: [3, 3],
  lights: {},
};
const source = shownBy([0.8, 0, 0.4, 0, 0, 0, 0, 0, 0, 3, 0.5]);

it("multiplies an attribute's difference from the source by its degree, whatever the target is now", () => {
  const older = changeAttribute(table, source, contextOf(source), 0, 5);
  expect(older).toEqual({ target: [...contextOf(source).slice(0, 9), 7, 0.5], rows: [1, 2] });
  expect(changeAttribute(table, source, older.target, 0, 4).target[9]).toBe(5);
  expect(changeAttribute(table, source, older.target, 1, 1).target.slice(9)).toEqual([7, 0.75]);
});

it('moves the light towards several others at once', () => {
  const [left, top] = [
    [1, 0, 0, -1, 0, 0, 0, 0, 0],
    [1, 2, 0, 0, 0, 0, 0, 0, 0],
  ] as const;
  const { target, rows } = changeLight(table, source, contextOf(source), [
    { light: left, strength: 0.5 },
    { light: top, strength: 0.25 },
  ]);
  expect(rows).toEqual([3, 3]);
  for (const [k, value] of [0.95, 0.5, 0.1, -0.5, 0, 0, 0, 0, 0, 3, 0.5].entries())
    expect(target[k]).toBeCloseTo(value, 12);
});

it('decodes some rows and leaves the others as they are', async () => {
  manualSeed(4);
  const flow = new Flow({ dimension: 3, hidden: [8], contextFeatures: 11, numBlocks: 1 });
  const solver: Solver = { method: 'rk4', stepSize: 0.25 };
  const edit = program((w: Tensor, z: Tensor, target: Tensor, first: Tensor, last: Tensor) =>
    flow.eval((f) => ({
      rows: decodeRows(f, w, z, target, [first, last], { solver }).x,
      all: f.inverse(z, target, { solver }).x,
    })),
  );
  const random = new Generator(7);
  const [w, z] = [random.normalArray([1, 4, 3]), random.normalArray([1, 4, 3])];
  const row = (k: number) => array(k, { dtype: 'int32' });
  const target = array([contextOf(source)]);
  for (const [first, last] of [
    [1, 2],
    [0, 0],
    [3, 3],
  ] as const) {
    const { rows, all } = await edit(w, z, target, row(first), row(last));
    for (let i = 0; i < 12; i++) {
      const taken = i >= 3 * first && i < 3 * (last + 1);
      expect(rows.data[i]).toBe((taken ? all : w).data[i]);
    }
  }
  await edit.release();
});
