/**
 * @module Whole training steps for `apply` and `verify`.
 */
import type { Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type Inputs, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { contest } from '../contest.js';
import { loadOfficial } from '../import.js';
import { AvatarNetworks } from '../networks.js';
import { after, arraysOf, parametersOf } from './checkpoints.js';
import { generated, NETWORKS, someNetworks } from './generated.js';
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
import { configOf, NetworkOptions } from './options.js';

const LOSSES = [
  'adversarial',
  'feature_matching',
  'perceptual',
  'pixelwise',
  'segmentation',
  'warping_regularizer',
] as const;

/** Records `fn` with some networks in training, the others as in inference. */
const training = <T>(networks: AvatarNetworks, names: readonly (typeof NETWORKS)[number][], fn: () => T): T =>
  networks.eval(() =>
    names.reduce<() => T>(
      (inner, name) => () => (networks[name] === undefined ? inner() : networks[name].train(inner)),
      fn,
    )(),
  );

export const trainStep = tracedModule({
  summary:
    'a training step: all losses, their gradients, and what batch statistics and singular vectors become',
  config: NetworkOptions.extend({
    ...adversarialOptions,
    ...perceptualOptions,
    ...otherOptions,
    part: z.literal('train-step'),
    networks_train: someNetworks,
    networks_to_train: someNetworks,
    spn_networks: someNetworks.optional(),
    losses_train: z
      .string()
      .transform((text) => text.split(',').map((name) => name.trim()))
      .pipe(z.array(z.enum(LOSSES))),
  }),
  build(o, checkpoint) {
    const networks = new AvatarNetworks(configOf(o), {
      enhancer: o.networks_train.includes('texture_enhancer'),
      discriminator: true,
    });
    const arrays = [...arraysOf(checkpoint)].filter(([key]) => NETWORKS.some((n) => key.startsWith(`${n}.`)));
    loadOfficial(networks, new Map(arrays));
    const comparers = comparersOf(o, checkpoint);
    const step = (inputs: Inputs): Record<string, Tensor> => {
      const outputs = generated(networks, inputs, o);
      const named: Named = (name) => {
        const found = outputs[name] ?? (inputs.has(name) ? inputs.get(name) : undefined);
        if (!found)
          throw new InputError(`there is no '${name}'; there are: ${Object.keys(outputs).join(', ')}`);
        return found;
      };
      const passes = contest(networks.discriminator!, {
        real: named('target_imgs'),
        fake: named(o.dis_fake_imgs_name),
        ...(!o.dis_no_stickman && { stickmen: named('target_stickmen') }),
      });
      const { G_FM, ...adversarial } = adversarialTerms(passes, o);
      const parts: Record<(typeof LOSSES)[number], () => Record<string, Tensor>> = {
        adversarial: () => adversarial,
        feature_matching: () => ({ G_FM: G_FM! }),
        perceptual: () => perceptualTerms(comparers, named, o),
        pixelwise: () => pixelTerms(named, o),
        segmentation: () => segmentationTerms(named, o),
        warping_regularizer: () => warpTerms(named, o),
      };
      const terms = Object.assign({}, ...o.losses_train.map((name) => parts[name]()));
      return { ...outputs, ...terms, loss: total(terms) };
    };
    return {
      parameters: parametersOf(networks),
      forward: (inputs) => ({
        ...training(networks, o.networks_to_train, () => step(inputs)),
        ...after(networks),
      }),
    };
  },
});
