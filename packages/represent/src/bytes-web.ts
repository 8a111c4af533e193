/**
 * @module Where bytes come from in a browser: the network.
 */
import { fetchBytes } from '@sextant/io/web';

/** The bytes at a URL. @throws InputError when the server does not give them. */
export const readBytes = fetchBytes;

/**
 * The weights that come with the package, which bundlers copy beside the script: packed they lie inside it, in the
 * repository at its root.
 */
export function defaultWeights(): Promise<Uint8Array> {
  const packed = new URL('../weights/represent.safetensors', import.meta.url);
  const atRoot = new URL(/* webpackIgnore: true */ '../../../weights/represent.safetensors', import.meta.url);
  return readBytes(packed).catch(() => readBytes(atRoot));
}
