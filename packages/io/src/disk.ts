/**
 * @module The byte formats read from and written to files. Every write is atomic; every error names the path.
 */
import type { NDArray } from '@sextant/engine';
import { within } from './errors.js';
import { readFile, writeFile } from './files.js';
import { decodeNpy, decodeNpz, encodeNpy, npzChunks } from './npy.js';
import { decodePyTorch, type PyTorchOptions, type PyTorchValue } from './pytorch.js';
import { pyTorchChunks, type StateTree } from './pytorch-write.js';
import { decodeSafetensors, type Safetensors, safetensorsChunks } from './safetensors.js';
import type { ZipOptions } from './zip.js';

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

/** Reads a .npy file. @throws InputError as `decodeNpy` and `readFile` do. */
export async function readNpy(path: string): Promise<NDArray> {
  const bytes = await readFile(path);
  return within(path, () => decodeNpy(bytes));
}

/** Writes a .npy file. @throws InputError as `writeFile` does. */
export async function writeNpy(path: string, array: NDArray): Promise<void> {
  await writeFile(path, [encodeNpy(array)]);
}

/** Reads a .npz file. @throws InputError as `decodeNpz` and `readFile` do. */
export async function readNpz(path: string, options: ZipOptions = {}): Promise<Map<string, NDArray>> {
  const bytes = await readFile(path);
  return within(path, () => decodeNpz(bytes, options));
}

/** Writes a .npz file. @throws InputError as `writeFile` does. */
export async function writeNpz(path: string, arrays: ReadonlyMap<string, NDArray>): Promise<void> {
  await writeFile(path, npzChunks(arrays));
}

/** Reads a PyTorch checkpoint. @throws InputError as `decodePyTorch` and `readFile` do. */
export async function readPyTorch(path: string, options: PyTorchOptions = {}): Promise<PyTorchValue> {
  const bytes = await readFile(path);
  return within(path, () => decodePyTorch(bytes, options));
}

/** Writes a PyTorch checkpoint. @throws InputError as `encodePyTorch` and `writeFile` do. */
export async function writePyTorch(path: string, state: StateTree): Promise<void> {
  await writeFile(
    path,
    within(path, () => pyTorchChunks(state)),
  );
}
