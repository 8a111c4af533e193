/**
 * @module The byte formats read from and written to files. Every write is atomic; every error names the path.
 */
import type { NDArray } from '@sextant/engine';
import { within } from './errors.js';
import { readFile, writeFile } from './files.js';
import { decodeSafetensors, type Safetensors, safetensorsChunks } from './safetensors.js';

/** Reads a safetensors file. @throws InputError as `decodeSafetensors` and `readFile` do. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const bytes = await readFile(path);
  return within(path, () => decodeSafetensors(bytes));
}

/** Writes a safetensors file. @throws InputError as `encodeSafetensors` and `writeFile` do. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NDArray>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFile(
    path,
    within(path, () => safetensorsChunks(tensors, metadata)),
  );
}
