/**
 * @module The work that all sides of the flow's cases do: the released flow's configuration, the same random weights and codes.
 */

import { Flow } from '@sextant/edit';
import { Generator, type NDArray } from '@sextant/engine';
import { manualSeed } from '@sextant/nn';

/** Rows of a code of a picture of 1024 × 1024. */
export const ROWS = 18;
/** Codes of a training step. */
export const BATCH = 5;

/** As released: five hidden layers of 512, one block. */
export function flow(): Flow {
  manualSeed(0);
  return new Flow({ dimension: 512, hidden: [512, 512, 512, 512, 512], contextFeatures: 17, numBlocks: 1 });
}

/** A code [1, 18, 512], and what it is conditioned on before and after an edit [1, 17]. */
export function code(): Record<'w' | 'source' | 'target', NDArray<'float32'>> {
  const random = new Generator(1);
  return {
    w: random.normalArray([1, ROWS, 512]),
    source: random.normalArray([1, 17]),
    target: random.normalArray([1, 17]),
  };
}

/** Codes [B, 1, 512] with attributes [B, 17], and a noise. */
export function codes(): Record<'w' | 'context' | 'e', NDArray<'float32'>> {
  const random = new Generator(2);
  return {
    w: random.normalArray([BATCH, 1, 512]),
    context: random.normalArray([BATCH, 17]),
    e: random.normalArray([BATCH, 1, 512]),
  };
}
