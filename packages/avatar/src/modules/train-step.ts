/**
 * @module Whole training steps and whole inference for `apply` and `verify`.
 */
import { slice, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type Inputs, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { contest } from '../contest.js';
import type { Source } from '../identity-embedder.js';
import { loadOfficial } from '../import.js';
import { AvatarNetworks } from '../networks.js';
import { after, arraysOf, filled, parametersOf } from './checkpoints.js';
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
} from './losses.js';
import { configOf, NetworkOptions } from './options.js';
import { enhancedOutputs, frameOutputs } from './outputs.js';

const NETWORKS = [
  'identity_embedder',
  'texture_generator',
  'keypoints_embedder',
  'inference_generator',
  'texture_enhancer',
  'discriminator',
] as const;

const LOSSES = [
  'adversarial',
  'feature_matching',
  'perceptual',
  'pixelwise',
  'segmentation',
  'warping_regularizer',
] as const;

const someNetworks = z.array(z.enum(NETWORKS));

const sourceOf = (inputs: Inputs): Source => ({
  images: inputs.get('source_imgs'),
  masks: inputs.get('source_segs'),
  stickmen: inputs.get('source_stickmen'),
});

/** What the generator's networks make of the inputs. @param options.wanted - whether there are pictures to be like. */
function generated(
  networks: AvatarNetworks,
  inputs: Inputs,
  o: NetworkOptions,
  { wanted }: { readonly wanted: boolean },
): Record<string, Tensor> {
  const source = sourceOf(inputs);

  const people = networks.embed(source);
  const frames = networks.frames(people, inputs.get('target_poses'));
  const outputs = frameOutputs(frames, people.texture, {
    masked: o.inf_apply_masks,
    ...(wanted && { wanted: inputs.get('target_imgs') }),
  });
  const base = { ...outputs, pred_tex_hf_rgbs: people.texture };
  if (!networks.texture_enhancer) return base;
  const { uvs, lowFrequency, masks } = networks.frames(people, inputs.get('source_poses'));
  const texture = networks.texture_enhancer.forward(people.texture, {
    images: source.images,
    uvs,
    lowFrequency,
    masks,
  });
  const { pred_target_imgs, target_imgs } = outputs as { pred_target_imgs: Tensor; target_imgs?: Tensor };
  return {
    ...base,
    ...enhancedOutputs(frames, texture, {
      masked: o.enh_apply_masks,
      others: { pred_target_imgs, ...(target_imgs && { target_imgs }) },
    }),
  };
}

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
      const outputs = generated(networks, inputs, o, { wanted: true });
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

export const endToEnd = tracedModule({
  summary: 'frames of people from pictures source_* and poses target_poses, with the texture enhancer',
  config: NetworkOptions.extend({
    mode: z.literal('eval').default('eval'),
    networks_test: someNetworks.optional(),
    spn_networks: someNetworks.optional(),
  }),
  build(o, checkpoint) {
    const networks = filled(new AvatarNetworks(configOf(o)), checkpoint);
    return {
      parameters: parametersOf(networks),
      forward(inputs) {
        const outputs = networks.eval(() => generated(networks, inputs, o, { wanted: false }));
        const texture = slice(outputs.pred_enh_tex_hf_rgbs!, 1, 0, 1);
        return { ...outputs, pred_enh_tex_hf_rgbs: texture };
      },
    };
  },
});
