/**
 * @module Losses (section 3). Targets get no gradient.
 */
import {
  add,
  avgPool2d,
  log,
  mean,
  mul,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { hingeDiscriminatorLoss, hingeGeneratorLoss, l1Loss, mseLoss } from '@sextant/nn';
import type { Vgg } from './vgg.js';

/** `ragan`: scores are compared with the mean of the other kind's (Jolicoeur-Martineau, 2019); `gan`: they count alone. */
export type AdversarialKind = 'gan' | 'ragan';

/** A distance of two tensors of one shape. */
export type Distance = 'l1' | 'mse';

export const distance = (kind: Distance, x: TensorLike, y: TensorLike): Tensor =>
  (kind === 'l1' ? l1Loss : mseLoss)(x, y);

const relative = (x: Tensor, others: Tensor): Tensor => sub(x, mean(others));

/** Hinge loss of scores of real and of made pictures. */
export const discriminatorLoss = (real: Tensor, fake: Tensor, kind: AdversarialKind): Tensor =>
  kind === 'gan'
    ? hingeDiscriminatorLoss(real, fake)
    : hingeDiscriminatorLoss(relative(real, fake), relative(fake, real));

/** What made pictures are trained by. @param real - scores of real ones, as the discriminator was trained on them. */
export function generatorLoss(real: Tensor, fake: Tensor, kind: AdversarialKind): Tensor {
  if (kind === 'gan') return hingeGeneratorLoss(fake);
  const fixed = stopGradient(real);
  return hingeDiscriminatorLoss(relative(fake, fixed), relative(fixed, fake));
}

/** Mean distance of the discriminator's feature maps of made pictures from those of real ones. */
export const featureMatchingLoss = (
  real: readonly Tensor[],
  fake: readonly Tensor[],
  kind: Distance = 'l1',
): Tensor =>
  mul(
    fake.map((f, i) => distance(kind, f, stopGradient(real[i]!))).reduce((a, b) => add(a, b)),
    1 / fake.length,
  );

/** Distance of VGG's feature maps of pictures [N, 3, H, W] from those of real ones. @param weights - of each layer. */
export function perceptualLoss(
  vgg: Vgg,
  fake: Tensor,
  real: Tensor,
  weights: readonly number[],
  kind: Distance = 'l1',
): Tensor {
  const wanted = vgg.forward(stopGradient(real));
  const terms = vgg.forward(fake).map((f, i) => mul(distance(kind, f, wanted[i]!), weights[i]!));
  return terms.reduce((a, b) => add(a, b));
}

/**
 * What stands where no network compares pictures: mean absolute differences of pictures [N, 3, H, W] at full, half and quarter
 * size, averaged. It sees colours and edges where they are, no textures.
 */
export function pyramidLoss(fake: Tensor, real: Tensor): Tensor {
  const sizes = [1, 2, 4].map((by) => {
    const at = (x: Tensor) => (by === 1 ? x : avgPool2d(x, by));
    return l1Loss(at(fake), at(stopGradient(real)));
  });
  return mul(
    sizes.reduce((a, b) => add(a, b)),
    1 / sizes.length,
  );
}

/** The logarithm of Dice's ratio of masks and what they should be: log(Σ f² + Σ r²) - log(2 Σ f r). */
export const diceLoss = (fake: Tensor, real: Tensor): Tensor =>
  sub(log(add(sum(square(fake)), sum(square(real)))), log(mul(sum(mul(fake, real)), 2)));

/** How far places in the texture are from the pixels that read them: mean |Δuv|. */
export const warpLoss = (deltaUvs: Tensor): Tensor => l1Loss(deltaUvs, 0);
