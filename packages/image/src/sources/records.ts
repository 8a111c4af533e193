/**
 * @module CIFAR-10, CIFAR-100 and STL-10 as their authors offer them: binary files of raw pixels.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, readFile } from '@sextant/io';
import type { Layout } from './layout.js';
import type { Listing, RecordFile } from './set.js';

/** Parts of a data set. */
export type Split = 'train' | 'test' | 'unlabeled' | 'train+unlabeled';

/** A data set of binary files. */
interface Format {
  readonly name: string;
  readonly layout: Layout;
  /** The files of each part. Those of STL-10 have their labels in files of their own, one byte each from 1 on. */
  readonly files: Partial<Record<Split, readonly string[]>>;
  /** Where in a record's header the label is. */
  readonly label?: number;
  readonly labelFiles?: Partial<Record<Split, string>>;
  /** Where the names of the classes stand, one a line. */
  readonly classes: string;
}

const CIFAR = { width: 32, height: 32, order: 'rows' } as const;

const FORMATS: readonly Format[] = [
  {
    name: 'CIFAR-10',
    layout: { header: 1, ...CIFAR },
    files: { train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`), test: ['test_batch.bin'] },
    label: 0,
    classes: 'batches.meta.txt',
  },
  {
    name: 'CIFAR-100',
    layout: { header: 2, ...CIFAR },
    files: { train: ['train.bin'], test: ['test.bin'] },
    label: 1,
    classes: 'fine_label_names.txt',
  },
  {
    name: 'STL-10',
    layout: { header: 0, width: 96, height: 96, order: 'columns' },
    files: {
      train: ['train_X.bin'],
      test: ['test_X.bin'],
      unlabeled: ['unlabeled_X.bin'],
      'train+unlabeled': ['train_X.bin', 'unlabeled_X.bin'],
    },
    labelFiles: { train: 'train_y.bin', test: 'test_y.bin' },
    classes: 'class_names.txt',
  },
];

/** Files by which a folder shows that it is one of these data sets. */
const known = (format: Format): readonly string[] => Object.values(format.files).flat();

/**
 * A part of one of the data sets; undefined where the folder's files are of none.
 *
 * @param names - of the folder's files.
 * @throws InputError where the part, a file of it or the labels are missing or of a wrong length.
 */
export async function listRecords(
  folder: string,
  names: ReadonlySet<string>,
  split: Split = 'train',
): Promise<Listing | undefined> {
  const format = FORMATS.find((f) => known(f).some((name) => names.has(name)));
  if (!format) return undefined;
  const parts = format.files[split];
  if (!parts) {
    const there = Object.keys(format.files).join(', ');
    throw new InputError(`${folder}: ${format.name} has no part '${split}'; there are: ${there}`);
  }
  const missing = parts.find((name) => !names.has(name));
  if (missing !== undefined)
    throw new InputError(`${folder}: ${missing} of ${format.name} is missing; unpack the archive again`);
  const files = await Promise.all(parts.map((name) => recordFile(join(folder, name), format)));
  const labels = await labelsOf(folder, split, format, files);
  const classes = names.has(format.classes) ? await lines(join(folder, format.classes)) : undefined;
  return {
    place: { kind: 'records', files, layout: format.layout },
    ...(labels ? { labels } : {}),
    ...(classes ? { classes } : {}),
    skipped: {},
  };
}

const recordBytes = ({ header, width, height }: Layout): number => header + width * height * 3;

async function recordFile(path: string, { layout, name }: Format): Promise<RecordFile> {
  const { size } = await stat(path);
  const count = size / recordBytes(layout);
  if (!Number.isInteger(count) || count === 0) {
    throw new InputError(
      `${path}: its ${size} bytes are no whole number of ${name}'s pictures of ${recordBytes(layout)}; copy it again`,
    );
  }
  return { path, count };
}

async function labelsOf(
  folder: string,
  split: Split,
  { label, labelFiles, layout }: Format,
  files: readonly RecordFile[],
): Promise<Int32Array | undefined> {
  if (label !== undefined) {
    const size = recordBytes(layout);
    const parts = await Promise.all(
      files.map(async ({ path, count }) => {
        const bytes = await readFile(path);
        return Array.from({ length: count }, (_, i) => bytes[i * size + label]!);
      }),
    );
    return Int32Array.from(parts.flat());
  }
  const name = labelFiles?.[split];
  if (name === undefined) return undefined;
  const bytes = await readFile(join(folder, name));
  const count = files.reduce((sum, file) => sum + file.count, 0);
  if (bytes.length !== count)
    throw new InputError(`${join(folder, name)}: ${bytes.length} labels for ${count} pictures`);
  return Int32Array.from(bytes, (byte) => byte - 1);
}

async function lines(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readFile(path));
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
