/**
 * @module Where bytes come from in a browser: the network.
 */
import { InputError } from '@sextant/io/web';

/** The bytes at a URL. @throws InputError when the server does not give them. */
export async function readBytes(source: string | URL): Promise<Uint8Array> {
  const response = await fetch(source);
  if (!response.ok) throw new InputError(`cannot load ${source}: the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The weights that come with the package, which bundlers copy beside the script. */
export const defaultWeights = (): Promise<Uint8Array> =>
  readBytes(new URL('../../../weights/vocoder.safetensors', import.meta.url));

/** Nothing here: 8-bit arithmetic runs in Node only. @throws InputError always. */
export const calibrationSound = (): Promise<Uint8Array> =>
  Promise.reject(new InputError('precision int8 runs in Node only'));
