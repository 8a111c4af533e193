/**
 * @module The authors' options of losses.
 */
import { z } from 'zod';
import { size } from './options.js';

const distance = z.enum(['l1', 'mse']).default('l1');

/** The authors' lists: `a, b`. */
const listed = (text: string): string[] => text.split(',').map((part) => part.trim());
const names = (initial: string) => z.string().default(initial).transform(listed);
const pair = (prediction: string, target: string) =>
  names(`${prediction}, ${target}`).pipe(z.tuple([z.string(), z.string()]));
const numbers = (initial: string) =>
  z.string().default(initial).transform(listed).pipe(z.array(z.coerce.number<string>()));

export const adversarialOptions = {
  adv_loss_weight: z.number().default(0.5),
  adv_pred_type: z.enum(['gan', 'ragan']).default('ragan'),
  fem_loss_type: distance,
  fem_loss_weight: z.number().default(10),
};

export const perceptualOptions = {
  per_full_net_names: names('vgg19_imagenet_pytorch, vgg16_face_caffe').pipe(
    z.array(z.enum(['vgg19_imagenet_pytorch', 'vgg16_face_caffe'])),
  ),
  per_layer_weights: numbers('0.03125, 0.0625, 0.125, 0.25, 1.0'),
  per_loss_apply_to: pair('pred_target_imgs_lf_detached', 'target_imgs'),
  per_loss_names: names('VGG19, VGGFace'),
  per_loss_type: distance,
  per_loss_weights: numbers('10.0, 0.01'),
  /** Of each network; a fact of the networks here. */
  per_net_layers: z.string().optional(),
  per_pooling: z.literal('avgpool').default('avgpool'),
  /** What all of VGG's widths are divided by. */
  vgg_channel_divisor: size.default(1),
};

export const otherOptions = {
  pix_loss_apply_to: pair('pred_target_delta_lf_rgbs', 'target_imgs'),
  pix_loss_names: z.literal('L1').default('L1'),
  pix_loss_type: distance,
  pix_loss_weights: numbers('10.0').pipe(z.tuple([z.number()])),
  seg_loss_apply_to: pair('pred_target_segs_logits', 'target_segs'),
  seg_loss_names: z.enum(['BCE', 'DICE']).default('BCE'),
  seg_loss_type: z.enum(['bce', 'dice']).default('bce'),
  seg_loss_weights: z.number().default(10),
  wpr_loss_apply_to: z.string().default('pred_target_delta_uvs'),
  wpr_loss_decay_schedule: z.literal(-1).default(-1),
  wpr_loss_type: z.literal('l1').default('l1'),
  wpr_loss_weight: z.number().default(10),
  wpr_loss_weight_decay: z.literal(1).default(1),
};
