/**
 * @module Where the parts of an editor come from in a browser: the network.
 */
import { fetchBytes, NotFoundError } from '@sextant/io/web';

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

export interface PartOptions {
  /** Whether a part that is not there is `undefined` instead of an error (false). */
  readonly optional?: boolean;
}

/** The bytes of a part, at the URL of a folder or of the package. @throws InputError when the server does not give them. */
export function partBytes(name: string, folder?: string | URL): Promise<Uint8Array>;
export function partBytes(
  name: string,
  folder: string | URL | undefined,
  options: PartOptions,
): Promise<Uint8Array | undefined>;
export async function partBytes(
  name: string,
  folder?: string | URL,
  { optional = false }: PartOptions = {},
): Promise<Uint8Array | undefined> {
  const sources =
    folder === undefined ? EMBEDDED[name]! : [`${String(folder).replace(/\/?$/, '/')}${name}.safetensors`];
  for (const [i, source] of sources.entries()) {
    try {
      return await fetchBytes(source);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      if (i === sources.length - 1 && !optional) throw error;
    }
  }
  return undefined;
}
