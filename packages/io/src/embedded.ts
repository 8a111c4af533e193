/**
 * @module Weights that come with a package.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFile } from './files.js';

/**
 * Where a package's weights are, a file or a folder: packed they lie inside it, in the repository at its root.
 *
 * @param module - `import.meta.url` of a file directly in the package's `src`.
 */
export function embeddedPath(name: string, module: string): string {
  const packed = new URL(`../weights/${name}`, module);
  return fileURLToPath(existsSync(packed) ? packed : new URL(`../../../weights/${name}`, module));
}

/** The bytes of a package's weights; see {@link embeddedPath}. @throws InputError when they are not there. */
export const embeddedWeights = (file: string, module: string): Promise<Uint8Array> =>
  readFile(embeddedPath(file, module));
