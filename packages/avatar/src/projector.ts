/**
 * @module From an identity's embeddings to the weights of a generator's adaptive layers (section 2.4).
 */
import { adaptiveAvgPool2d, reshape, type Tensor } from '@sextant/engine';
import { type Linear, Module } from '@sextant/nn';
import { type Widths, widthAt } from './config.js';
import { linear } from './layers.js';

/** Rows and columns that embeddings are brought to where generator and embedder are equally wide. */
const POOLED = 32;

/** Three linear maps with nothing between them. */
type Chain = readonly [Linear, Linear, Linear];

interface Stage {
  /** Channels of the generator for each of the embedder. */
  readonly ratio: number;
  /** Rows and columns of the pooled embeddings. */
  readonly size: number;
}

export class Projector extends Module {
  /** Of each stage, a chain for each prediction. */
  readonly fc_blocks: readonly (readonly Chain[])[];
  readonly #stages: readonly Stage[];

  /** @param outputs - of each stage, from the widest level down to 1, how many numbers each prediction has for a channel. */
  constructor(embedder: Widths, generator: Widths, outputs: readonly (readonly number[])[]) {
    super();
    const levels = outputs.map((_, k) => outputs.length - k);
    this.#stages = levels.map((i) => {
      const ratio = widthAt(generator, i) / widthAt(embedder, i);
      return { ratio, size: Math.trunc(POOLED * ratio) };
    });
    this.fc_blocks = outputs.map((stage, k) => {
      const { size, ratio } = this.#stages[k]!;
      const middle = widthAt(embedder, levels[k]!);
      return stage.map(
        (to): Chain => [linear(size ** 2 / ratio, middle), linear(middle, middle), linear(middle, to)],
      );
    });
  }

  /** Embeddings [B, C, h, w] of each stage to its predictions [B, C', q]. */
  forward(embeddings: readonly Tensor[]): Tensor[][] {
    return this.#stages.map(({ size, ratio }, k) => {
      const [identities, channels] = embeddings[k]!.shape as [number, number];
      const pooled = adaptiveAvgPool2d(embeddings[k]!, size);
      // Where the generator is narrower, pixels of neighbouring channels make one row.
      const rows = reshape(pooled, [identities, Math.trunc(channels * ratio), size ** 2 / ratio]);
      return this.fc_blocks[k]!.map((chain) => chain.reduce<Tensor>((x, layer) => layer.forward(x), rows));
    });
  }
}
