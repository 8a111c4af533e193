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

it('is written whole', async () => {
  const picture = drawn(30, 20);
  await writePng(folder('a.png'), picture);
  expect(await decode(await readFile(folder('a.png')))).toEqual(picture);
  await writeJpeg(folder('a.jpg'), picture);
  expect((await decode(await readFile(folder('a.jpg')))).width).toBe(30);
});
