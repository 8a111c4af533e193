/**
 * @module Where the parts of an editor come from in Node: files.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedPath, readFile } from '@sextant/io';

/** The folder of the parts that come with the package. */
export const embeddedFolder = (): string => embeddedPath('edit', import.meta.url);

/** The bytes of a part, in a folder or of the package. @throws InputError when they cannot be read. */
export function partBytes(name: string, folder: string | URL = embeddedFolder()): Promise<Uint8Array> {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  return readFile(join(path, `${name}.safetensors`));
}
