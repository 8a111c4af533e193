/**
 * @module A texture made to fit the source pictures by learned gradient descent (section 2.7).
 */
import { add, concat, mean, mul, repeat, sign, stopGradient, sub, type Tensor, tanh } from '@sextant/engine';
import { type Conv2d, Module } from '@sextant/nn';
import { type EnhancerConfig, halvings, widthAt } from './config.js';
import { activate, convolution } from './layers.js';
import { applyMask } from './masks.js';
import { ResBlock } from './res-block.js';
import { flattened, unflattened, unwarp, warp } from './warp.js';

/** What the texture should fit: n pictures of each person, and what the inference generator says of their poses. */
export interface EnhancerSource {
  /** [B, n, 3, S, S] */
  readonly images: Tensor;
  /** [B, n, S, S, 2] */
  readonly uvs: Tensor;
  /** [B, n, 3, S, S] */
  readonly lowFrequency: Tensor;
  /** [B, n, 1, S, S]: only the person counts. */
  readonly masks: Tensor;
}

export class TextureEnhancer extends Module {
  readonly net: { readonly blocks: Readonly<Record<number, Conv2d | ResBlock>> };
  readonly #first: Conv2d;
  readonly #blocks: readonly ResBlock[];
  /** After how many of the blocks the frames of a person are averaged. */
  readonly #averaged: number;
  readonly #last: Conv2d;

  constructor(
    imageSize: number,
    readonly config: EnhancerConfig,
  ) {
    super();
    const down = Array.from({ length: halvings(imageSize, config.size) }, (_, i) => ({
      from: widthAt(config, i),
      to: widthAt(config, i + 1),
    }));
    const widest = down.at(-1)?.to ?? config.channels;
    this.#first = convolution(6, config.channels, 3);
    this.#blocks = [
      ...down.map((widths) => new ResBlock({ ...widths, resize: 'down' })),
      ...Array.from({ length: config.blocks }, () => new ResBlock({ from: widest, to: widest })),
      ...down.map(({ from, to }) => new ResBlock({ from: to, to: from, resize: 'up' })).reverse(),
    ];
    this.#averaged = down.length + config.blocks;
    this.#last = convolution(config.channels, 3, 3);
    // Behind the blocks stand a norm that does nothing and the activation.
    const blocks = [this.#first, ...this.#blocks];
    this.net = { blocks: { ...blocks, [blocks.length + 2]: this.#last } };
  }

  /** Textures [B, 1, 3, S, S], which get no gradient, to better ones [B, 1, 3, S, S]. */
  forward(texture: Tensor, { images, uvs, lowFrequency, masks }: EnhancerSource): Tensor {
    const people = images.shape[0] as number;
    const frames = images.shape[1] as number;
    const source = {
      images: flattened(stopGradient(images)),
      uvs: flattened(stopGradient(uvs)),
      lowFrequency: flattened(stopGradient(lowFrequency)),
      masks: flattened(stopGradient(masks)),
    };
    let current = flattened(stopGradient(texture));
    for (let i = 0; i < this.config.steps; i++) {
      const each = frames === 1 ? current : repeat(current, frames, 0);
      const step = this.#step(concat([each, this.#guide(stopGradient(each), source)], 1), people);
      current = add(current, tanh(step));
    }
    return unflattened(current, people);
  }

  /** The gradient of the difference between source pictures and frames by the texture, in closed form. */
  #guide(texture: Tensor, { images, uvs, lowFrequency, masks }: EnhancerSource): Tensor {
    const made = add(lowFrequency, warp(texture, uvs));
    const difference = sub(applyMask(made, masks), applyMask(images, masks));
    const slope = this.config.guide === 'sse' ? difference : sign(difference);
    return stopGradient(unwarp(mul(slope, masks), texture, uvs));
  }

  /** Textures beside their gradients [B · n, 6, S, S] to a step [B, 3, S, S]. */
  #step(x: Tensor, people: number): Tensor {
    const blocks = this.#blocks.reduce((y, block, i) => {
      const { output } = block.forward(y);
      return i + 1 === this.#averaged ? mean(unflattened(output, people), { axes: 1 }) : output;
    }, this.#first.forward(x));
    return this.#last.forward(activate(blocks));
  }
}
