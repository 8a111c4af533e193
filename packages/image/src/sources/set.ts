/**
 * @module Sets of pictures behind one interface, whatever holds them.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, InputError, readFile, readZipEntry, type ZipEntry } from '@sextant/io';
import { type DecodeOptions, decode } from '../decode.js';
import type { Image } from '../image.js';
import { imageOf, type Layout } from './layout.js';

/** Where pictures are. Plain data: a worker thread that is given it opens the same set without another search. */
export type Place =
  /** Files of a folder by their paths in it. */
  | { readonly kind: 'files'; readonly folder: string; readonly names: readonly string[] }
  /** Members of an archive. */
  | { readonly kind: 'zip'; readonly path: string; readonly entries: readonly ZipEntry[] }
  /** Records of one layout in files, one after the other. */
  | { readonly kind: 'records'; readonly files: readonly RecordFile[]; readonly layout: Layout }
  /** Some pictures of another place. */
  | { readonly kind: 'part'; readonly of: Place; readonly indices: Int32Array };

export interface RecordFile {
  readonly path: string;
  readonly count: number;
}

/** What a set is, as plain data. */
export interface Listing {
  readonly place: Place;
  /** Numbers of the pictures' classes. */
  readonly labels?: Int32Array;
  /** Names of the classes, where they are known. */
  readonly classes?: readonly string[];
  /** How many files were not taken, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/**
 * A set of pictures by number. A picture that cannot be read is found out when it is loaded: a set of a million files
 * opens without reading any. `readable` reads them all and leaves such out.
 */
export interface ImageSet {
  readonly length: number;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
  readonly skipped: Readonly<Record<string, number>>;
  /** For `openListing`, in this thread or another. */
  readonly listing: Listing;
  readonly options: DecodeOptions;
  /** What messages call a picture: its path in the folder or archive. */
  name(index: number): string;
  /** @throws InputError `name: reason` where it cannot be read. */
  load(index: number): Promise<Image>;
  /** Closes the files; a set that is loaded from afterwards opens them again. */
  close(): Promise<void>;
}

/** Reads one kind of place. */
interface Reader {
  readonly length: number;
  name(index: number): string;
  read(index: number): Promise<Image>;
}

/** The set of a listing. */
export function openListing(listing: Listing, options: DecodeOptions = {}): ImageSet {
  const files = new OpenFiles();
  const reader = readerOf(listing.place, files, options);
  return {
    length: reader.length,
    ...(listing.labels ? { labels: listing.labels } : {}),
    ...(listing.classes ? { classes: listing.classes } : {}),
    skipped: listing.skipped,
    listing,
    options,
    name: (index) => reader.name(index),
    async load(index) {
      if (!Number.isInteger(index) || index < 0 || index >= reader.length)
        throw new RangeError(`picture ${index} of a set of ${reader.length}`);
      try {
        return await reader.read(index);
      } catch (error) {
        throw error instanceof InputError
          ? new InputError(`${reader.name(index)}: ${error.message}`, { cause: error })
          : error;
      }
    },
    close: () => files.close(),
  };
}

/** Some pictures of a set, in a given order. */
export function subset(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const { place, labels, ...rest } = set.listing;
  return openListing(
    {
      ...rest,
      place: { kind: 'part', of: place, indices: Int32Array.from(indices) },
      ...(labels ? { labels: Int32Array.from(indices, (i) => labels[i]!) } : {}),
    },
    set.options,
  );
}

function readerOf(place: Place, files: OpenFiles, options: DecodeOptions): Reader {
  switch (place.kind) {
    case 'files':
      return {
        length: place.names.length,
        name: (i) => place.names[i]!,
        read: async (i) => decode(await readFile(join(place.folder, place.names[i]!)), options),
      };
    case 'zip':
      return {
        length: place.entries.length,
        name: (i) => place.entries[i]!.name,
        read: async (i) =>
          decode(await readZipEntry(await files.get(place.path), place.entries[i]!), options),
      };
    case 'records':
      return recordReader(place, files);
    case 'part': {
      const whole = readerOf(place.of, files, options);
      return {
        length: place.indices.length,
        name: (i) => whole.name(place.indices[i]!),
        read: (i) => whole.read(place.indices[i]!),
      };
    }
  }
}

function recordReader(
  { files: parts, layout }: Extract<Place, { kind: 'records' }>,
  open: OpenFiles,
): Reader {
  const locate = (index: number): { path: string; record: number } => {
    let record = index;
    for (const { path, count } of parts) {
      if (record < count) return { path, record };
      record -= count;
    }
    throw new RangeError(`picture ${index} is not in the files`);
  };
  return {
    length: parts.reduce((sum, { count }) => sum + count, 0),
    name(index) {
      const { path, record } = locate(index);
      return `${path}#${record}`;
    },
    async read(index) {
      const { path, record } = locate(index);
      const size = layout.width * layout.height * 3;
      const bytes = new Uint8Array(size);
      const handle = await open.get(path);
      const position = record * (layout.header + size) + layout.header;
      const { bytesRead } = await handle.read(bytes, 0, size, position);
      if (bytesRead !== size) throw new InputError('the file ends within it');
      return imageOf(bytes, layout);
    },
  };
}

/** Files that are read in pieces, opened once. */
class OpenFiles {
  private readonly handles = new Map<string, Promise<FileHandle>>();

  get(path: string): Promise<FileHandle> {
    const known = this.handles.get(path);
    if (known) return known;
    const opened = open(path, 'r').catch((error) => {
      this.handles.delete(path);
      throw fileError('read', path, error);
    });
    this.handles.set(path, opened);
    return opened;
  }

  async close(): Promise<void> {
    const opened = [...this.handles.values()];
    this.handles.clear();
    await Promise.all(opened.map(async (handle) => (await handle).close()));
  }
}
