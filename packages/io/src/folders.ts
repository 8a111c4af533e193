/**
 * @module Folders for output.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, InputError } from './errors.js';

/** Whether a path is a folder; false where there is nothing. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );

/**
 * Makes a folder, with those above it that are missing. One that exists is left as it is.
 *
 * @throws InputError when a file is in the way, or the file system is read-only, full, or forbids it.
 */
export async function makeFolder(path: string): Promise<void> {
  if (path === '') throw new InputError('cannot make a folder: its path is empty; give a path');
  // One by one: Node's recursive mkdir reports a read-only disk as a missing folder, and never ends in /proc.
  const missing: string[] = [];
  for (let at = path; at !== missing[0] && !(await isFolder(at)); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST' && (await isFolder(folder))) return;
      throw error.code === 'ENOENT'
        ? new InputError(`cannot make folder ${folder}: none can be made there; choose another path`)
        : fileError('make folder', folder, error);
    });
  }
}
