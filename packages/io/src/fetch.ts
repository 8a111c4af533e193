/**
 * @module Files over the network, as a browser loads them.
 */
import { InputError } from './errors.js';

/** There is nothing at an address. */
export class NotFoundError extends InputError {}

/** The bytes at a URL. @throws InputError when the server does not give them, {@link NotFoundError} when it has nothing there. */
export async function fetchBytes(source: string | URL): Promise<Uint8Array> {
  const response = await fetch(source).catch((error: Error) => {
    throw new InputError(`cannot load ${source}: ${error.message}`);
  });
  if (!response.ok) {
    const Failure = response.status === 404 ? NotFoundError : InputError;
    throw new Failure(`cannot load ${source}: the server answers ${response.status}`);
  }
  // Servers of single-page applications answer so whatever is asked for.
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new NotFoundError(`cannot load ${source}: the server answers with a page; check the address`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
