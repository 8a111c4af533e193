import { array, NDArray, program, type Tensor } from '@sextant/engine';
import { skipInit } from '@sextant/nn';
import { expect, it } from 'vitest';
import { RELEASED } from './config.js';
import { loadOfficial, officialName, officialVariables } from './import.js';
import { compose } from './inference-generator.js';
import { AvatarNetworks } from './networks.js';

const TINY = {
  imageSize: 16,
  embedder: { channels: 4, maxChannels: 8, size: 4, masks: true, stickmen: true },
  texture: { channels: 4, maxChannels: 8, size: 4 },
  keypoints: { poseSize: 136, channels: 8, layers: 4, harmonics: 0 },
  inference: { channels: 2, maxChannels: 4, size: 4 },
  enhancer: { channels: 4, maxChannels: 8, size: 8, blocks: 2, steps: 2, guide: 'sse' },
  discriminator: { channels: 4, maxChannels: 8, size: 4, blocks: 3, stickmen: true },
} as const;

it('has the released sizes', () => {
  const networks = skipInit(() => new AvatarNetworks(RELEASED, { discriminator: true }));
  const millions = (part: { numParameters: number }) => part.numParameters / 1e6;
  expect(millions(networks.identity_embedder)).toBeCloseTo(31.4, 1);
  expect(millions(networks.texture_generator)).toBeCloseTo(55.7, 1);
  expect(millions(networks.texture_generator.gen_tex)).toBeCloseTo(32.5, 1);
  expect(millions(networks.keypoints_embedder)).toBeCloseTo(1.22, 2);
  expect(millions(networks.inference_generator)).toBeCloseTo(11.8, 1);
  expect(millions(networks.inference_generator.gen_inf)).toBeCloseTo(4.12, 2);
  expect(millions(networks.texture_enhancer!)).toBeCloseTo(2.72, 2);
  expect(millions(networks.discriminator!)).toBeCloseTo(19.5, 1);
});

it('loads what it names as the authors do, without counts of batches too', () => {
  const networks = new AvatarNetworks(TINY, { discriminator: true });
  const state = new Map([...officialVariables(networks)].map(([name, { value }]) => [name, value.copy()]));
  expect([...state.keys()]).toEqual(
    expect.arrayContaining([
      'identity_embedder.net.enc.1.skip.0.weight_u',
      'texture_generator.gen_tex.blocks.1.block_feats.3.weight_orig',
      'inference_generator.gen_inf.blocks.0.block.1.weight_v',
      'texture_enhancer.net.blocks.4.skip.1.bias',
      'discriminator.net.final_block.0.running_var',
    ]),
  );
  const other = new AvatarNetworks(TINY, { discriminator: true });
  loadOfficial(other, new Map([...state].filter(([name]) => !name.endsWith('num_batches_tracked'))));
  for (const [path, { value }] of other.namedVariables()) {
    if (!path.endsWith('num_batches_tracked')) expect(value).toEqual(state.get(officialName(path)));
  }
  state.delete('discriminator.net.linear.weight_u');
  expect(() => loadOfficial(other, state)).toThrow(/missing: discriminator.net.linear.weight.u/);
});

it('frames belong to their people, one after the other', async () => {
  const networks = new AvatarNetworks(TINY, { enhancer: false });
  const recorded = (images: Tensor, masks: Tensor, poses: Tensor) => {
    const people = networks.embed({ images, masks, stickmen: images });
    return compose(networks.frames(people, poses), people.texture).images;
  };
  const draw = program((...given: [Tensor, Tensor, Tensor]) => networks.eval(() => recorded(...given)));
  const wave = (shape: number[], phase: number) =>
    new NDArray(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(phase + 0.7 * i)),
      shape,
      'float32',
    );
  const images = wave([2, 1, 3, 16, 16], 1);
  const masks = array(
    Array.from({ length: 2 }, () => [[Array.from({ length: 16 }, () => new Array(16).fill(1))]]),
  );
  const poses = wave([2, 3, 136], 2);
  const part = (x: NDArray, i: number) =>
    new NDArray(
      x.data.slice((i * x.size) / 2, ((i + 1) * x.size) / 2) as Float32Array<ArrayBuffer>,
      [1, ...x.shape.slice(1)],
      'float32',
    );
  // Singular vectors are random until they have been iterated.
  const warmUp = program((...given: [Tensor, Tensor, Tensor]) => recorded(...given));
  for (let i = 0; i < 5; i++) await warmUp(images, masks, poses);
  const both = await draw(images, masks, poses);
  expect(both.shape).toEqual([2, 3, 3, 16, 16]);
  const spread = new Set(Array.from(both.data, (v) => Number(v).toFixed(3)));
  expect(spread.size).toBeGreaterThan(20);
  for (const i of [0, 1]) {
    const alone = await draw(part(images, i), part(masks, i), part(poses, i));
    for (const [k, v] of part(both, i).data.entries()) expect(alone.data[k]).toBeCloseTo(v as number, 4);
  }
});
