/**
 * @module What modules of losses, networks and training steps have in common.
 */
import { mul, sum, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Module } from '@sextant/nn';
import type { Inputs, Weights } from '@sextant/system';
import { z } from 'zod';

export const size = z.number().int().positive();
export const mode = z.enum(['train', 'eval']).default('eval');
export const eps = z.number().nonnegative().max(1);

export const needed = (checkpoint: Weights | undefined): Weights => {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  return checkpoint;
};

/** fn in the mode that is asked for. */
export const inMode = <M extends Module, T>(module: M, training: 'train' | 'eval', fn: (m: M) => T): T =>
  training === 'train' ? module.train(fn) : module.eval(fn);

/** Σ output · g, of which gradients are asked. */
export const projected = (inputs: Inputs, output: Tensor): Record<string, Tensor> =>
  inputs.has('g') ? { s: sum(mul(output, inputs.get('g'))) } : {};
