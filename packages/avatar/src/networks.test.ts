import { NDArray, program, type Tensor } from '@sextant/engine';
import { skipInit } from '@sextant/nn';
import { expect, it } from 'vitest';
import { RELEASED } from './config.js';
import { loadOfficial, officialName, officialVariables } from './import.js';
import { InferenceGenerator } from './inference-generator.js';
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
    if (path.endsWith('num_batches_tracked')) continue;
    const same = value.data.every((v, i) => v === state.get(officialName(path))!.data[i]);
    expect(same, path).toBe(true);
  }
  state.delete('discriminator.net.linear.weight_u');
  expect(() => loadOfficial(other, state)).toThrow(/missing: discriminator.net.linear.weight.u/);
});

it('frames belong to their people, one after the other', async () => {
  const generator = new InferenceGenerator(TINY.imageSize, TINY.inference, TINY.embedder);
  const draw = (wide: Tensor, narrow: Tensor, poses: Tensor) =>
    generator.forward(generator.adapt([wide, narrow]), poses).lowFrequency;
  const given = [wave([2, 8, 4, 4], 1), wave([2, 4, 4, 4], 2), wave([2, 3, 4, 4, 4], 3)] as const;
  // Singular vectors are random until they have been iterated.
  const warmUp = program(draw);
  for (let i = 0; i < 5; i++) await warmUp(...given);
  const infer = program((...tensors: [Tensor, Tensor, Tensor]) => generator.eval(() => draw(...tensors)));
  const both = await infer(...given);
  expect(both.shape).toEqual([2, 3, 3, 16, 16]);
  expect(new Set(Array.from(both.data, (v) => Number(v).toFixed(3))).size).toBeGreaterThan(20);
  for (const i of [0, 1]) {
    const [wide, narrow, poses] = given;
    const alone = await infer(half(wide, i), half(narrow, i), half(poses, i));
    expect(furthest(alone, half(both, i))).toBeLessThan(1e-4);
  }
});

const wave = (shape: number[], phase: number): NDArray =>
  new NDArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(phase + 0.7 * i)),
    shape,
    'float32',
  );

/** What belongs to one of two people. */
function half({ data, shape, size }: NDArray, i: number): NDArray {
  const values = Float32Array.from(data.slice((i * size) / 2, ((i + 1) * size) / 2), Number);
  return new NDArray(values, [1, ...shape.slice(1)], 'float32');
}

const furthest = (x: NDArray, y: NDArray): number =>
  x.data.reduce<number>((most, v, i) => Math.max(most, Math.abs(Number(v) - Number(y.data[i]))), 0);
