/**
 * @module StyleGAN2's losses and penalties (section 4.2 of the specification).
 */
import {
  add,
  grad,
  mean,
  mul,
  neg,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';

/** The logistic loss of scores of real and of made pictures: mean log(1 + e^-real) + mean log(1 + e^made). */
export const discriminatorLoss = (real: TensorLike, fake: TensorLike): Tensor =>
  add(mean(softplus(neg(real))), mean(softplus(fake)));

/** The non-saturating loss of scores of made pictures: mean log(1 + e^-made). */
export const generatorLoss = (fake: TensorLike): Tensor => mean(softplus(neg(fake)));

/** R1 (Mescheder et al., 2018): the mean squared norm of the scores' gradient by the real pictures they are of. */
export function gradientPenalty(scores: Tensor, images: Tensor): Tensor {
  const gradient = grad(sum(scores), images);
  return mean(sum(square(gradient), { axes: [1, 2, 3] }));
}

export interface PathPenalty {
  /** mean (length - running mean)², a scalar. */
  readonly penalty: Tensor;
  /** The running mean's next value, without gradient. */
  readonly mean: Tensor;
  /** [N] */
  readonly lengths: Tensor;
}

/**
 * Path length regularisation: the norm of Jᵀy, with J the picture's Jacobian by w+ and y noise, should be the same
 * everywhere. The running mean moves first and counts with its gradient.
 *
 * @param image - [N, 3, S, S], made of `latents`.
 * @param latents - w+ [N, rows, dim].
 * @param noise - standard normal, like the picture.
 * @param runningMean - a scalar.
 * @param decay - share of these lengths in the running mean (0.01).
 */
export function pathPenalty(
  image: Tensor,
  latents: Tensor,
  noise: TensorLike,
  runningMean: TensorLike,
  decay = 0.01,
): PathPenalty {
  const [, , height, width] = image.shape as number[];
  const gradient = grad(sum(mul(image, mul(noise, 1 / Math.sqrt(height! * width!)))), latents);
  const lengths = sqrt(mean(sum(square(gradient), { axes: 2 }), { axes: 1 }));
  const moved = add(runningMean, mul(sub(mean(lengths), runningMean), decay));
  return { penalty: mean(square(sub(lengths, moved))), mean: stopGradient(moved), lengths };
}
