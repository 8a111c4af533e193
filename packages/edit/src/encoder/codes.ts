/**
 * @module Codes that an encoder learns to find again.
 */
import {
  add,
  expandDims,
  foldIn,
  less,
  mul,
  randomNormal,
  randomUniform,
  slice,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@sextant/engine';
import type { Generator } from '../stylegan2/generator.js';
import type { EncoderTrainConfig } from './config.js';

/**
 * Codes [n, rows, D] drawn by a key: w of random z, each drawn towards the mean by a factor of its own. Some of them have rows of two
 * such w, each row of either with equal chance, as the codes of real pictures do not stand in W.
 *
 * @param mean - of w [D].
 */
export function drawCodes(
  generator: Generator,
  mean: TensorLike,
  n: number,
  key: TensorLike,
  { truncation: [low, high], mixing }: Pick<EncoderTrainConfig, 'mixing' | 'truncation'>,
): Tensor {
  const w = generator.map(randomNormal(foldIn(key, 0), [2 * n, generator.config.styleDim]));
  const psi = randomUniform(foldIn(key, 1), [2 * n, 1], { low, high });
  const drawn = expandDims(add(mean, mul(sub(w, mean), psi)), 1);
  const mixed = less(randomUniform(foldIn(key, 2), [n, 1]), mixing);
  const chance = where(mixed, 0.5, 1);
  const first = less(randomUniform(foldIn(key, 3), [n, generator.latentCount]), chance);
  return where(expandDims(first, -1), slice(drawn, 0, 0, n), slice(drawn, 0, n));
}
