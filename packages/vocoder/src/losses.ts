/**
 * @module MelGAN's objectives (Kumar et al., 2019, section 3): hinge losses and feature matching.
 */
import { add, mul, stopGradient, type Tensor } from '@sextant/engine';
import { hingeDiscriminatorLoss, hingeGeneratorLoss, l1Loss } from '@sextant/nn';
import type { DiscriminatorOutput } from './model.js';

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => add(a, b));

/** Σ over scales of mean relu(1 + D(fake)) + mean relu(1 - D(real)). */
export function discriminatorLoss(
  fake: readonly DiscriminatorOutput[],
  real: readonly DiscriminatorOutput[],
): Tensor {
  return total(fake.map(({ score }, i) => hingeDiscriminatorLoss(real[i]!.score, score)));
}

/** -Σ over scales of mean D(fake). */
export const generatorLoss = (fake: readonly DiscriminatorOutput[]): Tensor =>
  total(fake.map(({ score }) => hingeGeneratorLoss(score)));

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
    features.map((f, j) => l1Loss(f, stopGradient(real[i]!.features[j]!))),
  );
  return mul(total(distances), weight);
}
