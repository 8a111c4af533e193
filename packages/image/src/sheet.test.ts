import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../test/folder.js';
import { drawn } from '../test/pictures.js';
import { decode } from './decode.js';
import { writeJpeg, writePng } from './encode.js';
import { sheet } from './sheet.js';

const folder = temporaryFolder();
const at = ({ width, data }: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x + 1) * 3),
];

it('places pictures in rows, fitted and centred, and marks some', () => {
  const images = [drawn(10, 10), drawn(20, 10, 1), drawn(10, 10, 2)];
  const made = sheet(images, {
    columns: 2,
    cell: 10,
    gap: 2,
    frame: (i) => (i === 2 ? [255, 0, 0] : undefined),
  });
  expect([made.width, made.height]).toEqual([26, 26]);
  expect(at(made, 2, 2)).toEqual(at(images[0]!, 0, 0));
  // 20 x 10 fills the width of its place and half the height.
  expect(at(made, 14, 3)).toEqual([255, 255, 255]);
  expect(at(made, 14, 7)).not.toEqual([255, 255, 255]);
  expect(at(made, 0, 12)).toEqual([255, 0, 0]);
  expect(at(made, 2, 14)).toEqual(at(images[2]!, 0, 0));
  expect(() => sheet([])).toThrow(RangeError);
});

it('writes labels above columns and before rows', () => {
  const images = Array.from({ length: 4 }, () => drawn(40, 40));
  const plain = sheet(images, { columns: 2, cell: 40, gap: 4 });
  const made = sheet(images, {
    columns: 2,
    cell: 40,
    gap: 4,
    columnLabels: ['a', 'b'],
    rowLabels: ['one', 'two'],
  });
  // Three characters of six pixels and a gap; a line of twelve.
  expect([made.width - plain.width, made.height - plain.height]).toEqual([22, 12]);
  expect(at(made, 22 + 4, 12 + 4)).toEqual(at(images[0]!, 0, 0));
  const inked = (x0: number, y0: number, x1: number, y1: number): boolean => {
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (at(made, x, y)[0] === 40) return true;
    return false;
  };
  expect(inked(22, 0, 66, 12)).toBe(true);
  expect(inked(0, 16, 22, 56)).toBe(true);
  expect(inked(0, 60, 22, 100)).toBe(true);
});

it('is written whole', async () => {
  const picture = drawn(30, 20);
  await writePng(folder('a.png'), picture);
  expect(await decode(await readFile(folder('a.png')))).toEqual(picture);
  await writeJpeg(folder('a.jpg'), picture);
  expect((await decode(await readFile(folder('a.jpg')))).width).toBe(30);
});
