/**
 * @module Files of weights, of either kind, as one tree of values.
 */
import { type PyTorchValue, readPyTorch, readSafetensors } from '@sextant/io';

/** What a file of weights holds: nested maps and lists with arrays at the leaves; a flat map for safetensors. */
export type Weights = PyTorchValue;

/**
 * Reads a `.safetensors` file or a PyTorch checkpoint.
 *
 * @param inertClasses - classes that a checkpoint may hold objects of; they are read as data.
 * @throws InputError when it is neither.
 */
export async function readWeights(path: string, inertClasses: readonly string[] = []): Promise<Weights> {
  return path.endsWith('.safetensors')
    ? (await readSafetensors(path)).tensors
    : readPyTorch(path, { inertClasses });
}
