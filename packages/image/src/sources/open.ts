/**
 * @module Which kind of set a path is.
 */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError, InputError } from '@sextant/io';
import type { DecodeOptions } from '../decode.js';
import { listArchive } from './archive.js';
import { listFile, listFolder } from './folder.js';
import { whyNot } from './names.js';
import { listRecords, type Split } from './records.js';
import { type ImageSet, type Listing, openListing } from './set.js';
import { isTinyImageNet, listTinyImageNet } from './tiny-imagenet.js';

export interface OpenOptions extends DecodeOptions {
  /**
   * The part of a data set that has parts. For a plain folder or archive, pictures of its sub-folder of that name, where
   * there is one.
   */
  readonly split?: Split;
}

/** Folders that the official archives of binary data sets unpack to. */
const UNPACKED = ['cifar-10-batches-bin', 'cifar-100-binary', 'stl10_binary', 'tiny-imagenet-200'];

/**
 * Opens a set of pictures: CIFAR-10, CIFAR-100 or STL-10 in binary form, Tiny ImageNet, a folder or zip archive of pictures,
 * one picture.
 *
 * @throws InputError when there is nothing, no picture, or a data set that is incomplete.
 *
 * @example
 * const set = await openImages('cifar-10-batches-bin', { split: 'test' });
 * const { width, height, data } = await set.load(0);
 */
export async function openImages(path: string, { split, ...decode }: OpenOptions = {}): Promise<ImageSet> {
  const found = await stat(path).catch((error) => {
    throw fileError('read', path, error);
  });
  return openListing(await listingOf(path, found, split), decode);
}

async function listingOf(path: string, found: Stats, split: Split | undefined): Promise<Listing> {
  if (!found.isDirectory()) return listSingle(path, split);
  const names = new Set(await readdir(path).catch((error) => Promise.reject(fileError('read', path, error))));
  const unpacked = UNPACKED.find((name) => names.has(name));
  if (unpacked !== undefined) {
    const inside = join(path, unpacked);
    return listingOf(inside, await stat(inside), split);
  }
  if (isTinyImageNet(names)) return listTinyImageNet(path, split);
  const records = await listRecords(path, names, split);
  if (records) return records;
  return listFolder(split !== undefined && names.has(split) ? join(path, split) : path);
}

async function listSingle(path: string, split: Split | undefined): Promise<Listing> {
  const lower = path.toLowerCase();
  if (lower.endsWith('.zip')) {
    if (split === undefined) return listArchive(path);
    return listArchive(path, split).catch(() => listArchive(path));
  }
  if (/\.(tar|tgz|tar\.gz|gz)$/.test(lower))
    throw new InputError(
      `${path}: archives of this kind are not read in place; unpack it and give the folder`,
    );
  if (whyNot(basename(path)) === undefined) return listFile(path);
  throw new InputError(`${path}: not a folder, zip archive or picture`);
}
