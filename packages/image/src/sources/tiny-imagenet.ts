/**
 * @module Tiny ImageNet as its authors offer it: training pictures in folders of classes, validation pictures in one
 * folder beside a table of their classes.
 */
import { join } from 'node:path';
import { InputError, readFile } from '@sextant/io';
import { listFolder } from './folder.js';
import type { Split } from './records.js';
import type { Listing } from './set.js';

const TABLE = 'val_annotations.txt';

/** Whether a folder's names are those of Tiny ImageNet. */
export const isTinyImageNet = (names: ReadonlySet<string>): boolean =>
  names.has('wnids.txt') && names.has('train') && names.has('val');

/**
 * Its training or, for `test`, its validation pictures: the official test pictures have no labels. Classes are WordNet
 * numbers in alphabetical order.
 *
 * @throws InputError where a file is missing or a validation picture is not in the table.
 */
export async function listTinyImageNet(folder: string, split: Split = 'train'): Promise<Listing> {
  if (split === 'train') return listFolder(join(folder, 'train'));
  if (split !== 'test')
    throw new InputError(`${folder}: Tiny ImageNet has no part '${split}'; there are: train, test`);
  const classes = (await listFolder(join(folder, 'train'))).classes ?? [];
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const path = join(folder, 'val', TABLE);
  const rows = new TextDecoder().decode(await readFile(path)).split('\n');
  const classOf = new Map(
    rows.map((row) => row.split('\t')).map(([file, name]) => [file!, name?.trim() ?? '']),
  );
  const listing = await listFolder(join(folder, 'val', 'images'));
  if (listing.place.kind !== 'files') throw new Error('a folder holds files');
  const labels = Int32Array.from(listing.place.names, (name) => {
    const label = numbers.get(classOf.get(name) ?? '');
    if (label === undefined) throw new InputError(`${path}: it names no known class of ${name}`);
    return label;
  });
  const { 'not a picture by its name': _, ...skipped } = listing.skipped;
  return { place: listing.place, labels, classes, skipped };
}
