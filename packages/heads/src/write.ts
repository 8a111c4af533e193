/**
 * @module Sets of heads as files.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NDArray } from '@sextant/engine';
import { type Image, writePng } from '@sextant/image';
import { InputError, isFolder, makeFolder, writeNpy } from '@sextant/io';
import type { HeadParameters } from './parameters.js';
import type { Head, RenderOptions } from './render.js';
import { HeadRenderer } from './renderer.js';
import { HeadSet, type HeadSetOptions } from './set.js';

/** Numbers of one picture's landmarks. */
const LANDMARKS = 68 * 2;

export interface WriteOptions extends HeadSetOptions, RenderOptions {
  /** Writes `landmarks.npy` too (false). */
  readonly landmarks?: boolean;
  /** Writes the masks too (false). */
  readonly masks?: boolean;
  /** Worker threads (the number of cores, less one). */
  readonly threads?: number;
  /** Called after each picture. */
  readonly onProgress?: (done: number, all: number) => void;
}

/**
 * Writes a set of heads to a folder: `images/000000.png` and so on; `attributes.npy` [n, 8], `light.npy` [n, 9] and
 * `person.npy` [n]; where asked for, `landmarks.npy` [n, 68, 2] in pixels and `masks/000000.png`, 255 where a pixel
 * shows nothing but the person. The arrays come last: a folder that has them is complete.
 *
 * @throws InputError when the folder holds something already or cannot be written to, and as `HeadSet` does.
 *
 * @example
 * await writeHeads('heads', { count: 5000, size: 64, split: 'train', masks: true });
 */
export async function writeHeads(folder: string, options: WriteOptions): Promise<void> {
  const { size, supersampling = 2, landmarks = false, masks = false, threads, onProgress } = options;
  const set = new HeadSet(options, { size, supersampling });
  if ((await isFolder(folder)) && (await readdir(folder)).length > 0)
    throw new InputError(`${folder} is not empty: choose a new folder`);
  await makeFolder(join(folder, 'images'));
  if (masks) await makeFolder(join(folder, 'masks'));
  const points = new Float32Array(landmarks ? set.length * LANDMARKS : 0);
  const renderer = new HeadRenderer(set.rendering, threads);
  try {
    let i = 0;
    for await (const head of renderer.render(parametersOf(set))) {
      const file = `${set.name(i)}.png`;
      await writePng(join(folder, 'images', file), head.image);
      if (masks) await writePng(join(folder, 'masks', file), maskPicture(head));
      if (landmarks) points.set(head.landmarks, i * LANDMARKS);
      i++;
      onProgress?.(i, set.length);
    }
  } finally {
    await renderer.close();
  }
  if (landmarks)
    await writeNpy(join(folder, 'landmarks.npy'), new NDArray(points, [set.length, 68, 2], 'float32'));
  await writeNpy(join(folder, 'person.npy'), new NDArray(set.labels, [set.length], 'int32'));
  await writeNpy(join(folder, 'light.npy'), set.lights());
  await writeNpy(join(folder, 'attributes.npy'), set.attributes());
}

function* parametersOf(set: HeadSet): Generator<HeadParameters> {
  for (let i = 0; i < set.length; i++) yield set.parameters(i);
}

/** A mask as a grey picture. */
function maskPicture({ image: { width, height }, mask }: Head): Image {
  const data = new Uint8Array(3 * mask.length);
  for (const [i, share] of mask.entries()) data.fill(Math.round(255 * share), 3 * i, 3 * i + 3);
  return { width, height, data };
}
