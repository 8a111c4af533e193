/**
 * @module From an identity's embeddings to the weights of a generator's adaptive layers (section 2.4).
 */
import { adaptiveAvgPool2d, add, matmul, reshape, sum, type Tensor, transpose } from '@sextant/engine';
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

  /** Embeddings [B, C, h, h] of each stage to its predictions [B, C', q]. */
  forward(embeddings: readonly Tensor[]): Tensor[][] {
    return this.#stages.map(({ size, ratio }, k) => {
      const embedding = embeddings[k]!;
      const [identities, channels, height] = embedding.shape as [number, number, number];
      // Where pooling would only repeat pixels, they stay as they are, and the weights of those repeated are summed.
      const repeated = size % height === 0;
      const pooled = repeated ? embedding : adaptiveAvgPool2d(embedding, size);
      // Where the generator is narrower, pixels of neighbouring channels make one row.
      const rows = reshape(pooled, [identities, Math.trunc(channels * ratio), -1]);
      return this.fc_blocks[k]!.map(([first, ...rest]) => {
        const inner = repeated ? ofRepeated(first, rows, height, size) : first.forward(rows);
        return rest.reduce<Tensor>((x, layer) => layer.forward(x), inner);
      });
    });
  }
}

/** A linear map of maps of size × size that are smaller ones with their pixels repeated. @param x - the smaller ones [B, rows, n · height²]. */
function ofRepeated(layer: Linear, x: Tensor, height: number, size: number): Tensor {
  const times = size / height;
  const weight = layer.weight.toTensor();
  const summed = sum(reshape(weight, [weight.shape[0]!, -1, height, times, height, times]), { axes: [3, 5] });
  return add(matmul(x, transpose(reshape(summed, [weight.shape[0]!, -1]))), layer.bias!);
}
