import { stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { InputError } from './errors.js';
import { isFolder, makeFolder } from './folders.js';

const path = temporaryFolder();

describe('makeFolder', () => {
  it('makes the missing ones above it too, also twice at once, and again', async () => {
    await Promise.all([makeFolder(path('a/b/c')), makeFolder(path('a/b/d/'))]);
    await makeFolder(path('a/b/c'));
    for (const made of ['a/b/c', 'a/b/d']) expect((await stat(path(made))).isDirectory()).toBe(true);
  });

  it('names the file that is in the way', async () => {
    await writeFile(path('file'), '');
    for (const below of ['file', 'file/x', 'file/x/y']) {
      await expect(makeFolder(path(below))).rejects.toThrow(
        new InputError(`cannot make folder ${path('file')}: a file of that name exists; choose another path`),
      );
    }
  });

  it('refuses an empty path', async () => {
    await expect(makeFolder('')).rejects.toThrow(
      new InputError('cannot make a folder: its path is empty; give a path'),
    );
  });

  it.skipIf(process.platform !== 'linux')('says where none can be made', async () => {
    await expect(makeFolder('/proc/none/x')).rejects.toThrow(
      new InputError('cannot make folder /proc/none: none can be made there; choose another path'),
    );
  });
});

describe('isFolder', () => {
  it('tells folders from files and from nothing', async () => {
    await writeFile(path('plain'), '');
    expect(await Promise.all([path(''), path('plain'), path('none')].map(isFolder))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
