import { array, grad, mul, NDArray, program, sum, type Tensor } from '@sextant/engine';
import { expect, it } from 'vitest';
import { identityGrid, unwarp, warp } from './warp.js';

const wave = (shape: number[], phase: number): NDArray =>
  new NDArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(phase + 0.7 * i)),
    shape,
    'float32',
  );

it('the identity takes every pixel from itself', async () => {
  const texture = wave([1, 3, 4, 4], 1);
  const same = await program((t: Tensor, uvs: Tensor) => warp(t, uvs))(texture, identityGrid(4));
  for (const [i, v] of same.data.entries()) expect(v).toBeCloseTo(Number(texture.data[i]), 6);
});

it('unwarp is the transpose: what the gradient of the guiding loss is', async () => {
  const [texture, uvs, values] = [wave([2, 3, 4, 4], 1), wave([2, 5, 6, 2], 2), wave([2, 3, 5, 6], 3)];
  const both = await program((t: Tensor, at: Tensor, v: Tensor) => ({
    transpose: unwarp(v, t, at),
    gradient: grad(sum(mul(warp(t, at), v)), t),
  }))(texture, uvs, values);
  expect(both.transpose.shape).toEqual([2, 3, 4, 4]);
  for (const [i, v] of both.transpose.data.entries()) expect(v).toBeCloseTo(Number(both.gradient.data[i]), 5);
});

it('frames of one identity share its texture', async () => {
  const textures = array([[[[1]]], [[[5]]]]);
  const uvs = array(new Array(6).fill([[[0, 0]]]));
  const found = await program((t: Tensor, at: Tensor) => warp(t, at))(textures, uvs);
  expect([...found.data]).toEqual([1, 1, 1, 5, 5, 5]);
});
