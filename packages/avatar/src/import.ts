/**
 * @module The authors' checkpoints in terms of our networks (section 7): paths are the same but for the parts of spectrally
 * normalised weights.
 */
import type { NDArray, Variable } from '@sextant/engine';
import type { Module } from '@sextant/nn';

/** The authors' name of one of our paths. */
export const officialName = (path: string): string =>
  path.replace(/\bweight\.original$/, 'weight_orig').replace(/\bweight\.([uv])$/, 'weight_$1');

/** A network's variables by the authors' names. */
export const officialVariables = (module: Module): Map<string, Variable> =>
  new Map([...module.namedVariables()].map(([path, variable]) => [officialName(path), variable]));

/**
 * Sets a network's variables from a checkpoint by the authors' names. Counts of batches, which some versions of PyTorch did not
 * save, may be missing.
 *
 * @throws TensorError listing missing, unexpected and mis-shaped keys.
 */
export function loadOfficial(module: Module, state: ReadonlyMap<string, NDArray>): void {
  const named = new Map(state);
  for (const [path, variable] of module.namedVariables()) {
    const name = officialName(path);
    const value = named.get(name) ?? (path.endsWith('num_batches_tracked') ? variable.value : undefined);
    named.delete(name);
    if (value) named.set(path, value);
  }
  module.loadStateDict(named);
}
