import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImages } from '@sextant/image';
import { readNpy } from '@sextant/io';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HeadSet } from './set.js';
import { writeHeads } from './write.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sextant-heads-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const options = { count: 11, size: 16, split: 'test', seed: 2, frames: 2, threads: 1 } as const;

it('writes pictures, masks and arrays that belong together', async () => {
  const at = join(folder, 'all');
  const progress: number[] = [];
  await writeHeads(at, {
    ...options,
    landmarks: true,
    masks: true,
    onProgress: (done, all) => progress.push(done / all),
  });
  expect(progress).toEqual(Array.from({ length: 11 }, (_, i) => (i + 1) / 11));
  const set = new HeadSet(options, { size: 16 });
  const heads = Array.from({ length: 11 }, (_, i) => set.head(i));
  const images = await openImages(join(at, 'images'));
  const masks = await openImages(join(at, 'masks'));
  expect([images.length, images.name(0), masks.name(10)]).toEqual([11, '000000.png', '000010.png']);
  for (const [i, { image, mask }] of heads.entries()) {
    expect(await images.load(i)).toEqual(image);
    expect([...(await masks.load(i)).data.filter((_, k) => k % 3 === 0)]).toEqual(
      [...mask].map((share) => Math.round(255 * share)),
    );
  }
  for (const [name, shape, field] of [
    ['attributes', [11, 8], 'attributes'],
    ['light', [11, 9], 'light'],
    ['landmarks', [11, 68, 2], 'landmarks'],
  ] as const) {
    const array = await readNpy(join(at, `${name}.npy`));
    expect(array.shape).toEqual(shape);
    expect(array.data).toEqual(Float32Array.from(heads.flatMap((head) => [...head[field]])));
  }
  expect((await readNpy(join(at, 'person.npy'))).data).toEqual(
    Int32Array.from(heads, ({ person }) => person),
  );
});

it('writes no more than asked for', async () => {
  const at = join(folder, 'some');
  await writeHeads(at, { ...options, count: 1 });
  expect(readdirSync(at)).toEqual(['attributes.npy', 'images', 'light.npy', 'person.npy']);
});

it('refuses a folder that holds something, and sets that are none', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(writeHeads(folder, options)).rejects.toThrow(`${folder} is not empty: choose a new folder`);
  const at = join(folder, 'none');
  await expect(writeHeads(at, { ...options, count: -1 })).rejects.toThrow('count -1');
  expect(existsSync(at)).toBe(false);
});
