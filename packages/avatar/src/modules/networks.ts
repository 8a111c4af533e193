/**
 * @module The networks one by one for `apply` and `verify`, with the authors' names.
 */
import { mean, mul, sum, type Tensor } from '@sextant/engine';
import type { Module } from '@sextant/nn';
import { type AppliedModule, type Inputs, tracedModule } from '@sextant/system';
import { z } from 'zod';
import type { AvatarConfig } from '../config.js';
import { contest } from '../contest.js';
import { Discriminator } from '../discriminator.js';
import { IdentityEmbedder } from '../identity-embedder.js';
import { InferenceGenerator } from '../inference-generator.js';
import { KeypointsEmbedder } from '../keypoints-embedder.js';
import { TextureEnhancer } from '../texture-enhancer.js';
import { TextureGenerator } from '../texture-generator.js';
import { warp } from '../warp.js';
import { after, filled, inMode, parametersOf } from './checkpoints.js';
import { sourceOf } from './generated.js';
import { adversarialOptions } from './loss-options.js';
import { adversarialTerms, total } from './loss-terms.js';
import { configOf, mode, NetworkOptions } from './options.js';
import { enhancedOutputs, frameOutputs } from './outputs.js';

interface Spec<M extends Module, O extends typeof NetworkOptions> {
  readonly summary: string;
  readonly options: O;
  make(config: AvatarConfig): M;
  forward(network: M, inputs: Inputs, options: z.output<O>): Record<string, Tensor>;
}

const networkModule = <M extends Module, O extends typeof NetworkOptions>({
  summary,
  options: config,
  make,
  forward,
}: Spec<M, O>): AppliedModule =>
  tracedModule({
    summary,
    config,
    build(options, checkpoint) {
      const network = filled(make(configOf(options)), checkpoint);
      return {
        parameters: parametersOf(network),
        forward: (inputs) => {
          const outputs = inMode(network, options.mode, (m) => forward(m, inputs, options));
          return { ...outputs, ...(options.mode === 'train' && after(network)) };
        },
      };
    },
  });

/** `name_0`, `name_1`, …, as many as there are. */
export function numbered(inputs: Inputs, name: string): Tensor[] {
  const found: Tensor[] = [];
  while (inputs.has(`${name}_${found.length}`)) found.push(inputs.get(`${name}_${found.length}`));
  // Where there are none, the error says so.
  return found.length === 0 ? [inputs.get(`${name}_0`)] : found;
}

export const asNumbered = (name: string, tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((t, i) => [`${name}_${i}`, t]));

const identityEmbedder = networkModule({
  summary: 'embeddings of people from source_imgs [B, n, 3, S, S], source_segs and source_stickmen',
  options: NetworkOptions,
  make: ({ imageSize, embedder, texture }) => new IdentityEmbedder(imageSize, embedder, texture),
  forward: (network, inputs) => asNumbered('source_idt_embeds', network.forward(sourceOf(inputs))),
});

const textureGenerator = networkModule({
  summary: 'textures from embeddings source_idt_embeds_0, 1, …',
  options: NetworkOptions,
  make: ({ imageSize, texture, embedder }) => new TextureGenerator(imageSize, texture, embedder),
  forward: (network, inputs) => ({
    pred_tex_hf_rgbs: network.forward(numbered(inputs, 'source_idt_embeds')),
  }),
});

const keypointsEmbedder = networkModule({
  summary: 'feature maps of target_poses [B, t, 136], and of source_poses where they are given',
  options: NetworkOptions,
  make: ({ keypoints, inference }) => new KeypointsEmbedder(keypoints, inference),
  forward: (network, inputs) => ({
    target_pose_embeds: network.forward(inputs.get('target_poses')),
    ...(inputs.has('source_poses') && { source_pose_embeds: network.forward(inputs.get('source_poses')) }),
  }),
});

