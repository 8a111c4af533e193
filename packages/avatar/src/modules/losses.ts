/**
 * @module Losses for `apply` and `verify`: each by itself, VGG's, and whole training steps.
 */
import { slice, type Tensor } from '@sextant/engine';
import { type AppliedModule, type Inputs, parseOptions, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { flattened } from '../warp.js';
import { adversarialOptions, otherOptions, perceptualOptions } from './loss-options.js';
import {
  adversarialTerms,
  comparersOf,
  type Named,
  perceptualTerms,
  pixelTerms,
  segmentationTerms,
  total,
  warpTerms,
} from './loss-terms.js';
import { numbered } from './networks.js';
import { trainStep } from './train-step.js';

const training = z.literal('train').default('train');

const components = tracedModule({
  summary: 'each loss of scores, feature maps, frames and masks',
  config: z.strictObject({
    part: z.literal('components'),
    mode: training,
    ...adversarialOptions,
    ...otherOptions,
  }),
  build: (o) => ({
    forward(inputs) {
      const named: Named = (name) => inputs.get(name);
      const judged = (kind: string, pass: string, features: readonly Tensor[]) => ({
        scores: named(kind === 'real' ? 'real_scores' : `fake_scores_${pass}`),
        features,
      });
      const matched = (kind: string) => judged(kind, 'gen', numbered(inputs, `${kind}_feats_gen`));
      const terms = {
        ...adversarialTerms(
          {
            dis: { real: judged('real', 'dis', []), fake: judged('fake', 'dis', []) },
            gen: { real: matched('real'), fake: matched('fake') },
          },
          o,
        ),
        ...pixelTerms(named, o),
        ...segmentationTerms(named, o),
        ...warpTerms(named, o),
      };
      return { ...terms, loss: total(terms) };
    },
  }),
});

const perceptual = tracedModule({
  summary: "VGG's loss of pictures [B, t, 3, S, S]",
  config: z.strictObject({ part: z.literal('perceptual'), mode: training, ...perceptualOptions }),
  build(o, checkpoint) {
    const comparers = comparersOf(o, checkpoint);
    return {
      forward(inputs) {
        const terms = perceptualTerms(comparers, (name) => inputs.get(name), o);
        return { ...terms, loss: total(terms), ...featureOutputs(comparers, inputs, o.per_loss_apply_to[1]) };
      },
    };
  },
});

/** Of the real pictures, the first channels of the second layer, and the last layer. */
const featureOutputs = (
  comparers: ReturnType<typeof comparersOf>,
  inputs: Inputs,
  real: string,
): Record<string, Tensor> =>
  Object.fromEntries(
    [...comparers].flatMap(([name, vgg]) => {
      const features = vgg.forward(flattened(inputs.get(real)));
      return [
        [`feat_${name}_1`, slice(features[1]!, 1, 0, 4)],
        [`feat_${name}_last`, features.at(-1)!],
      ] as const;
    }),
  );

const PARTS = { components, perceptual, 'train-step': trainStep };

export const lossesModule: AppliedModule = {
  summary:
    'losses: each by itself (part: components), of VGG (perceptual), a whole training step (train-step)',
  async apply(request) {
    const { part } = parseOptions(
      z.object({ part: z.enum(['components', 'perceptual', 'train-step']) }),
      request.config,
    );
    return PARTS[part].apply(request);
  },
};
