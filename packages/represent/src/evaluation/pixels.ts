/**
 * @module Labelled pictures as normalised pixels: the features that every encoder has to beat.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { NDArray } from '@sextant/engine';
import type { Image } from '@sextant/image';
import { decodeZip, InputError, quote, readFile, within } from '@sextant/io';
import sharp from 'sharp';
import type { Labelled } from './knn.js';

/** Mean and standard deviation of the channels, of pixels from 0 to 1. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Of the data sets that come with labels as folders of classes. */
export const NORMALIZATIONS = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
} as const satisfies Readonly<Record<string, Normalization>>;

/** Pictures with class ids. */
export interface LabelledImages {
  readonly images: readonly Image[];
  /** Place of the class among the names of classes. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

/**
 * The pictures of a zip of class folders (`…/<class>/<file>`), classes and files in the order of their names.
 *
 * @param perClass - how many of each class, the first ones; all where it is not given.
 * @throws InputError when the archive is damaged, holds no class folder, or a file is not a picture.
 */
export async function readClassFolders(
  path: string,
  perClass = Number.POSITIVE_INFINITY,
): Promise<LabelledImages> {
  const bytes = await readFile(path);
  const members = within(path, () => decodeZip(bytes));
  const files = new Map<string, string[]>();
  for (const name of [...members.keys()].sort()) {
    const folder = name.split('/').at(-2);
    if (folder !== undefined) files.set(folder, [...(files.get(folder) ?? []), name].slice(0, perClass));
  }
  if (files.size === 0) throw new InputError(`${path}: it has no class folders; pack it as <class>/<file>`);
  const classes = [...files.keys()];
  const chosen = classes.flatMap((name, label) => files.get(name)!.map((file) => ({ file, label })));
  const images = await Promise.all(
    chosen.map(({ file }) => decode(`${path}: ${quote(file)}`, members.get(file)!)),
  );
  return { images, labels: Int32Array.from(chosen, ({ label }) => label), classes };
}

async function decode(name: string, bytes: Uint8Array): Promise<Image> {
  try {
    const { data, info } = await sharp(bytes)
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8Array(data) };
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new InputError(`${name} cannot be read as a picture (${reason})`, { cause: error });
  }
}

/**
 * Pictures of one size as vectors (x - mean) / std of channels, then rows, then columns [N, 3·H·W].
 *
 * @throws InputError when there is none or the sizes differ.
 */
export function pixelFeatures({ images, labels }: LabelledImages, { mean, std }: Normalization): Labelled {
  const first = images[0];
  if (!first) throw new InputError('there are no pictures to compare');
  const area = first.width * first.height;
  const data = new Float32Array(images.length * 3 * area);
  for (const [i, { width, height, data: pixels }] of images.entries()) {
    if (width !== first.width || height !== first.height)
      throw new InputError(
        `pictures of ${first.width} × ${first.height} and of ${width} × ${height} pixels have no vectors of one width; resize them`,
      );
    for (let c = 0; c < 3; c++) {
      const start = (3 * i + c) * area;
      for (let p = 0; p < area; p++) data[start + p] = (pixels[3 * p + c]! / 255 - mean[c]!) / std[c]!;
    }
  }
  return { features: new NDArray(data, [images.length, 3 * area], 'float32'), labels };
}

/**
 * The folder of a data set: below $SEXTANT_DATA where that is set, else `shared/data` or `data` of the present folder
 * or one above it.
 *
 * @throws InputError when it is not found.
 */
export function dataFolder(name: string): string {
  const given = process.env.SEXTANT_DATA;
  const candidates = given ? [join(given, name)] : [];
  for (let at = resolve('.'); !given; at = dirname(at)) {
    candidates.push(join(at, 'shared', 'data', name), join(at, 'data', name));
    if (at === dirname(at)) break;
  }
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined)
    throw new InputError(
      `the data set ${name} is not ${given ? `in ${given}` : 'found'}; set SEXTANT_DATA to the folder that holds '${name}'`,
    );
  return found;
}
