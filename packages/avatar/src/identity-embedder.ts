/**
 * @module Embeddings of a person: one for each level of the generators (section 2.3).
 */
import { concat, mean, reshape, type Shape, type Tensor, TensorError } from '@sextant/engine';
import { type Conv2d, Module } from '@sextant/nn';
import { type EmbedderConfig, halvings, type PyramidConfig, widthAt } from './config.js';
import { convolution } from './layers.js';
import { applyMask } from './masks.js';
import { ResBlock } from './res-block.js';

/** What is known of a person: n pictures [B, n, 3, S, S] in [-1, 1] of each. */
export interface Source {
  readonly images: Tensor;
  /** [B, n, 1, S, S] in [0, 1]: 1 where the person is. */
  readonly masks?: Tensor;
  /** Drawings of the landmarks [B, n, 3, S, S]. */
  readonly stickmen?: Tensor;
}

export class IdentityEmbedder extends Module {
  readonly net: { readonly enc: readonly [Conv2d, ...ResBlock[]]; readonly dec_blocks: readonly ResBlock[] };
  readonly #masks: boolean;
  readonly #stickmen: boolean;

  /** @param texture - whose levels the embeddings are for. */
  constructor(imageSize: number, { masks, stickmen, ...pyramid }: EmbedderConfig, texture: PyramidConfig) {
    super();
    this.#masks = masks;
    this.#stickmen = stickmen;
    const down = Array.from({ length: halvings(imageSize, pyramid.size) }, (_, i) => ({
      from: widthAt(pyramid, i),
      to: widthAt(pyramid, i + 1),
    }));
    const widest = down.at(-1)?.to ?? pyramid.channels;
    const levels = halvings(imageSize, texture.size);
    const widths = [widest, ...Array.from({ length: levels }, (_, k) => widthAt(texture, levels - 1 - k))];
    this.net = {
      enc: [
        convolution(stickmen ? 6 : 3, pyramid.channels, 3),
        ...down.map((widths) => new ResBlock({ ...widths, resize: 'down' })),
      ],
      dec_blocks: widths.slice(1).map((to, k) => new ResBlock({ from: widths[k]!, to })),
    };
  }

  /** @returns embeddings [B, C, size, size], that of the smallest level first; several pictures are averaged. */
  forward({ images, masks, stickmen }: Source): Tensor[] {
    const seen = this.#masks ? applyMask(images, given('masks', masks)) : images;
    const input = this.#stickmen ? concat([seen, given('stickmen', stickmen)], 2) : seen;
    const [people, frames, ...picture] = input.shape as [number, number, ...Shape];
    const [first, ...down] = this.net.enc;
    const inner = first.forward(reshape(input, [people * frames, ...picture]));
    const encoded = down.reduce((x, block) => block.forward(x).output, inner);
    const together = mean(reshape(encoded, [people, frames, ...encoded.shape.slice(1)]), { axes: 1 });
    const embeddings: Tensor[] = [];
    this.net.dec_blocks.reduce((x, block) => {
      const { features, output } = block.forward(x);
      embeddings.push(features);
      return output;
    }, together);
    return embeddings;
  }
}

function given(name: string, tensor: Tensor | undefined): Tensor {
  if (!tensor) throw new TensorError('IdentityEmbedder', `there are no ${name}, which this embedder reads`);
  return tensor;
}
