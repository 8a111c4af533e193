/**
 * @module Every operation once, by family, on small arrays: what other devices, exported models and browsers
 * are compared on.
 */
import { elementwise } from './elementwise.js';
import type { Family } from './family.js';
import { control, normalization } from './network.js';
import { quantization } from './quantization.js';
import { indexing, randomness, sorting } from './selection.js';
import { convolution, pooling, resampling, signal } from './spatial.js';
import { linalg, reduce, shape } from './structure.js';

export type { Family };

export const FAMILIES: Readonly<Record<string, Family>> = {
  elementwise,
  reduce,
  shape,
  linalg,
  convolution,
  pooling,
  resampling,
  signal,
  normalization,
  indexing,
  sorting,
  randomness,
  control,
  quantization,
};

/** Families that exist on every device. */
export const EVERYWHERE: readonly string[] = Object.keys(FAMILIES).filter((name) => name !== 'quantization');
