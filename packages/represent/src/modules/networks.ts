/**
 * @module Encoder and projection head for `apply` and `verify`.
 */
import { globalAvgPool, type Tensor, type TensorSource } from '@sextant/engine';
import { Module } from '@sextant/nn';
import { type AppliedModule, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { projectionHead } from '../head.js';
import { methodState, theirs, under } from '../import.js';
import type { NetworkConfig } from '../methods.js';
import { ResNet, type ResNetConfig, type Stem } from '../resnet.js';
import { inMode, mode, needed, projected, size } from './options.js';

const STEMS: Readonly<Record<string, Stem>> = {
  cifar10: 'cifar',
  cifar100: 'cifar',
  stl10: 'small',
  tiny_in: 'small',
  imagenet: 'imagenet',
};

export const networkOptions = {
  mode,
  dataset: z.enum(Object.keys(STEMS) as [string, ...string[]]),
  arch: z.string().optional(),
  layers: z.array(size).length(4).default([2, 2, 2, 2]),
  planes: z.array(size).length(4).default([64, 128, 256, 512]),
  emb: size,
  head_size: size.default(1024),
  head_layers: size.default(2),
  add_bn: z.boolean().default(true),
};
const NetworkOptions = z.strictObject(networkOptions);

export function networkOf(options: z.output<typeof NetworkOptions>): NetworkConfig {
  const { dataset, arch, layers, planes, emb, head_size, head_layers, add_bn } = options;
  const block: ResNetConfig['block'] =
    arch === 'resnet50' || arch?.startsWith('bottleneck') ? 'bottleneck' : 'basic';
  return {
    encoder: { stem: STEMS[dataset]!, block, layers, planes },
    head: { layers: head_layers, size: head_size, emb, batchNorm: add_bn },
  };
}

/** The encoder and its head alone. */
class EncoderAndHead extends Module {
  readonly model: ResNet;
  readonly head;

  constructor({ encoder, head }: NetworkConfig) {
    super();
    this.model = new ResNet(encoder);
    this.head = projectionHead(this.model.outFeatures, head);
  }
}

/** Entries by the authors' names. */
export const authors = <T>(entries: Iterable<readonly [string, T]>): Map<string, T> =>
  new Map([...entries].map(([key, value]) => [theirs(key), value]));

const encoder = tracedModule({
  summary:
    'the encoder on x [N, 3, H, W]: layer1 … layer4, feat, and the head on it as h; sum(feat · g) as s',
  config: NetworkOptions,
  build(options, checkpoint) {
    const network = new EncoderAndHead(networkOf(options));
    network.loadStateDict(methodState(needed(checkpoint)), { strict: false });
    const training = options.mode === 'train';
    return {
      parameters: authors(network.namedParameters()),
      state: () => (training ? authors(network.stateDict()) : new Map()),
      forward: (inputs) =>
        inMode(network, options.mode, ({ model, head }) => {
          const x = inputs.get('x');
          if (training) {
            const feat = model.forward(x);
            return { feat, ...projected(inputs, feat) };
          }
          const [layer1, layer2, layer3, layer4] = model.stages(x) as [Tensor, Tensor, Tensor, Tensor];
          const feat = globalAvgPool(layer4);
          return { layer1, layer2, layer3, layer4, feat, h: head.forward(feat), ...projected(inputs, feat) };
        }),
    };
  },
});

const head = tracedModule({
  summary: 'the projection head on feat [N, in_features]: h, and sum(h · g) as s',
  config: z.strictObject({
    mode,
    head_layers: size,
    head_size: size,
    emb: size,
    add_bn: z.boolean().default(true),
    in_features: size,
  }),
  build({ mode, head_layers, head_size, emb, add_bn, in_features }, checkpoint) {
    const module = projectionHead(in_features, {
      layers: head_layers,
      size: head_size,
      emb,
      batchNorm: add_bn,
    });
    module.loadStateDict(under(methodState(needed(checkpoint)), 'head'));
    const named = <T>(entries: Iterable<readonly [string, T]>): Map<string, T> =>
      new Map([...entries].map(([key, value]) => [`head.${key}`, value]));
    return {
      parameters: named(module.namedParameters() as ReadonlyMap<string, TensorSource>),
      state: () => (mode === 'train' ? named(module.stateDict()) : new Map()),
      forward: (inputs) => {
        const h = inMode(module, mode, (m) => m.forward(inputs.get('feat')));
        return { h, ...projected(inputs, h) };
      },
    };
  },
});

export const networkModules: Readonly<Record<string, AppliedModule>> = { encoder, head };
