/**
 * @module Procedural heads as the authors' tree of files.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { type HeadParameters, HeadRenderer } from '@sextant/heads';
import { writePng } from '@sextant/image';
import { InputError, isFolder, makeFolder, writeNpy } from '@sextant/io';
import { HeadFootage } from './heads.js';
import type { TreeSplit } from './tree.js';
import { grey } from './view.js';

export interface WriteTreeOptions {
  /** People of `train` and of `test`, who are others. */
  readonly people: number;
  readonly testPeople: number;
  /** Frames of each person. */
  readonly frames: number;
  /** Rows and columns of a picture. */
  readonly size: number;
  /** Of the frames. */
  readonly seed: number;
  /** Worker threads (the number of cores, less one). */
  readonly threads?: number;
  readonly onProgress?: (done: number, all: number) => void;
}

/** @throws InputError when the folder holds something already or cannot be written to, or there are not so many people. */
export async function writeTree(folder: string, options: WriteTreeOptions): Promise<void> {
  const { people, testPeople, frames, size, seed, threads, onProgress } = options;
  const parts = [
    ['train', new HeadFootage({ split: 'train', people, frames, seed }, size)],
    ['test', new HeadFootage({ split: 'val', people: testPeople, frames, seed }, size)],
  ] as const;
  if ((await isFolder(folder)) && (await readdir(folder)).length > 0)
    throw new InputError(`${folder} is not empty: choose a new folder`);
  const renderer = new HeadRenderer({ size }, threads);
  const all = (people + testPeople) * frames;
  let done = 0;
  try {
    for (const [split, footage] of parts) {
      let i = 0;
      for await (const { image, mask, landmarks } of renderer.render(parametersOf(footage, frames))) {
        const place = await framePlace(folder, split, footage.name(Math.floor(i / frames)), i % frames);
        await writePng(place('imgs', '.png'), image);
        await writePng(place('segs', '.png'), grey(mask, size));
        await writeNpy(place('keypoints', '.npy'), new NDArray(landmarks, [68, 2], 'float32'));
        i++;
        onProgress?.(++done, all);
      }
    }
  } finally {
    await renderer.close();
  }
}

function* parametersOf(footage: HeadFootage, frames: number): Generator<HeadParameters> {
  for (let i = 0; i < footage.length * frames; i++)
    yield footage.parameters(Math.floor(i / frames), i % frames);
}

/** Where a frame's files go; their folders are made with the first one. */
async function framePlace(root: string, split: TreeSplit, person: string, frame: number) {
  const folder = (kind: string) => join(root, kind, split, person, 'video', 'sequence');
  if (frame === 0) for (const kind of ['imgs', 'segs', 'keypoints']) await makeFolder(folder(kind));
  return (kind: string, end: string) => join(folder(kind), String(frame).padStart(5, '0') + end);
}
