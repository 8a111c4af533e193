import { symlinkSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { InputError } from '@sextant/io';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../test/folder.js';
import { drawn } from '../../test/pictures.js';
import { encodePng } from '../encode.js';
import type { Image } from '../image.js';
import { crop } from '../resize.js';
import { openImages } from './open.js';
import { readable, sharedImage } from './readable.js';
import { type ImageSet, openListing, subset } from './set.js';

const path = temporaryFolder();
const png: Uint8Array[] = [];
beforeAll(async () => {
  for (let seed = 0; seed < 4; seed++) png.push(await encodePng(drawn(8, 6, seed)));
});

const names = (set: ImageSet) => Array.from({ length: set.length }, (_, i) => set.name(i));

describe('folders', () => {
  it('takes pictures in order, with the first folder in which they differ as class', async () => {
    put({
      [path('a/train/dog/10.png')]: png[1]!,
      [path('a/train/dog/9.PNG')]: png[2]!,
      [path('a/train/cat/deep/1.png')]: png[0]!,
    });
    const set = await openImages(path('a'));
    expect(names(set)).toEqual(['train/cat/deep/1.png', 'train/dog/10.png', 'train/dog/9.PNG']);
    expect([set.classes, [...set.labels!]]).toEqual([
      ['cat', 'dog'],
      [0, 1, 1],
    ]);
    expect(await set.load(2)).toEqual(drawn(8, 6, 2));
    expect(names(await openImages(path('a'), { split: 'train' }))).toEqual([
      'cat/deep/1.png',
      'dog/10.png',
      'dog/9.PNG',
    ]);
  });

  it('has no classes where a picture stands in no folder', async () => {
    put({ [path('b/x/1.png')]: png[0]!, [path('b/2.png')]: png[1]! });
    expect((await openImages(path('b'))).labels).toBeUndefined();
  });

  it('skips what is no picture, says why, and does not go round in links', async () => {
    put({
      [path('c/1.png')]: png[0]!,
      [path('c/._1.png')]: 'x',
      [path('c/.hidden.png')]: 'x',
      [path('c/.git/2.png')]: png[0]!,
      [path('c/__MACOSX/3.png')]: 'x',
      [path('c/notes.txt')]: 'x',
    });
    symlinkSync(path('c'), path('c/loop'));
    symlinkSync(path('nowhere'), path('c/gone.png'));
    symlinkSync(path('c/1.png'), path('c/again.png'));
    const set = await openImages(path('c'));
    expect(names(set)).toEqual(['1.png', 'again.png']);
    expect(set.skipped).toEqual({
      "macOS's notes on files": 2,
      hidden: 2,
      'not a picture by its name': 1,
      'a link to a folder around it': 1,
      'a link to nothing': 1,
    });
  });

  it('says what is wrong in one line', async () => {
    put({ [path('d/notes.txt')]: 'x', [path('e.tar.gz')]: 'x', [path('e.doc')]: 'x' });
    await expect(openImages(path('d'))).rejects.toThrow(
      new InputError(`${path('d')} holds no pictures (skipped: 1 x not a picture by its name)`),
    );
    await expect(openImages(path('none'))).rejects.toThrow('no such file or folder');
    await expect(openImages(path('e.tar.gz'))).rejects.toThrow('unpack it and give the folder');
    await expect(openImages(path('e.doc'))).rejects.toThrow('not a folder, zip archive or picture');
  });

  it('is a set of one picture, by a path that begins with a dot too', async () => {
    put({ [path('dot/one.png')]: png[1]! });
    const here = relative(process.cwd(), path('dot/one.png'));
    expect(here.startsWith('..')).toBe(true);
    expect((await openImages(here)).length).toBe(1);
    await expect(openImages(path('dot/.hidden.png'))).rejects.toThrow(InputError);
  });

  it('is a set of one picture too', async () => {
    put({ [path('one.png')]: png[3]! });
    expect(await (await openImages(path('one.png'))).load(0)).toEqual(drawn(8, 6, 3));
  });
});

describe('zip archives', () => {
  it.each([0, 6] as const)('are read in place, level %i', async (level) => {
    const members = {
      'train/dog/b.png': png[1]!,
      'train/cat/a.png': png[0]!,
      '__MACOSX/train/cat/._a.png': png[0]!,
      'train/cat/../../up.png': png[0]!,
      'train/list.csv': png[0]!,
    };
    writeFileSync(path(`${level}.zip`), zipSync(members, { level }));
    const set = await openImages(path(`${level}.zip`));
    expect(names(set)).toEqual(['train/cat/a.png', 'train/dog/b.png']);
    expect([set.classes, [...set.labels!]]).toEqual([
      ['cat', 'dog'],
      [0, 1],
    ]);
    expect(set.skipped).toEqual({
      "macOS's notes on files": 1,
      'unsafe name': 1,
      'not a picture by its name': 1,
    });
    expect(await set.load(1)).toEqual(drawn(8, 6, 1));
    await set.close();
    expect(await set.load(0)).toEqual(drawn(8, 6, 0));
    await set.close();
  });
});

describe('binary data sets', () => {
  const planes = (count: number, header: readonly number[], pixels: number) =>
    Uint8Array.from({ length: count * (header.length + 3 * pixels) }, (_, i) => {
      const [record, at] = [Math.floor(i / (header.length + 3 * pixels)), i % (header.length + 3 * pixels)];
      return at < header.length ? header[at]! + record : (at - header.length + record) % 251;
    });

  it('CIFAR-10: a label and three planes', async () => {
    put({
      ...Object.fromEntries(
        [1, 2, 3, 4, 5].map((n) => [
          path(`cifar/cifar-10-batches-bin/data_batch_${n}.bin`),
          planes(2, [n], 1024),
        ]),
      ),
      [path('cifar/cifar-10-batches-bin/test_batch.bin')]: planes(3, [0], 1024),
      [path('cifar/cifar-10-batches-bin/batches.meta.txt')]: 'airplane\nautomobile\n\n',
    });
    const set = await openImages(path('cifar'));
    expect([set.length, [...set.labels!]]).toEqual([10, [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]]);
    expect(set.classes).toEqual(['airplane', 'automobile']);
    const { width, height, data } = await set.load(3);
    expect([width, height, ...data.subarray(3, 6)]).toEqual([32, 32, 2, (1024 + 2) % 251, (2048 + 2) % 251]);
    expect((await openImages(path('cifar'), { split: 'test' })).length).toBe(3);
    await expect(openImages(path('cifar'), { split: 'unlabeled' })).rejects.toThrow('there are: train, test');
    await set.close();
  });

  it('CIFAR-100: the second label', async () => {
    put({
      [path('cifar100/train.bin')]: planes(2, [7, 40], 1024),
      [path('cifar100/test.bin')]: planes(1, [7, 3], 1024),
    });
    expect([...(await openImages(path('cifar100'))).labels!]).toEqual([40, 41]);
    put({ [path('cifar100/train.bin')]: new Uint8Array(5000) });
    await expect(openImages(path('cifar100'))).rejects.toThrow('no whole number of CIFAR-100');
  });

  it('STL-10: planes column after column, labels from 1, and without', async () => {
    put({
      [path('stl/train_X.bin')]: planes(1, [], 96 * 96),
      [path('stl/train_y.bin')]: Uint8Array.of(10),
      [path('stl/unlabeled_X.bin')]: planes(2, [], 96 * 96),
      [path('stl/class_names.txt')]: 'airplane\n',
    });
    const set = await openImages(path('stl'));
    expect([...set.labels!]).toEqual([9]);
    // One pixel to the right is one column, 96 bytes, further.
    expect((await set.load(0)).data[3]).toBe(96);
    const all = await openImages(path('stl'), { split: 'train+unlabeled' });
    expect([all.length, all.labels]).toEqual([3, undefined]);
    expect((await all.load(2)).data[3]).toBe(97);
    await Promise.all([set.close(), all.close()]);
  });
});

it('Tiny ImageNet: validation pictures by their table', async () => {
  put({
    [path('tiny/wnids.txt')]: 'n02\nn01\n',
    [path('tiny/train/n01/images/n01_0.JPEG')]: png[0]!,
    [path('tiny/train/n02/images/n02_0.JPEG')]: png[1]!,
    [path('tiny/train/n01/n01_boxes.txt')]: 'x',
    [path('tiny/val/images/val_0.JPEG')]: png[2]!,
    [path('tiny/val/images/val_1.JPEG')]: png[3]!,
    [path('tiny/val/val_annotations.txt')]: 'val_0.JPEG\tn02\t0\t0\t1\t1\nval_1.JPEG\tn01\t0\t0\t1\t1\n',
  });
  const train = await openImages(path('tiny'));
  expect([train.classes, [...train.labels!]]).toEqual([
    ['n01', 'n02'],
    [0, 1],
  ]);
  const test = await openImages(path('tiny'), { split: 'test' });
  expect([test.classes, [...test.labels!]]).toEqual([
    ['n01', 'n02'],
    [1, 0],
  ]);
  expect(await test.load(1)).toEqual(drawn(8, 6, 3));
});

describe('readable', () => {
  it('leaves broken pictures out, says why, and keeps the pixels of the others', async () => {
    put({
      [path('r/x/1.png')]: png[0]!,
      [path('r/x/2.png')]: 'no picture at all',
      [path('r/y/3.png')]: png[1]!.subarray(0, png[1]!.length - 40),
      [path('r/y/4.png')]: png[2]!,
    });
    const { set, broken, images } = await readable(await openImages(path('r')), { keepBytes: 1e6 });
    expect(names(set)).toEqual(['x/1.png', 'y/4.png']);
    expect([...set.labels!]).toEqual([0, 1]);
    expect(broken).toEqual([
      { name: 'x/2.png', reason: 'not a picture' },
      { name: 'y/3.png', reason: 'truncated PNG' },
    ]);
    expect(sharedImage(images!, 1)).toEqual(drawn(8, 6, 2));
    // What a thread is given opens the same set.
    const again = openListing(structuredClone(set.listing), set.options);
    expect(await again.load(1)).toEqual(drawn(8, 6, 2));
    expect(names(subset(set, [1]))).toEqual(['y/4.png']);
    const small = await readable(await openImages(path('r')), { keepBytes: 150 });
    expect([small.set.length, small.images]).toEqual([2, undefined]);
    const prepare = (image: Image) => crop(image, { top: 1, left: 0, width: 2, height: 3 });
    const parts = await readable(await openImages(path('r')), { keepBytes: 150, prepare });
    expect(sharedImage(parts.images!, 1)).toEqual(prepare(drawn(8, 6, 2)));
  });

  it('refuses a set of which none can be read', async () => {
    put({ [path('s/1.png')]: 'text, no picture' });
    await expect(readable(await openImages(path('s')))).rejects.toThrow(
      'none of the 1 pictures can be read; 1.png: not a picture',
    );
  });
});
