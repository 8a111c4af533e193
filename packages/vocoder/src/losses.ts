/**
 * @module MelGAN's objectives (Kumar et al., 2019, section 3): hinge losses and feature matching.
 */
import { abs, add, mean, mul, neg, relu, stopGradient, sub, type Tensor } from '@sextant/engine';
import type { DiscriminatorOutput } from './model.js';

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => add(a, b));

/** Σ over scales of mean relu(1 + D(fake)) + mean relu(1 - D(real)). */
export function discriminatorLoss(
  fake: readonly DiscriminatorOutput[],
  real: readonly DiscriminatorOutput[],
): Tensor {
  return total([
    ...fake.map(({ score }) => mean(relu(add(score, 1)))),
    ...real.map(({ score }) => mean(relu(sub(1, score)))),
  ]);
}

/** -Σ over scales of mean D(fake). */
export const generatorLoss = (fake: readonly DiscriminatorOutput[]): Tensor =>
  neg(total(fake.map(({ score }) => mean(score))));

/**
 * Mean absolute difference of the hidden layers' activations, the real ones taken as constants, weighted
 * 4 / (strided layers + 1) / scales as in the authors' code.
 */
export function featureMatchingLoss(
  fake: readonly DiscriminatorOutput[],
  real: readonly DiscriminatorOutput[],
): Tensor {
  const strided = fake[0]!.features.length - 2;
  const weight = 4 / (strided + 1) / fake.length;
  const distances = fake.flatMap(({ features }, i) =>
    features.map((f, j) => mean(abs(sub(f, stopGradient(real[i]!.features[j]!))))),
  );
  return mul(total(distances), weight);
}
