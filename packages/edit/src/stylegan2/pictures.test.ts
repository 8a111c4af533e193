import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, type Image, openImages } from '@sextant/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../squared.js';
import { pictureLoader, readSquares } from './pictures.js';

/** Red grows to the right, green downwards, blue tells pictures apart. */
const drawn = (width: number, height: number, blue: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return [pixel % width, Math.floor(pixel / width), blue][at % 3]!;
  }),
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-edit-'));
  for (let i = 0; i < 5; i++)
    await writeFile(join(folder, `${i}.png`), await encodePng(drawn(16, 8, 10 * i)));
  await writeFile(join(folder, 'broken.png'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('squared', () => {
  it('takes the middle', () => {
    const { width, height, data } = squared(drawn(16, 8, 7), 8);
    expect([width, height]).toEqual([8, 8]);
    expect([...data.subarray(0, 3)]).toEqual([4, 0, 7]);
    expect([...data.subarray(-3)]).toEqual([11, 7, 7]);
  });

  it('leaves a picture of the size as it is', () => {
    const image = drawn(8, 8, 0);
    expect(squared(image, 8)).toBe(image);
    expect(squared(image, 4)).toMatchObject({ width: 4, height: 4 });
  });
});

describe('readSquares', () => {
  it('gives the same pictures from memory and from files, without broken ones', async () => {
    const set = await openImages(folder);
    const kept = await readSquares(set, 4);
    const read = await readSquares(set, 4, { keepBytes: 0 });
    expect(kept.broken).toEqual(['broken.png: not a picture']);
    expect(read.broken).toEqual(kept.broken);
    expect(kept.squares.length).toBe(5);
    for (let i = 0; i < 5; i++) expect(await read.squares.get(i)).toEqual(await kept.squares.get(i));
    await set.close();
  });
});

describe('pictureLoader', () => {
  const loader = async (flip: boolean) => {
    const { squares } = await readSquares(await openImages(folder), 8);
    return pictureLoader(squares, { batchSize: 5, seed: 3, flip });
  };

  it('gives levels from -1 to 1', async () => {
    const { shape, data } = await (await loader(false)).next();
    expect(shape).toEqual([5, 3, 8, 8]);
    expect(data[0]).toBeCloseTo((4 / 255) * 2 - 1, 6);
  });

  it('mirrors some pictures, others at other times', async () => {
    const source = await loader(true);
    const left: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      const { data } = await source.next();
      for (let picture = 0; picture < 5; picture++) {
        const [first, last] = [data[picture * 192]!, data[picture * 192 + 7]!];
        expect(first).not.toBe(last);
        left.push(first > last);
      }
    }
    expect(new Set(left).size).toBe(2);
  });
});
