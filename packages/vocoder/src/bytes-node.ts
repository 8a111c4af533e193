/**
 * @module Where bytes come from in Node: files.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readFile } from '@sextant/io';

/** The bytes of a file. @throws InputError when it cannot be read. */
export const readBytes = (source: string | URL): Promise<Uint8Array> =>
  readFile(source instanceof URL ? fileURLToPath(source) : source);

/** The weights that come with the package: in the repository they lie at its root, packed inside it. */
export async function defaultWeights(): Promise<Uint8Array> {
  const packed = new URL('../weights/vocoder.safetensors', import.meta.url);
  return readBytes(
    existsSync(packed) ? packed : new URL('../../../weights/vocoder.safetensors', import.meta.url),
  );
}

/** A sentence, as WAV of one channel: what 8-bit arithmetic is calibrated on. */
export const calibrationSound = (): Promise<Uint8Array> =>
  readBytes(new URL('../samples/sample.wav', import.meta.url));
