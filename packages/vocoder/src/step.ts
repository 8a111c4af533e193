/**
 * @module One iteration of MelGAN's training (section 4), recorded in the program being traced.
 */
import { add, concat, mul, slice, stopGradient, type Tensor } from '@sextant/engine';
import { l1Loss, type Optimizer } from '@sextant/nn';
import { discriminatorLoss, featureMatchingLoss, generatorLoss } from './losses.js';
import type { MelSpectrogram } from './mel.js';
import type { Discriminator, DiscriminatorOutput, Generator } from './model.js';

/** Everything an iteration reads and changes. */
export interface Training {
  readonly generator: Generator;
  readonly discriminator: Discriminator;
  readonly optimizerG: Optimizer;
  readonly optimizerD: Optimizer;
  /** For the monitored error of the spectrogram. */
  readonly front: MelSpectrogram;
  /** Weight of feature matching in the generator's objective (the paper: 10). */
  readonly lambdaFeat: number;
  /** A further term of the generator's objective, from generated and real audio. */
  readonly auxiliary?: (fake: Tensor, real: Tensor) => Tensor;
}

/** Losses of one iteration, scalars. */
export interface StepLosses {
  readonly lossD: Tensor;
  /** With the discriminator as updated in this iteration. */
  readonly lossG: Tensor;
  readonly lossFeat: Tensor;
  readonly lossGTotal: Tensor;
  /** Mean |mel(real) - mel(fake)| in log10 units; monitored only. */
  readonly sError: Tensor;
}

/**
 * Updates the discriminator by its hinge loss on generated and real audio, then the generator by the
 * updated discriminator's opinion and by feature matching against the real audio's features from before
 * the update, as in the authors' code.
 *
 * @param mel - [B, nMelChannels, L]
 * @param audio - [B, 1, L · hop]
 */
export function trainingStep(training: Training, mel: Tensor, audio: Tensor): StepLosses {
  const { generator, discriminator, optimizerG, optimizerD, front, lambdaFeat, auxiliary } = training;
  const fake = generator.forward(mel);

  // One pass over both batches: half as many, larger products than a pass for each.
  const both = discriminator.forward(concat([stopGradient(fake), audio]));
  const [seenFake, seenReal] = [0, 1].map((i) => both.map((scale) => half(scale, i))) as [
    DiscriminatorOutput[],
    DiscriminatorOutput[],
  ];
  const lossD = discriminatorLoss(seenFake, seenReal);
  optimizerD.minimize(lossD);

  const judged = discriminator.forward(fake);
  const lossG = generatorLoss(judged);
  const lossFeat = featureMatchingLoss(judged, seenReal);
  const adversarial = add(lossG, mul(lossFeat, lambdaFeat));
  const lossGTotal = auxiliary ? add(adversarial, auxiliary(fake, audio)) : adversarial;
  optimizerG.minimize(lossGTotal);

  const sError = l1Loss(front.forward(fake), front.forward(audio));
  return { lossD, lossG, lossFeat, lossGTotal, sError };
}

/** The first or second half of a batch. */
function half({ features, score }: DiscriminatorOutput, i: number): DiscriminatorOutput {
  const size = (score.shape[0] as number) / 2;
  const part = (t: Tensor): Tensor => slice(t, 0, i * size, (i + 1) * size);
  return { features: features.map(part), score: part(score) };
}
