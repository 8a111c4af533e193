/**
 * @module Where bytes come from in a browser: the network.
 */
import { InputError } from '@sextant/io/web';

/** The bytes at a URL. @throws InputError when the server does not give them. */
export async function readBytes(source: string | URL): Promise<Uint8Array> {
  const response = await fetch(source);
  if (!response.ok) throw new InputError(`cannot load ${source}: the server answers ${response.status}`);
  // Servers of single-page applications answer so whatever is asked for.
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new InputError(`cannot load ${source}: the server answers with a page; check the address`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

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
