/**
 * @module Upsampling, filtering and downsampling of pictures by finite impulse responses, as depthwise convolutions: all
 * orders of gradients are such again, and none computes with an inserted zero.
 */
import {
  array,
  asTensor,
  broadcastTo,
  conv2d,
  convTranspose2d,
  dilate,
  flip,
  type NDArray,
  reshape,
  slice,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';

/** A filter [n, n] of the same taps along both axes, whose sum is `gain`. */
export function firKernel(taps: readonly number[], gain = 1): NDArray<'float32'> {
  const total = taps.reduce((a, b) => a + b, 0) ** 2;
  return array(taps.map((a) => taps.map((b) => (a * b * gain) / total)));
}

export interface UpfirdnOptions {
  /** Each pixel becomes so many, the others zeros behind it (1). */
  readonly up?: number;
  /** One of so many pixels of the result is kept, the first first (1). */
  readonly down?: number;
  /** Zeros before and after both axes, after upsampling (0); negative ones cut off. */
  readonly pad?: readonly [number, number];
}

/**
 * Inserts zeros, pads, convolves with a filter (which is flipped, as a true convolution does) and drops pixels.
 *
 * @param x - [N, C, H, W]
 * @param kernel - [n, n]
 */
export function upfirdn2d(
  x: TensorLike,
  kernel: TensorLike,
  { up = 1, down = 1, pad = [0, 0] }: UpfirdnOptions = {},
): Tensor {
  const [t, k] = [asTensor(x), asTensor(kernel)];
  const groups = t.shape[1] as number;
  const taps = k.shape[0] as number;
  const [before, after] = pad;
  const each = (filter: Tensor) => broadcastTo(reshape(filter, [1, 1, taps, taps]), [groups, 1, taps, taps]);
  // Of the sum of shifted filters, what lies before the first and after the last pixel that is wanted.
  const [padding, outputPadding] = [taps - 1 - before, after - before + up - 1];
  if (up > 1 && down === 1 && padding >= 0 && outputPadding >= 0) {
    return convTranspose2d(t, each(k), { stride: up, padding, outputPadding, groups });
  }
  const spread = dilate(dilate(t, 2, up), 3, up);
  const cut = [2, 3].reduce((y, axis) => slice(y, axis, Math.max(-before, 0), endOf(after)), spread);
  const padded = [Math.max(before, 0), Math.max(after, 0)] as const;
  return conv2d(cut, each(flip(flip(k, 0), 1)), { stride: down, padding: [padded, padded], groups });
}

/** Where a slice ends that loses what negative padding cuts off. */
const endOf = (pad: number): number | undefined => (pad < 0 ? pad : undefined);
