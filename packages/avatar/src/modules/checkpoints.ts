/**
 * @module What modules of networks have in common: checkpoints by the authors' names, modes, what training leaves.
 */
import type { NDArray, Tensor, Variable } from '@sextant/engine';
import { InputError, stateDict } from '@sextant/io';
import { type Module, Parameter } from '@sextant/nn';
import type { Weights } from '@sextant/system';
import { loadOfficial, officialVariables } from '../import.js';

/** @throws InputError when there is no checkpoint. */
export function arraysOf(checkpoint: Weights | undefined): Map<string, NDArray> {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  return stateDict(checkpoint);
}

/** Gives a network a checkpoint's arrays. */
export function filled<M extends Module>(network: M, checkpoint: Weights | undefined): M {
  loadOfficial(network, arraysOf(checkpoint));
  return network;
}

export const parametersOf = (network: Module): Map<string, Variable> =>
  new Map([...officialVariables(network)].filter(([, variable]) => variable instanceof Parameter));

/** Records what a network does in a mode. */
export const inMode = <M extends Module, T>(network: M, mode: 'train' | 'eval', fn: (m: M) => T): T =>
  mode === 'train' ? network.train(fn) : network.eval(fn);

/** What a network keeps beside its parameters as a recorded step leaves it, `after/<name>`. */
export const after = (network: Module): Record<string, Tensor> =>
  Object.fromEntries(
    [...officialVariables(network)]
      .filter(([, variable]) => !(variable instanceof Parameter))
      .map(([name, variable]) => [`after/${name}`, variable.toTensor()]),
  );
