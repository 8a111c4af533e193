/**
 * @module Who pictures show, told by a convolutional network: unit vectors that are near each other where the person is one. It learns
 * to tell people of its training apart, and is used on others.
 */
import {
  asTensor,
  div,
  globalAvgPool,
  matmul,
  mul,
  type NDArray,
  oneHot,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  transpose,
  Variable,
} from '@sextant/engine';
import { crossEntropy, init, Linear, Module, Parameter, type Sequential } from '@sextant/nn';
import { z } from 'zod';
import { stagesOf } from '../stages.js';

const size = z.int().positive();

export const EmbedderSchema = z.strictObject({
  /** Width and height of pictures. */
  size,
  /** Channels of the stages; each halves the picture. */
  channels: z.array(size).min(1).readonly(),
  /** Numbers of a person's vector. */
  features: size,
});
export type EmbedderConfig = z.output<typeof EmbedderSchema>;

/** Stages of convolutions, then a linear map of the last one's means, of length 1. */
export class Embedder extends Module {
  readonly stages: readonly Sequential[];
  readonly output: Linear;
  /** The cosine from which on two pictures are taken for one person's: validations set it, where both errors are equal. */
  readonly threshold = new Variable(init.zeros([]));

  constructor(readonly config: EmbedderConfig) {
    super();
    const { channels, features } = config;
    this.stages = stagesOf(channels);
    this.output = new Linear(channels.at(-1)!, features, { bias: false });
  }

  /** Vectors [B, E] of pictures [B, 3, S, S] of values from -1 to 1. */
  forward(images: TensorLike): Tensor {
    const maps = this.stages.reduce<Tensor>((x, stage) => stage.forward(x), asTensor(images));
    return normalized(this.output.forward(globalAvgPool(maps)));
  }
}

/** What {@link Embedder.forward} gave, one by one. */
export const vectorsOf = ({ data, shape }: NDArray): Float32Array[] =>
  Array.from({ length: shape[0]! }, (_, i) =>
    (data as Float32Array).slice(i * shape[1]!, (i + 1) * shape[1]!),
  );

/** One vector for each person that is trained on. */
export class Classes extends Module {
  readonly weight: Parameter;

  constructor(people: number, features: number) {
    super();
    this.weight = new Parameter(init.normal([people, features]));
  }

  /**
   * Cross-entropy of cosines, where the right person's must be larger than others' by a margin (CosFace, CVPR 2018).
   *
   * @param vectors - [B, E]
   * @param people - [B], integers.
   * @param scale - what cosines are multiplied by.
   */
  loss(vectors: Tensor, people: Tensor, { scale, margin }: { scale: number; margin: number }): Tensor {
    const cosines = matmul(vectors, transpose(normalized(this.weight)));
    const asked = mul(oneHot(people, this.weight.shape[0]!), margin);
    return crossEntropy(mul(sub(cosines, asked), scale), people);
  }
}

/** Rows of length 1. */
const normalized = (x: TensorLike): Tensor => {
  const rows = asTensor(x);
  return div(rows, sqrt(sum(square(rows), { axes: [1], keepDims: true })));
};