const inferenceGenerator = networkModule({
  summary: 'frames from source_idt_embeds_0, 1, …, target_pose_embeds and pred_tex_hf_rgbs',
  options: NetworkOptions,
  make: ({ imageSize, inference, embedder }) => new InferenceGenerator(imageSize, inference, embedder),
  forward(network, inputs, { inf_apply_masks }) {
    const predictions = network.adapt(numbered(inputs, 'source_idt_embeds'));
    const frames = network.forward(predictions, inputs.get('target_pose_embeds'));
    return frameOutputs(frames, inputs.get('pred_tex_hf_rgbs'), {
      masked: inf_apply_masks,
      ...(inputs.has('target_imgs') && { wanted: inputs.get('target_imgs') }),
    });
  },
});

const textureEnhancer = networkModule({
  summary: 'textures made to fit source_imgs, and frames with them; loss = mean(pred_enh_target_imgs * w)',
  options: NetworkOptions,
  make: ({ imageSize, enhancer }) => new TextureEnhancer(imageSize, enhancer),
  forward(network, inputs, { enh_apply_masks }) {
    const texture = network.forward(inputs.get('pred_tex_hf_rgbs'), {
      images: inputs.get('source_imgs'),
      uvs: inputs.get('pred_source_uvs'),
      lowFrequency: inputs.get('pred_source_delta_lf_rgbs'),
      masks: inputs.get('pred_source_segs'),
    });
    const frames = {
      uvs: inputs.get('pred_target_uvs'),
      lowFrequency: inputs.get('pred_target_delta_lf_rgbs'),
      masks: inputs.get('pred_target_segs'),
    };
    const given = ['target_imgs', 'pred_target_imgs'].filter((name) => inputs.has(name));
    const outputs = enhancedOutputs(frames, texture, {
      masked: enh_apply_masks,
      others: Object.fromEntries(given.map((name) => [name, inputs.get(name)])),
    });
    const weighted = () => mul(outputs.pred_enh_target_imgs!, inputs.get('w'));
    return { ...outputs, ...(inputs.has('w') && { loss: mean(weighted()) }) };
  },
});

const discriminator = networkModule({
  summary:
    'scores and feature maps of target_imgs and pred_target_imgs [B, 1, 3, S, S]; in training the losses',
  make: ({ imageSize, discriminator }) => new Discriminator(imageSize, discriminator),
  options: NetworkOptions.extend(adversarialOptions),
  forward(network, inputs, options) {
    const passes = contest(network, {
      real: inputs.get('target_imgs'),
      fake: inputs.get(options.dis_fake_imgs_name),
      ...(!options.dis_no_stickman && { stickmen: inputs.get('target_stickmen') }),
    });
    const { dis, gen } = passes;
    const terms = options.mode === 'train' ? adversarialTerms(passes, options) : undefined;
    return {
      real_scores: dis.real.scores,
      fake_scores_dis: dis.fake.scores,
      fake_scores_gen: gen.fake.scores,
      ...asNumbered('real_feats_gen', gen.real.features),
      ...asNumbered('fake_feats_gen', gen.fake.features),
      ...(terms && { ...terms, loss: total(terms) }),
    };
  },
});

const WarpOptions = z.strictObject({
  mode,
  interpolation: z.literal('bilinear').default('bilinear'),
  padding_mode: z.literal('zeros').default('zeros'),
  align_corners: z.literal(false).default(false),
});

const warpModule = tracedModule({
  summary: 'texture [B, 3, H, W] at uvs [B · t, H, W, 2]; loss = sum(warped * w)',
  config: WarpOptions,
  build: () => ({
    forward(inputs) {
      const warped = warp(inputs.get('texture'), inputs.get('uvs'));
      return { warped, ...(inputs.has('w') && { loss: sum(mul(warped, inputs.get('w'))) }) };
    },
  }),
});

export const networkModules: Readonly<Record<string, AppliedModule>> = {
  'identity-embedder': identityEmbedder,
  'texture-generator': textureGenerator,
  'keypoints-embedder': keypointsEmbedder,
  'inference-generator': inferenceGenerator,
  warp: warpModule,
  'texture-enhancer': textureEnhancer,
  discriminator,
};
