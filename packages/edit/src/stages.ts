/**
 * @module Stages of convolutions: how networks here look at pictures.
 */
import { asTensor, relu, type Tensor, type TensorLike } from '@sextant/engine';
import { BatchNorm2d, Conv2d, Sequential } from '@sextant/nn';

/** Channels of the stages of networks that look at pictures of 64 × 64. */
export const STAGES: readonly number[] = [24, 48, 96, 128];

/** Two convolutions, the first of which halves the picture. */
const stage = (from: number, to: number): Sequential =>
  new Sequential(
    new Conv2d(from, to, 3, { stride: 2, padding: 1, bias: false }),
    new BatchNorm2d(to),
    relu,
    new Conv2d(to, to, 3, { padding: 1, bias: false }),
    new BatchNorm2d(to),
    relu,
  );

/** Stages one after the other, of pictures with three colours. @param channels - of each. */
export const stagesOf = (channels: readonly number[]): readonly Sequential[] =>
  channels.map((to, i) => stage(channels[i - 1] ?? 3, to));

/** Feature maps of each stage, of pictures [B, 3, S, S] of values from -1 to 1. */
export function mapsOf(stages: readonly Sequential[], images: TensorLike): readonly Tensor[] {
  const maps: Tensor[] = [];
  for (const stage of stages) maps.push(stage.forward(maps.at(-1) ?? asTensor(images)));
  return maps;
}
