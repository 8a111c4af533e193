/**
 * @module Weights that come with a package.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFile } from './files.js';

/**
 * The bytes of a package's weights: packed they lie inside it, in the repository at its root.
 *
 * @param module - `import.meta.url` of a file directly in the package's `src`.
 * @throws InputError when they are not there.
 */
export function embeddedWeights(file: string, module: string): Promise<Uint8Array> {
  const packed = new URL(`../weights/${file}`, module);
  return readFile(fileURLToPath(existsSync(packed) ? packed : new URL(`../../../weights/${file}`, module)));
}
