import { createRequire } from 'node:module';
import { array, Generator } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';
import { afterAll, expect, it } from 'vitest';
import { type AttributeTable, shownBy } from './attributes.js';
import { Flow } from './flow/flow.js';
import { CodeEditor } from './session.js';

const table: AttributeTable = {
  attributes: [
    { name: 'Age', range: [0, 10], degree: 1, rows: [1, 2] },
    { name: 'Smile', range: [0, 1], degree: 1, rows: [0, 0] },
  ],
  lightRows: [3, 3],
  lights: { left: [1, 0, 0, -1, 0, 0, 0, 0, 0] },
};

manualSeed(4);
const flow = new Flow({ dimension: 6, hidden: [16], contextFeatures: 11, numBlocks: 1 });
const editor = new CodeEditor(flow, table);
afterAll(() => editor.release());

const random = new Generator(7);
const w = random.normalArray([4, 6]);
const shown = shownBy([0.8, 0, 0.4, 0, 0, 0, 0, 0, 0, 3, 0.5]);

/** Rows in which two codes differ. */
const changed = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  [0, 1, 2, 3].filter((row) =>
    [0, 1, 2, 3, 4, 5].some((k) => Math.abs(a[6 * row + k]! - b[6 * row + k]!) > 1e-3),
  );

it('changes the rows of what is edited and no others, each edit from the one before', async () => {
  const session = await editor.open(w, shown);
  expect(await session.set({ age: 8 })).toEqual([]);
  const older = Float32Array.from(session.w.data, Number);
  expect(changed(older, w.data)).toEqual([1, 2]);
  await session.light({ left: 0.5 });
  const lit = Float32Array.from(session.w.data, Number);
  expect(changed(lit, older)).toEqual([3]);
  expect(session.target[9]).toBe(8);
  expect(session.target[3]).toBe(-0.5);
});

it('brings values into their range and says so', async () => {
  const session = await editor.open(w, shown);
  expect(await session.set({ Age: 99, smile: 1 })).toEqual(['Age: 99 is outside 0 to 10; taken as 10']);
  expect(session.target.slice(9)).toEqual([10, 1]);
});

it('brings strengths of lights between 0 and 1 and says so', async () => {
  const session = await editor.open(w, shown);
  expect(await session.light({ left: 5 })).toEqual(['left: 5 is outside 0 to 1; taken as 1']);
  expect(session.target[3]).toBe(-1);
});

it('does edits one after the other, also those that are asked for at once', async () => {
  const [together, apart] = [await editor.open(w, shown), await editor.open(w, shown)];
  await Promise.all([together.set({ age: 8 }), together.light({ left: 1 }), together.set({ smile: 1 })]);
  await apart.set({ age: 8 });
  await apart.light({ left: 1 });
  await apart.set({ smile: 1 });
  expect(together.target).toEqual(apart.target);
  expect(together.w.data).toEqual(apart.w.data);
});

it('changes nothing where one name is not known, and goes on', async () => {
  const session = await editor.open(w, shown);
  await expect(session.set({ age: 8, hat: 1 })).rejects.toThrow(/no attribute hat/);
  expect(session.target[9]).toBe(3);
  await session.set({ age: 8 });
  expect(session.target[9]).toBe(8);
});

it('exports an edit as one program that does the same', async () => {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node');
  const exported = await InferenceSession.create(await editor.export());
  const session = await editor.open(w, shown);
  await session.set({ age: 8 });
  const context = (values: readonly number[]) => new Tensor('float32', Float32Array.from(values), [1, 11]);
  const scalar = (value: number) => new Tensor('int32', Int32Array.of(value), []);
  const { edited, reached } = await exported.run({
    w: new Tensor('float32', Float32Array.from(w.data, Number), [1, 4, 6]),
    shown: context([...Array.from(shown.light), ...Array.from(shown.attributes)]),
    target: context(session.target),
    first: scalar(1),
    last: scalar(2),
  });
  expect(reached.data[0]).toBe(1);
  const wanted = session.w.data;
  for (const [i, v] of edited.data.entries()) expect(v).toBeCloseTo(Number(wanted[i]), 5);
});

it('leaves a code as it is where a target is what it shows', async () => {
  const session = await editor.open(w, shown);
  await session.set({ age: 3, smile: 0.5 });
  expect(changed(session.w.data as Float32Array, w.data)).toEqual([]);
});

it('moves from the source to a reference', async () => {
  const session = await editor.open(w, shown);
  const reference = shownBy([0.8, 0, 0.4, 0.2, 0, 0, 0, 0, 0, 5, 0.5]);
  await session.transfer(reference, 0.5);
  expect(session.target[9]).toBe(4);
  expect(session.target[3]).toBeCloseTo(0.1, 12);
  expect(session.target[10]).toBe(0.5);
});

it('draws codes that differ by seed and by what they show', async () => {
  const other = shownBy([0.8, 0, 0.4, 0, 0, 0, 0, 0, 0, 9, 0.5]);
  const [a, again, b] = [
    await editor.sample([shown, other], 1),
    await editor.sample([shown, other], 1),
    await editor.sample([shown, other], 2),
  ];
  expect(a.shape).toEqual([2, 1, 6]);
  expect(a.data).toEqual(again.data);
  expect(a.data).not.toEqual(b.data);
});

it('refuses what it does not know', async () => {
  const session = await editor.open(w, shown);
  await expect(session.set({ hat: 1 })).rejects.toThrow(/no attribute hat; there are: Age, Smile/);
  await expect(session.set({ age: Number.NaN })).rejects.toThrow(/age: NaN is no number/);
  await expect(session.light({ moon: 1 })).rejects.toThrow(/no light moon; there are: left/);
  await expect(editor.open(array([[1, 2, 3]]), shown)).rejects.toThrow(
    /shape \[1, 3\]; the flow edits \[rows, 6\]/,
  );
});
