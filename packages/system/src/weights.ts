/**
 * @module Files of weights, of either kind, as one tree of values.
 */
import { type PyTorchValue, readPyTorch, readSafetensors } from '@sextant/io';

/** What a file of weights holds: nested maps and lists with arrays at the leaves; a flat map for safetensors. */
export type Weights = PyTorchValue;

/** Reads a `.safetensors` file or a PyTorch checkpoint. @throws InputError when it is neither. */
export async function readWeights(path: string): Promise<Weights> {
  return path.endsWith('.safetensors') ? (await readSafetensors(path)).tensors : readPyTorch(path);
}
