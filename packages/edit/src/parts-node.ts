/**
 * @module Where the parts of an editor come from in Node: files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedPath, readFile } from '@sextant/io';

/** The folder of the parts that come with the package. */
export const embeddedFolder = (): string => embeddedPath('edit', import.meta.url);

export interface PartOptions {
  /** Whether a part that is not there is `undefined` instead of an error (false). */
  readonly optional?: boolean;
}

/** The bytes of a part, in a folder or of the package. @throws InputError when they cannot be read. */
export function partBytes(name: string, folder?: string | URL): Promise<Uint8Array>;
export function partBytes(
  name: string,
  folder: string | URL | undefined,
  options: PartOptions,
): Promise<Uint8Array | undefined>;
export async function partBytes(
  name: string,
  folder: string | URL = embeddedFolder(),
  { optional = false }: PartOptions = {},
): Promise<Uint8Array | undefined> {
  const path = join(folder instanceof URL ? fileURLToPath(folder) : folder, `${name}.safetensors`);
  return optional && !existsSync(path) ? undefined : readFile(path);
}
