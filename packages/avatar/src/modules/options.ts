/**
 * @module The authors' options of the networks; those that they never changed have one value. Defaults are the released networks'.
 */
import { z } from 'zod';
import { type AvatarConfig, EPS, RELEASED } from '../config.js';

export const size = z.int().positive();
export const mode = z.enum(['train', 'eval']).default('eval');
const flag = (value: boolean) => z.boolean().default(value);
const fixed = <T extends string | number | boolean>(value: T) => z.literal(value).default(value);
const leaky = fixed('leakyrelu');

const { imageSize, embedder, texture, keypoints, inference, enhancer, discriminator } = RELEASED;

const networkOptions = {
  mode,
  image_size: size.default(imageSize),
  eps: fixed(EPS),
  bn_momentum: fixed(1),
  num_source_frames: size.default(1),

  emb_num_channels: size.default(embedder.channels),
  emb_max_channels: size.default(embedder.maxChannels),
  emb_output_tensor_size: size.default(embedder.size),
  emb_apply_masks: flag(embedder.masks),
  emb_no_stickman: flag(!embedder.stickmen),
  emb_norm_layer_type: fixed('none'),
  emb_activation_type: leaky,
  emb_downsampling_type: fixed('avgpool'),

  tex_num_channels: size.default(texture.channels),
  tex_max_channels: size.default(texture.maxChannels),
  tex_input_tensor_size: size.default(texture.size),
  tex_norm_layer_type: fixed('ada_spade_bn'),
  tex_activation_type: leaky,
  tex_pixelwise_bias_type: fixed('none'),
  tex_skip_layer_type: fixed('ada_conv'),
  tex_upsampling_type: fixed('nearest'),

  pse_in_channels: size.default(keypoints.poseSize),
  pse_num_channels: size.default(keypoints.channels),
  pse_num_blocks: size.default(keypoints.layers),
  pse_use_harmonic_enc: flag(false),
  pse_num_harmonics: size.default(4),
  pse_emb_source_pose: flag(false),
  pse_norm_layer_type: fixed('none'),
  pse_activation_type: leaky,

  inf_num_channels: size.default(inference.channels),
  inf_max_channels: size.default(inference.maxChannels),
  inf_input_tensor_size: size.default(inference.size),
  inf_apply_masks: flag(true),
  inf_calc_grad: flag(false),
  inf_pred_segmentation: fixed(true),
  inf_pred_source_data: flag(false),
  inf_norm_layer_type: fixed('ada_bn'),
  inf_activation_type: leaky,
  inf_skip_layer_type: fixed('ada_conv'),
  inf_upsampling_type: fixed('nearest'),

  enh_num_channels: size.default(enhancer.channels),
  enh_max_channels: size.default(enhancer.maxChannels),
  enh_bottleneck_tensor_size: size.default(enhancer.size),
  enh_num_blocks: size.default(enhancer.blocks),
  enh_unrolling_depth: size.default(enhancer.steps),
  enh_guiding_rgb_loss_type: z.enum(['sse', 'l1']).default(enhancer.guide),
  enh_apply_masks: flag(true),
  enh_detach_inputs: fixed(true),
  enh_norm_layer_type: fixed('none'),
  enh_activation_type: leaky,
  enh_downsampling_type: fixed('avgpool'),
  enh_upsampling_type: fixed('nearest'),

  dis_num_channels: size.default(discriminator.channels),
  dis_max_channels: size.default(discriminator.maxChannels),
  dis_num_blocks: size.default(discriminator.blocks),
  dis_output_tensor_size: size.default(discriminator.size),
  dis_no_stickman: flag(!discriminator.stickmen),
  dis_fake_imgs_name: z.string().default('pred_target_imgs'),
  dis_norm_layer_type: fixed('bn'),
  dis_activation_type: leaky,
  dis_downsampling_type: fixed('avgpool'),
};

export const NetworkOptions = z.strictObject(networkOptions);
export type NetworkOptions = z.output<typeof NetworkOptions>;

export const configOf = (o: NetworkOptions): AvatarConfig => ({
  imageSize: o.image_size,
  embedder: {
    channels: o.emb_num_channels,
    maxChannels: o.emb_max_channels,
    size: o.emb_output_tensor_size,
    masks: o.emb_apply_masks,
    stickmen: !o.emb_no_stickman,
  },
  texture: { channels: o.tex_num_channels, maxChannels: o.tex_max_channels, size: o.tex_input_tensor_size },
  keypoints: {
    poseSize: o.pse_in_channels,
    channels: o.pse_num_channels,
    layers: o.pse_num_blocks,
    harmonics: o.pse_use_harmonic_enc ? o.pse_num_harmonics : 0,
  },
  inference: { channels: o.inf_num_channels, maxChannels: o.inf_max_channels, size: o.inf_input_tensor_size },
  enhancer: {
    channels: o.enh_num_channels,
    maxChannels: o.enh_max_channels,
    size: o.enh_bottleneck_tensor_size,
    blocks: o.enh_num_blocks,
    steps: o.enh_unrolling_depth,
    guide: o.enh_guiding_rgb_loss_type,
  },
  discriminator: {
    channels: o.dis_num_channels,
    maxChannels: o.dis_max_channels,
    size: o.dis_output_tensor_size,
    blocks: o.dis_num_blocks,
    stickmen: !o.dis_no_stickman,
  },
});
