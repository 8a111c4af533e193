/**
 * @module Where the parts of an editor come from in a browser: the network.
 */
import { fetchBytes } from '@sextant/io/web';

/** Addresses of the parts that come with the package, written out for bundlers to see: packed, and in the repository. */
const EMBEDDED: Readonly<Record<string, readonly URL[]>> = {
  generator: [
    new URL('../weights/edit/generator.safetensors', import.meta.url),
    new URL(/* webpackIgnore: true */ '../../../weights/edit/generator.safetensors', import.meta.url),
  ],
  estimator: [
    new URL('../weights/edit/estimator.safetensors', import.meta.url),
    new URL(/* webpackIgnore: true */ '../../../weights/edit/estimator.safetensors', import.meta.url),
  ],
  encoder: [
    new URL('../weights/edit/encoder.safetensors', import.meta.url),
    new URL(/* webpackIgnore: true */ '../../../weights/edit/encoder.safetensors', import.meta.url),
  ],
  flow: [
    new URL('../weights/edit/flow.safetensors', import.meta.url),
    new URL(/* webpackIgnore: true */ '../../../weights/edit/flow.safetensors', import.meta.url),
  ],
};

/** The bytes of a part, at the URL of a folder or of the package. @throws InputError when the server does not give them. */
export function partBytes(name: string, folder?: string | URL): Promise<Uint8Array> {
  if (folder !== undefined) return fetchBytes(`${String(folder).replace(/\/?$/, '/')}${name}.safetensors`);
  const [packed, atRoot] = EMBEDDED[name]!;
  return fetchBytes(packed!).catch(() => fetchBytes(atRoot!));
}
