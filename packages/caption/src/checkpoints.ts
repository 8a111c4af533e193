/**
 * @module Networks' arrays in the authors' checkpoints.
 */
import type { NDArray } from '@sextant/engine';
import { InputError, stateDict, widen } from '@sextant/io';
import type { Module } from '@sextant/nn';
import type { Weights } from '@sextant/system';

/** A checkpoint's arrays; those of half precision, as some are kept, in float32. @throws InputError when there is none. */
export function arraysOf(checkpoint: Weights | undefined): Map<string, NDArray> {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  const own = checkpoint instanceof Map ? checkpoint.get('model_state_dict') : undefined;
  const arrays = stateDict(own ?? checkpoint);
  return new Map([...arrays].map(([key, value]) => [key, value.dtype === 'float16' ? widen(value) : value]));
}

/** Gives a network its arrays of a checkpoint, which may hold more, such as a classifier behind the features. */
export function filledFrom<M extends Module>(module: M, checkpoint: Weights | undefined): M {
  const known = module.namedVariables();
  module.loadStateDict(new Map([...arraysOf(checkpoint)].filter(([key]) => known.has(key))));
  return module;
}
