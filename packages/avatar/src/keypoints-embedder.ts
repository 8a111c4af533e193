/**
 * @module Poses as small feature maps (section 2.5).
 */
import { concat, cos, expandDims, mul, NDArray, reshape, sin, type Tensor, Variable } from '@sextant/engine';
import { Module, Sequential } from '@sextant/nn';
import type { KeypointsConfig, PyramidConfig } from './config.js';
import { activate, linear } from './layers.js';

export class KeypointsEmbedder extends Module {
  /** π 2^k [1, 1, K], where coordinates are given by their sines and cosines. */
  readonly frequencies: Variable | undefined;
  readonly net: { readonly mlp: Sequential };
  readonly #shape: readonly [number, number, number];

  /** @param inference - whose input the feature maps are. */
  constructor({ poseSize, channels, layers, harmonics }: KeypointsConfig, inference: PyramidConfig) {
    super();
    const { maxChannels, size } = inference;
    this.#shape = [maxChannels, size, size];
    this.frequencies = harmonics > 0 ? new Variable(octaves(harmonics)) : undefined;
    const widths = [
      harmonics > 0 ? poseSize * 2 * harmonics : poseSize,
      ...new Array<number>(layers - 1).fill(channels),
      maxChannels * size * size,
    ];
    const [first, ...rest] = widths.slice(1).map((to, i) => linear(widths[i]!, to));
    this.net = { mlp: new Sequential(first!, ...rest.flatMap((layer) => [activate, layer])) };
  }

  /** Poses [B, t, 136], x and y of each landmark in [-1, 1], to [B, t, C, size, size]. */
  forward(poses: Tensor): Tensor {
    const frames = poses.shape.slice(0, 2);
    return reshape(this.net.mlp.forward(this.#encoded(poses)), [...frames, ...this.#shape]);
  }

  #encoded(poses: Tensor): Tensor {
    if (!this.frequencies) return poses;
    const phases = mul(expandDims(poses, -1), expandDims(this.frequencies, 0));
    const flat = reshape(phases, [...poses.shape.slice(0, 2), -1]);
    return concat([sin(flat), cos(flat)], -1);
  }
}

const octaves = (count: number): NDArray =>
  new NDArray(
    Float32Array.from({ length: count }, (_, k) => Math.PI * 2 ** k),
    [1, 1, count],
    'float32',
  );
