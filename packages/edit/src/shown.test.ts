import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { HEADS } from './attributes.js';
import { readShown } from './shown.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-shown-'));
afterAll(() => rmSync(folder, { recursive: true }));
const csv = (...lines: string[]) => writeFileSync(join(folder, 'attributes.csv'), `${lines.join('\n')}\n`);

const LIGHTS = Array.from({ length: 9 }, (_, k) => `light_${k}`);
const NAMES = HEADS.attributes.map(({ name }) => name.toUpperCase());
/** Attributes 0, 1, … of a row, plus an offset. */
const attributes = (offset: number) => NAMES.map((_, i) => i + offset);

it('reads attributes of a table by their names, in the order of the files', async () => {
  csv(
    ['note', 'file', ...[...NAMES].reverse()].join(),
    ['-', 'b.png', ...attributes(10).reverse()].join(),
    ['-', 'a.png', ...attributes(20).reverse()].join(),
  );
  const { data, shape } = await readShown(folder, HEADS);
  expect(shape).toEqual([2, 17]);
  expect([...data]).toEqual([
    ...LIGHTS.map(() => 0),
    ...attributes(20),
    ...LIGHTS.map(() => 0),
    ...attributes(10),
  ]);
});

it('reads lights where they are, and keeps the order where no files are named', async () => {
  csv([...NAMES, ...LIGHTS].join(), [...attributes(0), ...LIGHTS.map((_, k) => k / 10)].join());
  const { data } = await readShown(folder, HEADS);
  expect(data[8]).toBeCloseTo(0.8, 6);
  expect(data[9 + 7]).toBe(7);
});

it('says what is wrong with a table', async () => {
  csv(NAMES.slice(1).join(), attributes(0).slice(1).join());
  await expect(readShown(folder, HEADS)).rejects.toThrow(/it has no column gender; its columns are glasses/);
  csv(NAMES.join());
  await expect(readShown(folder, HEADS)).rejects.toThrow(/it has no rows/);
  csv(NAMES.join(), ['x', ...attributes(0).slice(1)].join());
  await expect(readShown(folder, HEADS)).rejects.toThrow(/row 2, gender: "x" is no number/);
  csv([...NAMES, 'light_0'].join(), [...attributes(0), 1].join());
  await expect(readShown(folder, HEADS)).rejects.toThrow(/it has only light_0/);
});
