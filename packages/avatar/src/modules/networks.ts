/**
 * @module The networks one by one for `apply` and `verify`, with the authors' names.
 */
import { mean, mul, repeat, stopGradient, sum, type Tensor } from '@sextant/engine';
import type { Module } from '@sextant/nn';
import { type AppliedModule, type Inputs, tracedModule } from '@sextant/system';
import { z } from 'zod';
import type { AvatarConfig } from '../config.js';
import { IdentityEmbedder } from '../identity-embedder.js';
import { compose, InferenceGenerator } from '../inference-generator.js';
import { KeypointsEmbedder } from '../keypoints-embedder.js';
import { applyMask } from '../masks.js';
import { TextureEnhancer } from '../texture-enhancer.js';
import { TextureGenerator } from '../texture-generator.js';
import { warp } from '../warp.js';
import { after, filled, inMode, parametersOf } from './checkpoints.js';
import { configOf, mode, NetworkOptions } from './options.js';

interface Spec<M extends Module> {
  readonly summary: string;
  make(config: AvatarConfig): M;
  forward(network: M, inputs: Inputs, options: NetworkOptions): Record<string, Tensor>;
}

const networkModule = <M extends Module>({ summary, make, forward }: Spec<M>): AppliedModule =>
  tracedModule({
    summary,
    config: NetworkOptions,
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
  make: ({ imageSize, embedder, texture }) => new IdentityEmbedder(imageSize, embedder, texture),
  forward: (network, inputs) =>
    asNumbered(
      'source_idt_embeds',
      network.forward({
        images: inputs.get('source_imgs'),
        ...(inputs.has('source_segs') && { masks: inputs.get('source_segs') }),
        ...(inputs.has('source_stickmen') && { stickmen: inputs.get('source_stickmen') }),
      }),
    ),
});

const textureGenerator = networkModule({
  summary: 'textures from embeddings source_idt_embeds_0, 1, …',
  make: ({ imageSize, texture, embedder }) => new TextureGenerator(imageSize, texture, embedder),
  forward: (network, inputs) => ({
    pred_tex_hf_rgbs: network.forward(numbered(inputs, 'source_idt_embeds')),
  }),
});

const keypointsEmbedder = networkModule({
  summary: 'feature maps of target_poses [B, t, 136], and of source_poses where they are given',
  make: ({ keypoints, inference }) => new KeypointsEmbedder(keypoints, inference),
  forward: (network, inputs) => ({
    target_pose_embeds: network.forward(inputs.get('target_poses')),
    ...(inputs.has('source_poses') && { source_pose_embeds: network.forward(inputs.get('source_poses')) }),
  }),
});

const inferenceGenerator = networkModule({
  summary: 'frames from source_idt_embeds_0, 1, …, target_pose_embeds and pred_tex_hf_rgbs',
  make: ({ imageSize, inference, embedder }) => new InferenceGenerator(imageSize, inference, embedder),
  forward(network, inputs, { inf_apply_masks }) {
    const predictions = network.adapt(numbered(inputs, 'source_idt_embeds'));
    const frames = network.forward(predictions, inputs.get('target_pose_embeds'));
    const composed = compose(frames, inputs.get('pred_tex_hf_rgbs'));
    const mask = stopGradient(frames.masks);
    const shown = (x: Tensor): Tensor => (inf_apply_masks ? applyMask(x, mask) : x);
    return {
      pred_target_uvs: frames.uvs,
      pred_target_delta_uvs: frames.deltaUvs,
      pred_target_delta_lf_rgbs: shown(frames.lowFrequency),
      pred_target_delta_hf_rgbs: composed.highFrequency,
      pred_target_imgs: shown(composed.images),
      pred_target_imgs_lf_detached: shown(composed.detailImages),
      pred_target_segs: frames.masks,
      pred_target_segs_logits: frames.logits,
      ...(inputs.has('target_imgs') && { target_imgs: shown(inputs.get('target_imgs')) }),
    };
  },
});

const textureEnhancer = networkModule({
  summary: 'textures made to fit source_imgs, and frames with them; loss = mean(pred_enh_target_imgs * w)',
  make: ({ imageSize, enhancer }) => new TextureEnhancer(imageSize, enhancer),
  forward(network, inputs, { enh_apply_masks }) {
    const texture = network.forward(inputs.get('pred_tex_hf_rgbs'), {
      images: inputs.get('source_imgs'),
      uvs: inputs.get('pred_source_uvs'),
      lowFrequency: inputs.get('pred_source_delta_lf_rgbs'),
      masks: inputs.get('pred_source_segs'),
    });
    const uvs = inputs.get('pred_target_uvs');
    const { highFrequency, images } = compose(
      { uvs, lowFrequency: inputs.get('pred_target_delta_lf_rgbs') },
      texture,
    );
    const mask = stopGradient(inputs.get('pred_target_segs'));
    const shown = (x: Tensor): Tensor => (enh_apply_masks ? applyMask(x, mask) : x);
    const enhanced = shown(images);
    const masked = ['target_imgs', 'pred_target_imgs'].filter((name) => inputs.has(name));
    return {
      pred_enh_tex_hf_rgbs: repeatedFor(texture, uvs),
      pred_enh_target_delta_hf_rgbs: highFrequency,
      pred_enh_target_imgs: enhanced,
      ...Object.fromEntries(masked.map((name) => [name, shown(inputs.get(name))])),
      ...(inputs.has('w') && { loss: mean(mul(enhanced, inputs.get('w'))) }),
    };
  },
});

/** A texture for each frame, as the authors return it. */
const repeatedFor = (texture: Tensor, uvs: Tensor): Tensor => repeat(texture, uvs.shape[1]!, 1);

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
};
