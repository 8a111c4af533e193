/**
 * @module Checkpoint files of either kind as one tree of values.
 */
import { NDArray } from '@sextant/engine';
import { InputError, readPyTorch, readSafetensors } from '@sextant/io';

/** Reads a checkpoint: nested maps and lists with arrays at the leaves, or a flat map for safetensors. */
export async function readCheckpoint(path: string): Promise<unknown> {
  return path.endsWith('.safetensors') ? (await readSafetensors(path)).tensors : readPyTorch(path);
}

/**
 * The arrays of a (sub)tree by dotted path: `{"netG": {"model.1.bias": …}}` gives `netG.model.1.bias`.
 *
 * @throws InputError when there is no checkpoint, or nothing in it is an array.
 */
export function stateDictOf(tree: unknown): Map<string, NDArray> {
  if (tree === undefined) throw new InputError('a checkpoint is needed: give --checkpoint');
  const found = new Map<string, NDArray>();
  collect(tree, '', found);
  if (found.size === 0) throw new InputError('the checkpoint holds no arrays');
  return found;
}

function collect(tree: unknown, path: string, found: Map<string, NDArray>): void {
  if (tree instanceof NDArray) found.set(path, tree);
  const children = tree instanceof Map ? tree.entries() : Array.isArray(tree) ? tree.entries() : [];
  for (const [key, child] of children) collect(child, path ? `${path}.${key}` : String(key), found);
}
