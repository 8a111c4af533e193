/**
 * @module Losses of views of the same pictures: W-MSE, contrastive and BYOL's (section 3).
 *
 * h [n, bs, emb] are the embeddings of n views of bs pictures. All losses are means over the n (n - 1) / 2 pairs of
 * views.
 */
import {
  add,
  arange,
  asTensor,
  concat,
  div,
  equal,
  expandDims,
  gather,
  matmul,
  maximum,
  mean,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  squeeze,
  sub,
  sum,
  swapAxes,
  type Tensor,
  TensorError,
  type TensorLike,
  where,
} from '@sextant/engine';
import { crossEntropy } from '@sextant/nn';
import { whiten } from './whitening.js';

export interface NormOption {
  /** Whether distances are those of vectors of length 1 (true), and not of the vectors as they are. */
  readonly norm: boolean;
}

export interface WMSEOptions extends NormOption {
  /** Rows that are whitened together; more than `emb`, better twice as many. */
  readonly wSize: number;
  /** See {@link whiten}. */
  readonly eps: number;
}

/**
 * W-MSE: the distance of positives after whitening (equations 3 to 6 of the paper). Each permutation cuts the batch into runs of
 * `wSize` pictures, which are whitened apart, each view on its own.
 *
 * @param h - [n, bs, emb]
 * @param permutations - of 0 … bs - 1, integers [w_iter, bs].
 * @returns the loss, and the whitened embeddings by the last permutation, in its order [n, bs, emb].
 * @throws TensorError when the runs do not fill the batch, or are too short for the whitening.
 */
export function wMSE(h: TensorLike, permutations: TensorLike, { wSize, eps, norm }: WMSEOptions) {
  const t = asTensor(h);
  const [n, bs, emb] = t.shape as [number, number, number];
  if (bs % wSize !== 0) {
    throw new TensorError('wMSE', `${bs} pictures do not divide into runs of ${wSize}`);
  }
  const perm = asTensor(permutations);
  const iterations = perm.shape[0] as number;
  const whitened = Array.from({ length: iterations }, (_, i) => {
    const order = squeeze(slice(perm, 0, i, i + 1), [0]);
    const runs = reshape(gather(t, order, 1), [n, bs / wSize, wSize, emb]);
    return reshape(whiten(runs, { eps }), [n, bs, emb]);
  });
  const losses = whitened.map((z) => overPairs(n, z, z, (a, b) => distance(a, b, norm)));
  return { loss: div(total(losses), iterations), z: whitened.at(-1)! };
}

/**
 * The distance of positives as they are: W-MSE without whitening.
 *
 * @param h - [n, bs, emb]
 */
export function mse(h: TensorLike, { norm }: NormOption): Tensor {
  const t = asTensor(h);
  return overPairs(t.shape[0] as number, t, t, (a, b) => distance(a, b, norm));
}

/**
 * The normalised temperature-scaled cross-entropy (SimCLR): a picture's other view among all other pictures' views.
 *
 * @param h - [n, bs, emb]
 * @param tau - the temperature.
 */
export function ntXent(h: TensorLike, { tau, norm }: NormOption & { readonly tau: number }): Tensor {
  const t = asTensor(h);
  const [n, bs] = t.shape as [number, number];
  const x = norm ? unit(t) : t;
  const self = equal(arange(bs), expandDims(arange(bs), 1));
  return overPairs(n, x, x, (a, b) => {
    const scores = (p: Tensor, q: Tensor) => div(matmul(p, swapAxes(q, 0, 1)), tau);
    const others = (p: Tensor) => where(self, -1e9, scores(p, p));
    const targets = arange(bs);
    const first = crossEntropy(concat([scores(a, b), others(a)], 1), targets);
    const second = crossEntropy(concat([scores(b, a), others(b)], 1), targets);
    return div(add(first, second), 2);
  });
}

/**
 * BYOL's loss: predictions of each view from every other. Both directions of a pair count, and their sum is averaged
 * over pairs.
 *
 * @param p - predictions [n, bs, emb]
 * @param t - the target network's embeddings [n, bs, emb], without gradient.
 */
export function byolLoss(p: TensorLike, t: TensorLike, { norm }: NormOption): Tensor {
  const [predicted, target] = [asTensor(p), asTensor(t)];
  const n = predicted.shape[0] as number;
  const oneWay = (a: Tensor, b: Tensor) => overPairs(n, a, b, (x, y) => distance(x, y, norm));
  return add(oneWay(predicted, target), oneWay(target, predicted));
}

/** Mean over the pairs i < j of f(a_i, b_j), a and b [n, ...]. @throws TensorError for a single view. */
function overPairs(n: number, a: Tensor, b: Tensor, f: (x: Tensor, y: Tensor) => Tensor): Tensor {
  if (n < 2) throw new TensorError('loss', 'one view of each picture has nothing to be compared with');
  const view = (x: Tensor, i: number) => squeeze(slice(x, 0, i, i + 1), [0]);
  const losses: Tensor[] = [];
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) losses.push(f(view(a, i), view(b, j)));
  return div(total(losses), losses.length);
}

/** 2 - 2 cos of the rows on average; without `norm` the mean squared difference of all numbers. */
const distance = (a: Tensor, b: Tensor, norm: boolean): Tensor =>
  norm ? sub(2, mul(2, mean(sum(mul(unit(a), unit(b)), { axes: [-1] })))) : mean(square(sub(a, b)));

/** Rows of length 1; shorter ones than 1e-12 stay short. */
const unit = (x: Tensor): Tensor =>
  div(x, sqrt(maximum(sum(square(x), { axes: [-1], keepDims: true }), 1e-24)));

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => add(a, b));
