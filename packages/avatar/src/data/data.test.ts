import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, NDArray } from '@sextant/engine';
import { renderHead } from '@sextant/heads';
import { blank, writePng } from '@sextant/image';
import { writeNpy } from '@sextant/io';
import { Loader } from '@sextant/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headBox } from '../crop.js';
import { HeadFootage } from './heads.js';
import { others, pairs, spread } from './pairs.js';
import { TreeFootage } from './tree.js';
import { writeTree } from './write.js';

const folder = mkdtempSync(join(tmpdir(), 'sextant-avatar-data-'));
const tree = join(folder, 'tree');
beforeAll(() => writeTree(tree, { people: 3, testPeople: 2, frames: 4, size: 16, seed: 5, threads: 1 }));
afterAll(() => rmSync(folder, { recursive: true }));

it('spreads frames over a video of any length, the first where it is told', () => {
  expect(spread(101, 4, 0)).toEqual([0, 24, 47, 71]);
  expect(spread(101, 2, 0.9)).toEqual([90, 14]);
  expect(spread(1, 2, 0.7)).toEqual([0, 0]);
});

describe('a tree of files', () => {
  it('shows what was rendered', async () => {
    const rendered = new HeadFootage({ split: 'val', people: 2, frames: 4, seed: 5 }, 16);
    const read = await TreeFootage.open(tree, 'test', 16);
    expect([read.length, await read.frames(1)]).toEqual([2, 4]);
    expect(read.name(1)).toBe(join(rendered.name(1), 'video'));
    const [expected, found] = [await rendered.view(1, 2), await read.view(1, 2)];
    expect(found.images.data).toEqual(expected.images.data);
    expect(found.masks.data).toEqual(expected.masks.data);
    expect(found.stickmen.data).toEqual(expected.stickmen.data);
    for (const [i, v] of found.poses.data.entries()) expect(v).toBeCloseTo(expected.poses.data[i]!, 5);
    expect(Math.max(...found.masks.data)).toBe(1);
    expect(Math.min(...found.masks.data)).toBe(0);
  });

  it('keeps light and background of a video', () => {
    const footage = new HeadFootage({ split: 'train', people: 1, frames: 3 }, 16);
    const [a, b] = [footage.parameters(0, 0), footage.parameters(0, 2)];
    expect(b.light).toEqual(a.light);
    expect(b.background).toEqual(a.background);
    expect(b.yaw).not.toBe(a.yaw);
  });

  it('frames heads as photographs are cropped', async () => {
    const footage = new HeadFootage({ split: 'train', people: 2, frames: 3 }, 16);
    for (const [video, frame] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const { landmarks } = renderHead(footage.parameters(video, frame), { size: 400, supersampling: 1 });
      const { left, top, size } = headBox(landmarks);
      for (const [found, expected] of [
        [left, 0],
        [top, 0],
        [size, 400],
      ] as const)
        expect(Math.abs(found - expected)).toBeLessThan(4);
    }
  }, 60_000);

  it('is shown at another size', async () => {
    const { images, masks, poses } = await (await TreeFootage.open(tree, 'train', 8)).view(0, 0);
    expect([images.shape, masks.shape]).toEqual([
      [3, 8, 8],
      [1, 8, 8],
    ]);
    const same = await (await TreeFootage.open(tree, 'train', 16)).view(0, 0);
    expect(poses.data).toEqual(same.poses.data);
  });

  it('gives the same batches again from a place in them', async () => {
    const footage = await TreeFootage.open(tree, 'train', 16);
    const loader = () => new Loader({ dataset: pairs(footage), batchSize: 2, seed: 1 });
    const [first, second] = [loader(), loader()];
    await first.next();
    second.seek(first.cursor);
    const [a, b] = [await first.next(), await second.next()];
    expect(a.target.images.shape).toEqual([2, 1, 3, 16, 16]);
    expect(b.target.images.data).toEqual(a.target.images.data);
    expect(b.source.poses.data).toEqual(a.source.poses.data);
    expect(a.source.images.data).not.toEqual(a.target.images.data);
  });

  it('takes the first frames where nothing is drawn', async () => {
    const footage = await TreeFootage.open(tree, 'test', 16);
    const dataset = pairs(footage, { targets: 2, drawn: false });
    const { source, target } = await dataset.get(1, new Generator(0));
    expect(source.images.data).toEqual((await footage.view(1, 0)).images.data);
    expect(target.images.shape).toEqual([2, 3, 16, 16]);
    expect(target.poses.data.slice(136)).toEqual((await footage.view(1, 1)).poses.data);
  });

  it('compares the first frame with others, none of them itself', async () => {
    const footage = await TreeFootage.open(tree, 'test', 16);
    const { target } = await others(footage, 2).get(0, new Generator(0));
    for (const [at, frame] of [1, 2].entries()) {
      const { data } = (await footage.view(0, frame)).poses;
      expect(target.poses.data.slice(136 * at, 136 * at + 136)).toEqual(data);
    }
  });

  it('says what is wrong in one line', async () => {
    await expect(TreeFootage.open(folder, 'train', 16)).rejects.toThrow(/cannot read .*imgs/);
    await expect(writeTree(tree, { people: 1, testPeople: 1, frames: 1, size: 8, seed: 0 })).rejects.toThrow(
      /not empty/,
    );
    expect(() => new HeadFootage({ split: 'val', people: 501, frames: 1 }, 8)).toThrow(/val .* has 500/);
    const broken = join(folder, 'broken');
    await writeTree(broken, { people: 1, testPeople: 1, frames: 1, size: 8, seed: 0, threads: 1 });
    const footage = await TreeFootage.open(broken, 'train', 8);
    const at = (kind: string, end: string) =>
      join(broken, kind, 'train', footage.name(0), 'sequence', `00000.${end}`);
    await writeNpy(at('keypoints', 'npy'), new NDArray(new Float32Array(10), [5, 2], 'float32'));
    await expect(footage.view(0, 0)).rejects.toThrow(/00000.npy: \[5, 2\]; landmarks are \[68, 2\]/);
    await writePng(at('imgs', 'png'), blank(8, 9));
    await writeNpy(at('keypoints', 'npy'), new NDArray(new Float32Array(136), [68, 2], 'float32'));
    await expect(footage.view(0, 0)).rejects.toThrow(/8 × 9; training takes square pictures/);
    rmSync(at('segs', 'png'));
    await expect(footage.view(0, 0)).rejects.toThrow(/cannot read .*segs/);
  });
});
