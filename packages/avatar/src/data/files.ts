/**
 * @module Pictures and landmarks of files.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, type Image } from '@sextant/image';
import { InputError, isFolder, readFile, readNpy } from '@sextant/io';

const LANDMARKS = 68;

/** A picture of a file. @throws InputError naming it. */
export async function readPicture(path: string): Promise<Image> {
  const bytes = await readFile(path);
  try {
    return await decode(bytes);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`, { cause: error }) : error;
  }
}

/** x and y of 68 landmarks of a file [68, 2 or more]. @throws InputError when they are anything else. */
export async function readLandmarks(path: string): Promise<Float64Array<ArrayBuffer>> {
  const all = await readFrames(path);
  if (all.length !== 1) throw new InputError(`${path}: landmarks of ${all.length} frames; give those of one`);
  return all[0]!;
}

/**
 * Landmarks of frames: a file [frames, 68, 2] or [68, 2], or a folder of such files in the order of their names.
 *
 * @throws InputError when they are anything else.
 */
export async function readMotion(path: string): Promise<Float64Array<ArrayBuffer>[]> {
  if (!(await isFolder(path))) return readFrames(path);
  const files = (await readdir(path)).filter((name) => name.toLowerCase().endsWith('.npy')).sort();
  if (files.length === 0) throw new InputError(`${path} holds no .npy files of landmarks`);
  return (await Promise.all(files.map((file) => readFrames(join(path, file))))).flat();
}

async function readFrames(path: string): Promise<Float64Array<ArrayBuffer>[]> {
  const { data, shape } = await readNpy(path);
  const [rows, columns] = shape.slice(-2) as [number, number];
  if ((shape.length !== 2 && shape.length !== 3) || rows !== LANDMARKS || columns < 2 || data.length === 0) {
    throw new InputError(`${path}: [${shape.join(', ')}]; landmarks are [68, 2]: x and y in pixels`);
  }
  return Array.from({ length: data.length / (rows * columns) }, (_, frame) => {
    const points = Float64Array.from({ length: 2 * rows }, (_, i) =>
      Number(data[(frame * rows + (i >> 1)) * columns + (i & 1)]),
    );
    if (!points.every(Number.isFinite)) throw new InputError(`${path}: some landmarks are no numbers`);
    return points;
  });
}
