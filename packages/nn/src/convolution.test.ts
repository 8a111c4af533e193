import { Generator, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { checkLayerGradients, expectValues, fillWithWaves, wave } from '../test/support.js';
import * as conv from './convolution.js';
import { type Initializer, normal, zeros } from './init.js';
import type { Module } from './module.js';

type Case = [
  name: string,
  layer: Module & { forward(x: Tensor): Tensor },
  input: number[],
  expected: number[],
];

// ONNX Runtime has convolutions in single precision only.
const cases: Case[] = [
  [
    'Conv1d',
    new conv.Conv1d(2, 4, 3, { stride: 2, padding: 1, dilation: 2, groups: 2 }),
    [1, 2, 9],
    [
      2.13121158, 2.07046112, 0.62419311, -0.36014017, -0.81060295, 0.26890659, 1.6382792, 1.01391546,
      -0.23493015, -1.26964697, -1.17857686, 0.43431829, 0.39829078, 0.34298844, -1.10323876, -2.09870194,
    ],
  ],
  [
    'Conv2d',
    new conv.Conv2d(2, 2, [3, 2], { stride: [1, 2], padding: [1, 0] }),
    [1, 2, 3, 4],
    [
      0.23307285, 2.71935328, 1.96536724, 1.87618219, 2.54165802, -0.8240476, 1.41990627, -2.2301635,
      -0.82210212, 0.74236035, 0.45913847, 0.39400451,
    ],
  ],
  [
    'Conv3d',
    new conv.Conv3d(1, 2, 2, { bias: false }),
    [1, 1, 2, 3, 2],
    [3.38544249, 1.31686654, 3.29213156, -0.39572775],
  ],
  [
    'ConvTranspose1d',
    new conv.ConvTranspose1d(4, 2, 4, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
    [1, 4, 2],
    [
      -0.05400936, 0.0526263, 0.33589563, 0.58183642, 0.61335059, 1.2570625, 1.48013926, 1.72827301,
      1.04405296, 1.05491167,
    ],
  ],
  [
    'ConvTranspose2d',
    new conv.ConvTranspose2d(2, 1, 3, { stride: 2, padding: 1 }),
    [1, 2, 2, 2],
    [0.69990617, 0.59879161, 0.73439205, 0.90423, 0.73561335, 0.67811705, 0.85113867, 0.81250302, 0.99523826],
  ],
  [
    'ConvTranspose3d',
    new conv.ConvTranspose3d(1, 1, 2),
    [1, 1, 2, 1, 2],
    [
      0.90929743, 1.45138792, 1.54814544, 0.90929743, 1.34444275, 0.93608443, 1.73852478, 2.21872921,
      1.13556959, 1.57493244, 0.96420211, 0.70433228, 0.30634223, -0.58217083, 0.06548427, 0.03869727,
      -0.22174557, 0.58656359,
    ],
  ],
];

describe.each(cases)('%s', (_, layer, input, expected) => {
  const x = wave(input, 0, 'float32');
  it('agrees with PyTorch', async () => {
    fillWithWaves(layer, [...layer.namedParameters().keys()]);
    await expectValues((t) => layer.forward(t), [x], expected, 5);
  });
  it('has the right gradients', async () => {
    await checkLayerGradients(layer, (t) => layer.forward(t), [x]);
  });
});

it('weights start within ±1/√(in/groups · kernel), in PyTorch’s layout', () => {
  const layer = new conv.Conv1d(8, 64, 4, { groups: 2 });
  const weight = layer.namedParameters().get('weight')!;
  expect(weight.shape).toEqual([64, 4, 4]);
  const peak = Math.max(...(weight.value.data as Float32Array).map(Math.abs));
  expect(peak).toBeLessThan(1 / 4);
  expect(peak).toBeGreaterThan(0.99 / 4);
  const transposed = new conv.ConvTranspose2d(8, 6, 3, { groups: 2 });
  expect(transposed.namedParameters().get('weight')!.shape).toEqual([8, 3, 3, 3]);
  expect(transposed.bias!.shape).toEqual([6]);
});

it('weights and biases start as their initialisers say', () => {
  const weightInit: Initializer = (shape, random) => normal(shape, { std: 0.02, ...random });
  const drawn = () => new Generator(1);
  const layer = new conv.Conv2d(2, 4, 3, { weightInit, biasInit: zeros, generator: drawn() });
  expect(layer.stateDict().get('weight')).toEqual(normal([4, 2, 3, 3], { std: 0.02, generator: drawn() }));
  expect([...layer.bias!.value.data]).toEqual([0, 0, 0, 0]);
});

it('channels must divide into the groups', () => {
  expect(() => new conv.Conv1d(3, 4, 3, { groups: 2 })).toThrow(/Conv: 3 → 4 channels do not divide/);
});
