/**
 * @module Where bytes come from in a browser: the network.
 */
import { fetchBytes, InputError } from '@sextant/io/web';

/** The bytes at a URL. @throws InputError when the server does not give them. */
export const readBytes = fetchBytes;

/**
 * The weights that come with the package, which bundlers copy beside the script: packed they lie inside it, in the
 * repository at its root.
 */
export function defaultWeights(): Promise<Uint8Array> {
  const packed = new URL('../weights/vocoder.safetensors', import.meta.url);
  const atRoot = new URL(/* webpackIgnore: true */ '../../../weights/vocoder.safetensors', import.meta.url);
  return readBytes(packed).catch(() => readBytes(atRoot));
}

/** Nothing here: 8-bit arithmetic runs in Node only. @throws InputError always. */
export const calibrationSound = (): Promise<Uint8Array> =>
  Promise.reject(new InputError('precision int8 runs in Node only'));
