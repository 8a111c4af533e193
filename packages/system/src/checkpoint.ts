/**
 * @module Checkpoint files of either kind as one tree of values.
 */
import { type PyTorchValue, readPyTorch, readSafetensors } from '@sextant/io';

/** What a checkpoint holds: nested maps and lists with arrays at the leaves; a flat map for safetensors. */
export type Checkpoint = PyTorchValue;

/** Reads a `.safetensors` file or a PyTorch checkpoint. @throws InputError when it is neither. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  return path.endsWith('.safetensors') ? (await readSafetensors(path)).tensors : readPyTorch(path);
}
