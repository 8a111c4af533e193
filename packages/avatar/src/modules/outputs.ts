/**
 * @module Frames by the authors' names.
 */
import { repeat, stopGradient, type Tensor } from '@sextant/engine';
import { compose, type Frames } from '../inference-generator.js';
import { applyMask } from '../masks.js';

interface OutputOptions {
  /** Whether the predicted mask makes the background black, also of the pictures that are wanted. */
  readonly masked: boolean;
}

const masking =
  (masks: Tensor, { masked }: OutputOptions) =>
  (x: Tensor): Tensor =>
    masked ? applyMask(x, stopGradient(masks)) : x;

/** What the inference generator returns. @param wanted - pictures [B, t, 3, S, S] that the frames should equal. */
export function frameOutputs(
  frames: Frames,
  texture: Tensor,
  options: OutputOptions & { readonly wanted?: Tensor },
): Record<string, Tensor> {
  const { highFrequency, images, detailImages } = compose(frames, texture);
  const shown = masking(frames.masks, options);
  return {
    pred_target_uvs: frames.uvs,
    pred_target_delta_uvs: frames.deltaUvs,
    pred_target_delta_lf_rgbs: shown(frames.lowFrequency),
    pred_target_delta_hf_rgbs: highFrequency,
    pred_target_imgs: shown(images),
    pred_target_imgs_lf_detached: shown(detailImages),
    pred_target_segs: frames.masks,
    pred_target_segs_logits: frames.logits,
    ...(options.wanted && { target_imgs: shown(options.wanted) }),
  };
}

/** What the texture enhancer returns. @param others - other pictures of the same frames. */
export function enhancedOutputs(
  frames: Pick<Frames, 'uvs' | 'lowFrequency' | 'masks'>,
  texture: Tensor,
  { others = {}, ...options }: OutputOptions & { readonly others?: Readonly<Record<string, Tensor>> },
): Record<string, Tensor> {
  const { highFrequency, images, detailImages } = compose(frames, texture);
  const shown = masking(frames.masks, options);
  return {
    // The authors return the texture once for each frame.
    pred_enh_tex_hf_rgbs: repeat(texture, frames.uvs.shape[1]!, 1),
    pred_enh_target_delta_hf_rgbs: highFrequency,
    pred_enh_target_imgs: shown(images),
    pred_enh_target_imgs_lf_detached: shown(detailImages),
    ...Object.fromEntries(Object.entries(others).map(([name, x]) => [name, shown(x)])),
  };
}
