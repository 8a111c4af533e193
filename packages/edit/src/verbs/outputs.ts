/**
 * @module What verbs write of edited pictures: a sheet, and where asked for the pictures themselves and their codes.
 */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { type Image, type SheetOptions, sheet, writePng } from '@sextant/image';
import { checkOutputs, InputError, isFolder, makeFolder, writeNpy } from '@sextant/io';
import type { Command } from 'commander';
import { stacked } from '../editor.js';

export interface PictureOutputs {
  readonly output: string;
  readonly pictures?: string;
  readonly codes?: string;
}

/** Adds the options of {@link PictureOutputs}. */
export const withPictureOutputs = (command: Command): Command =>
  command
    .requiredOption('-o, --output <file.png>', 'required: sheet to write')
    .option(
      '--pictures <folder>',
      "new folder for the pictures, as 000.png and so on, of the generator's size",
    )
    .option('--codes <file.npy>', 'write their codes [n, rows, D] too');

/** @param inputs - paths. @throws InputError when an output is of another kind, cannot be written, or would replace an input. */
export async function checkPictureOutputs(
  inputs: readonly string[],
  { output, codes, pictures }: PictureOutputs,
): Promise<void> {
  checkExtension(output, '.png', 'a sheet is');
  if (codes !== undefined) checkExtension(codes, '.npy', 'codes are');
  if (pictures !== undefined && (await isFolder(pictures)) && (await readdir(pictures)).length > 0)
    throw new InputError(`${pictures} is not empty: choose a new folder`);
  await checkOutputs(inputs, codes === undefined ? [output] : [output, codes]);
}

/** @throws InputError */
export function checkExtension(path: string, extension: string, what: string): void {
  if (extname(path).toLowerCase() !== extension)
    throw new InputError(`${path}: ${what} written as ${extension}`);
}

/** Results, and the sheet that they are shown on. */
export interface Written {
  readonly codes: readonly NDArray[];
  readonly images: readonly Image[];
  readonly rows: readonly Image[];
  readonly labels?: readonly string[];
}

export async function writePictures(
  { output, pictures, codes: path }: PictureOutputs,
  { codes, images, rows, labels }: Written,
): Promise<void> {
  await writePng(output, sheetOf(rows, labels && { columns: labels.length, columnLabels: labels }));
  if (path !== undefined) await writeNpy(path, stacked(codes));
  if (pictures === undefined) return;
  await makeFolder(pictures);
  for (const [i, image] of images.entries()) {
    await writePng(join(pictures, `${String(i).padStart(3, '0')}.png`), image);
  }
}

/** Least width of a picture's place on a sheet; and pixels that a sheet is kept to where pictures are larger. */
const [SMALLEST, PIXELS] = [96, 2 ** 26];

/** A sheet of pictures of one size, not made smaller where that many can be shown as they are. */
export function sheetOf(images: readonly Image[], options: SheetOptions = {}): Image {
  const size = Math.max(...images.map(({ width, height }) => Math.max(width, height)));
  const fitting = Math.floor(Math.sqrt(PIXELS / images.length));
  return sheet(images, { ...options, cell: Math.max(SMALLEST, Math.min(size, fitting)) });
}
