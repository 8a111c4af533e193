import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, type ImageSet, openImages, openListing, readable } from '@sextant/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ViewBatch, ViewLoader } from './loader.js';
import { PIPELINES } from './pipelines.js';
import { evaluationView } from './view.js';

const COUNT = 11;
let folder = '';
let set: ImageSet;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-represent-'));
  for (let i = 0; i < COUNT; i++) {
    const data = Uint8Array.from({ length: 36 * 40 * 3 }, (_, at) => (at * (i + 3) + ((at * at) >> 4)) & 255);
    writeFileSync(join(folder, `${i}.png`), await encodePng({ width: 36, height: 40, data }));
  }
  set = await openImages(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = () => ({ set, pipeline: PIPELINES.cifar10, batchSize: 4, seed: 5 });

async function take(loader: ViewLoader, count: number): Promise<ViewBatch[]> {
  const batches: ViewBatch[] = [];
  for (let i = 0; i < count; i++) batches.push(await loader.next());
  await loader.close();
  return batches;
}

describe('ViewLoader', () => {
  it('gives the same batches by any number of threads, from files and from memory', async () => {
    const here = await take(new ViewLoader({ ...options(), threads: 0 }), 3);
    expect(here[0]!.views.shape).toEqual([2, 4, 3, 32, 32]);
    const { images } = await readable(set, { keepBytes: 2 ** 20 });
    for (const loader of [
      new ViewLoader({ ...options(), threads: 1, images: images! }),
      new ViewLoader({ ...options(), threads: 2, prefetch: 3 }),
    ]) {
      expect(await take(loader, 3)).toEqual(here);
    }
    // Threads begin with loading the engine.
  }, 300_000);

  it('makes views that differ, of every picture once in an epoch', async () => {
    const batches = await take(new ViewLoader({ ...options(), threads: 0 }), 2);
    const seen = batches.slice(0, 2).flatMap(({ indices }) => [...indices]);
    expect(new Set(seen).size).toBe(8);
    const half = batches[0]!.views.size / 2;
    const { data } = batches[0]!.views;
    expect(data.slice(0, half)).not.toEqual(data.slice(half));
    const other = await take(new ViewLoader({ ...options(), seed: 6, threads: 0 }), 1);
    expect(other[0]!.indices).not.toEqual(batches[0]!.indices);
  });

  it('continues from a cursor', async () => {
    const loader = new ViewLoader({ ...options(), threads: 0 });
    const all = await take(loader, 5);
    const resumed = new ViewLoader({ ...options(), threads: 0 });
    await resumed.next();
    resumed.seek({ epoch: 1, index: 4 });
    expect(await resumed.next()).toEqual(all[3]!);
    expect(resumed.cursor).toEqual({ epoch: 2, index: 0 });
    expect(await resumed.next()).toEqual(all[4]!);
    await resumed.close();
  });

  it('joins parts of large batches in their order', async () => {
    const { images } = await readable(repeated(150), { keepBytes: 2 ** 20 });
    const shared = { ...options(), set: repeated(150), images: images!, threads: 0, prefetch: 0 };
    const many = new ViewLoader({ ...shared, batchSize: 150 });
    const [{ views, indices }] = (await take(many, 1)) as [ViewBatch];
    expect(views.shape).toEqual([2, 150, 3, 32, 32]);
    const few = new ViewLoader({ ...shared, batchSize: 50 });
    const first = await few.next();
    await few.close();
    expect(indices.slice(0, 50)).toEqual(first.indices);
    const size = 50 * 3 * 32 * 32;
    expect(views.data.slice(0, size)).toEqual(first.views.data.slice(0, size));
    expect(views.data.slice(3 * size, 4 * size)).toEqual(first.views.data.slice(size));
  });

  it('puts the next picture in place of a broken one, and tells of it', async () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, '1.png'), 'text, no picture');
    writeFileSync(join(broken, '2.png'), await encodePng(await set.load(0)));
    const loader = new ViewLoader({ ...options(), set: await openImages(broken), batchSize: 2, threads: 1 });
    expect((await loader.next()).views.size).toBe(2 * 2 * 3072);
    expect([...loader.broken]).toEqual(['1.png: not a picture']);
    await loader.close();
    await rm(join(broken, '2.png'));
    const none = new ViewLoader({ ...options(), set: await openImages(broken), batchSize: 1, threads: 1 });
    await expect(none.next()).rejects.toThrow('no picture from 1.png on can be read; 1.png: not a picture');
    await none.close();
    await expect(none.next()).rejects.toThrow('it was closed');
  }, 300_000);
});

/** The first set's pictures again and again. */
function repeated(count: number): ImageSet {
  const { place } = set.listing;
  if (place.kind !== 'files') throw new Error('a folder');
  const names = Array.from({ length: count }, (_, i) => place.names[i % COUNT]!);
  const listing = { ...set.listing, place: { ...place, names } };
  return openListing(listing);
}

describe('evaluationView', () => {
  it.each([
    ['cifar10', 50, 40],
    ['stl10', 96, 96],
    ['imagenet', 300, 500],
  ] as const)('%s from %i x %i', (name, width, height) => {
    const picture = { width, height, data: new Uint8Array(width * height * 3).fill(9) };
    const { width: w, height: h } = evaluationView(picture, PIPELINES[name]);
    expect([w, h]).toEqual([PIPELINES[name].size, PIPELINES[name].size]);
  });

  it('takes the middle of a strip, without making all of it large', () => {
    const width = 3_000_000;
    const strip = { width, height: 1, data: new Uint8Array(3 * width) };
    strip.data.fill(200, (3 * width) / 2 - 60, (3 * width) / 2 + 60);
    const { data } = evaluationView(strip, PIPELINES.imagenet);
    expect([data.length, data.every((v) => v === 200)]).toEqual([3 * 224 * 224, true]);
  });

  it('leaves a picture of the right size as it is', () => {
    const picture = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
    expect(evaluationView(picture, PIPELINES.stl10)).toBe(picture);
  });
});
