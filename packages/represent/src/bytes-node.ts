/**
 * @module Where bytes come from in Node: files.
 */
import { fileURLToPath } from 'node:url';
import { embeddedWeights, readFile } from '@sextant/io';

/** The bytes of a file. @throws InputError when it cannot be read. */
export const readBytes = (source: string | URL): Promise<Uint8Array> =>
  readFile(source instanceof URL ? fileURLToPath(source) : source);

/** The weights that come with the package. */
export const defaultWeights = (): Promise<Uint8Array> =>
  embeddedWeights('represent.safetensors', import.meta.url);
