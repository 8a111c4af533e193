/**
 * @module Dropout.
 */
import {
  asTensor,
  cast,
  mul,
  type RandomStream,
  randomBernoulli,
  type Tensor,
  TensorError,
  type TensorLike,
} from '@sextant/engine';
import { Module } from './module.js';
import { defaultStream } from './random.js';

/** x with each element set to zero with probability `p`, the others multiplied by 1 / (1 - p). */
export function dropout(x: TensorLike, p: number, key: TensorLike): Tensor {
  if (!(p >= 0 && p <= 1)) throw new TensorError('dropout', `probability ${p} is not within 0 and 1`);
  const t = asTensor(x);
  if (p === 0) return t;
  if (p === 1) return mul(t, 0);
  return mul(t, mul(cast(randomBernoulli(key, 1 - p, t.shape), t.dtype), 1 / (1 - p)));
}

/** In training, {@link dropout} with a new key at every use and run; otherwise x as it is. */
export class Dropout extends Module {
  readonly #stream: RandomStream;

  /** @param options.stream - where keys come from; the package's default stream if absent. */
  constructor(
    readonly p = 0.5,
    { stream = defaultStream() }: { readonly stream?: RandomStream } = {},
  ) {
    super();
    this.#stream = stream;
  }

  forward(x: TensorLike): Tensor {
    return this.training && this.p > 0 ? dropout(x, this.p, this.#stream.next()) : asTensor(x);
  }
}
