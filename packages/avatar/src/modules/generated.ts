/**
 * @module What all of the generator's networks make, by the authors' names.
 */
import type { Tensor } from '@sextant/engine';
import type { Inputs } from '@sextant/system';
import { z } from 'zod';
import type { Source } from '../identity-embedder.js';
import type { AvatarNetworks } from '../networks.js';
import type { NetworkOptions } from './options.js';
import { enhancedOutputs, frameOutputs } from './outputs.js';

/** The networks, by the beginnings of their names in a checkpoint of several. */
export const NETWORKS = [
  'identity_embedder',
  'texture_generator',
  'keypoints_embedder',
  'inference_generator',
  'texture_enhancer',
  'discriminator',
] as const;

export const someNetworks = z.array(z.enum(NETWORKS));

/** Pictures of people, with masks and drawings where they are given. */
export const sourceOf = (inputs: Inputs): Source => ({
  images: inputs.get('source_imgs'),
  ...(inputs.has('source_segs') && { masks: inputs.get('source_segs') }),
  ...(inputs.has('source_stickmen') && { stickmen: inputs.get('source_stickmen') }),
});

/** What the generator's networks make of pictures `source_*` in poses `target_poses`. */
export function generated(
  networks: AvatarNetworks,
  inputs: Inputs,
  o: NetworkOptions,
): Record<string, Tensor> {
  const source = sourceOf(inputs);
  const people = networks.embed(source);
  const frames = networks.frames(people, inputs.get('target_poses'));
  const outputs = frameOutputs(frames, people.texture, {
    masked: o.inf_apply_masks,
    ...(inputs.has('target_imgs') && { wanted: inputs.get('target_imgs') }),
  });
  const base = { ...outputs, pred_tex_hf_rgbs: people.texture };
  if (!networks.texture_enhancer) return base;
  const texture = networks.enhance(people, source, inputs.get('source_poses'));
  const { pred_target_imgs, target_imgs } = outputs as { pred_target_imgs: Tensor; target_imgs?: Tensor };
  return {
    ...base,
    ...enhancedOutputs(frames, texture, {
      masked: o.enh_apply_masks,
      others: { pred_target_imgs, ...(target_imgs && { target_imgs }) },
    }),
  };
}
