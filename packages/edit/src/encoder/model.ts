/**
 * @module The code of a picture by one pass of a convolutional network.
 */
import { add, flatten, mul, relu, reshape, type Tensor, type TensorLike, Variable } from '@sextant/engine';
import { init, Linear, Module, Sequential } from '@sextant/nn';
import { z } from 'zod';
import { mapsOf, stagesOf } from '../stages.js';

const size = z.int().positive();

export const EncoderSchema = z
  .strictObject({
    /** Width and height of pictures. */
    size,
    /** Channels of the stages; each halves the picture. */
    channels: z.array(size).min(1).readonly(),
    /** Units between what the last stage sees and the code. */
    hidden: size,
    /** Rows of a code. */
    rows: size,
    /** Numbers of a row. */
    styleDim: size,
  })
  .refine((config) => sideOf(config) >= 1 && Number.isInteger(sideOf(config)), {
    path: ['channels'],
    message: 'are more stages than the size can be halved',
  });
export type EncoderConfig = z.output<typeof EncoderSchema>;

/** Side of the last stage's maps. */
const sideOf = ({
  size,
  channels,
}: {
  readonly size: number;
  readonly channels: readonly number[];
}): number => size / 2 ** channels.length;

/** Stages of convolutions, then two linear maps of all that the last one sees: where something is counts. */
export class Encoder extends Module {
  readonly stages: readonly Sequential[];
  readonly offset: Sequential;
  /** The mean of the generator's w and its deviations [D]: the network tells offsets from the one in units of the others. */
  readonly latent_mean: Variable;
  readonly latent_std: Variable;

  constructor(readonly config: EncoderConfig) {
    super();
    const { channels, hidden, rows, styleDim } = config;
    this.stages = stagesOf(channels);
    // Begins at the mean code.
    const last = new Linear(hidden, rows * styleDim, { weightInit: init.zeros, biasInit: init.zeros });
    this.offset = new Sequential(new Linear(channels.at(-1)! * sideOf(config) ** 2, hidden), relu, last);
    this.latent_mean = new Variable(init.zeros([styleDim]));
    this.latent_std = new Variable(init.ones([styleDim]));
  }

  /** Codes [B, rows, D] of pictures [B, 3, S, S] of values from -1 to 1. */
  forward(images: TensorLike): Tensor {
    const { rows, styleDim } = this.config;
    const seen = flatten(mapsOf(this.stages, images).at(-1)!, 1);
    const offsets = reshape(this.offset.forward(seen), [seen.shape[0]!, rows, styleDim]);
    return add(this.latent_mean, mul(offsets, this.latent_std));
  }
}
