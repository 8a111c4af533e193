/**
 * @module Textures at the places that a field names, and back (section 2.6).
 */
import { gridSample, NDArray, repeat, reshape, type Tensor, vjp } from '@sextant/engine';

/**
 * Textures of identities at the pixels of their frames: bilinear, zeros outside.
 *
 * @param textures - [B, 3, S, S]
 * @param uvs - [B · t, H, W, 2], (x, y) from -1 to 1 between outer edges.
 * @returns [B · t, 3, H, W]
 */
export function warp(textures: Tensor, uvs: Tensor): Tensor {
  const [identities, frames] = [textures.shape[0] as number, uvs.shape[0] as number];
  return gridSample(identities === frames ? textures : repeat(textures, frames / identities, 0), uvs);
}

/** The transpose of {@link warp}: values [N, 3, H, W] where uvs [N, H, W, 2] took them from, in textures like those given. */
export function unwarp(values: Tensor, textures: Tensor, uvs: Tensor): Tensor {
  const [, [gradient]] = vjp((t: Tensor) => gridSample(t, uvs), [textures], values);
  return gradient;
}

/** The field that names each pixel itself [1, size, size, 2]. */
export function identityGrid(size: number): NDArray {
  const at = (i: number): number => (2 * i + 1) / size - 1;
  const places = Array.from({ length: size * size }, (_, i) => [at(i % size), at(Math.floor(i / size))]);
  return new NDArray(Float32Array.from(places.flat()), [1, size, size, 2], 'float32');
}

/** [B, n, ...] as [B · n, ...]. */
export const flattened = (x: Tensor): Tensor =>
  reshape(x, [(x.shape[0] as number) * (x.shape[1] as number), ...x.shape.slice(2)]);

/** [B · n, ...] as [B, n, ...]. */
export const unflattened = (x: Tensor, identities: number): Tensor =>
  reshape(x, [identities, (x.shape[0] as number) / identities, ...x.shape.slice(1)]);
