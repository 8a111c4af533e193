/**
 * @module Generator against discriminator: the two passes of a training step (section 2.8).
 */
import { stopGradient, type Tensor, withoutGradient } from '@sextant/engine';
import type { Discriminator, Judgement } from './discriminator.js';
import { flattened } from './warp.js';

/** Real and made pictures [B, 1, 3, S, S] of the same poses, with drawings of the landmarks where they are read. */
export interface Contestants {
  readonly real: Tensor;
  readonly fake: Tensor;
  readonly stickmen?: Tensor;
}

export interface Pass {
  readonly real: Judgement;
  readonly fake: Judgement;
}

/**
 * The discriminator's pass, in which made pictures get no gradient, then the generator's, in which the discriminator gets none.
 * Singular vectors and running statistics advance in both.
 */
export function contest(
  discriminator: Discriminator,
  { real, fake, stickmen }: Contestants,
): { readonly dis: Pass; readonly gen: Pass } {
  const [truth, made, drawn] = [real, fake, stickmen].map((x) => x && flattened(x)) as [
    Tensor,
    Tensor,
    Tensor | undefined,
  ];
  const dis = discriminator.compare(truth, stopGradient(made), drawn);
  const gen = withoutGradient(discriminator.parameters(), () => discriminator.compare(truth, made, drawn));
  return { dis, gen };
}
