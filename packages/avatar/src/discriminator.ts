/**
 * @module Scores of how real patches of a picture are in its pose (section 2.8).
 */
import { concat, slice, type Tensor } from '@sextant/engine';
import { type BatchNorm2d, type Conv2d, Module } from '@sextant/nn';
import { type DiscriminatorConfig, halvings, widthAt } from './config.js';
import { activate, batchNorm, convolution } from './layers.js';
import { ResBlock } from './res-block.js';

/** What the discriminator says of pictures. */
export interface Judgement {
  /** [N, 1, size, size] */
  readonly scores: Tensor;
  /** Feature maps of each block, the largest first. */
  readonly features: readonly Tensor[];
}

export class Discriminator extends Module {
  readonly net: {
    readonly first_conv: Conv2d;
    readonly blocks: readonly ResBlock[];
    readonly final_block: readonly [BatchNorm2d];
    readonly linear: Conv2d;
  };

  constructor(imageSize: number, { stickmen, blocks, size, ...widths }: DiscriminatorConfig) {
    super();
    const down = halvings(imageSize, size);
    const layers = Array.from({ length: blocks }, (_, i) => {
      const [from, to] = [Math.min(i, down), Math.min(i + 1, down)].map((k) => widthAt(widths, k)) as [
        number,
        number,
      ];
      const norms = [batchNorm(from), batchNorm(to)] as const;
      return new ResBlock({ from, to, norms, ...(i < down && { resize: 'down' }) });
    });
    const last = widthAt(widths, down);
    this.net = {
      first_conv: convolution(stickmen ? 6 : 3, widths.channels, 3),
      blocks: layers,
      final_block: [batchNorm(last)],
      linear: convolution(last, 1, 1),
    };
  }

  /** @param x - [N, 3, S, S], with the drawings of the landmarks as three more channels where it reads them. */
  forward(x: Tensor): Judgement {
    const { first_conv, blocks, final_block, linear } = this.net;
    const features: Tensor[] = [];
    const y = blocks.reduce((t, block) => {
      const result = block.forward(t);
      features.push(result.features);
      return result.output;
    }, first_conv.forward(x));
    return { scores: linear.forward(activate(final_block[0].forward(y))), features };
  }

  /** Real and made pictures [N, 3, S, S] of the same poses, whose statistics are common. */
  compare(real: Tensor, fake: Tensor, stickmen?: Tensor): { real: Judgement; fake: Judgement } {
    const shown = (x: Tensor): Tensor => (stickmen ? concat([x, stickmen], 1) : x);
    const count = real.shape[0] as number;
    const { scores, features } = this.forward(concat([shown(real), shown(fake)], 0));
    const part = (from: number): Judgement => {
      const own = (x: Tensor): Tensor => slice(x, 0, from, from + count);
      return { scores: own(scores), features: features.map(own) };
    };
    return { real: part(0), fake: part(count) };
  }
}
