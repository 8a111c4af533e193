/**
 * @module Whitening and losses for `apply` and `verify`.
 */
import { indexAdd, reshape, slice, squeeze, stack, type Tensor, zeros } from '@sextant/engine';
import { BatchNorm1d } from '@sextant/nn';
import { type AppliedModule, type Inputs, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { methodState, under } from '../import.js';
import { byolLoss, ntXent, wMSE } from '../losses.js';
import { Whitening, whiten } from '../whitening.js';
import { eps, inMode, mode, needed, projected, size } from './options.js';

const whitening = tracedModule({
  summary: 'Cholesky whitening of x [B, d]: z, and sum(z · g) as s',
  config: z.strictObject({
    mode,
    num_features: size,
    eps: eps.default(0),
    momentum: z.number().default(0.01),
    track_running_stats: z.boolean().default(true),
  }),
  build({ mode, num_features, eps, momentum, track_running_stats }, checkpoint) {
    if (!track_running_stats) {
      return {
        forward: (inputs) => {
          const z = whiten(inputs.get('x'), { eps });
          return { z, ...projected(inputs, z) };
        },
      };
    }
    const module = new Whitening(num_features, { eps, momentum });
    if (checkpoint !== undefined) module.loadStateDict(methodState(checkpoint));
    return {
      state: () => (mode === 'train' ? module.stateDict() : new Map()),
      forward: (inputs) => {
        const z = inMode(module, mode, (m) => m.forward(inputs.get('x')));
        return { z, ...projected(inputs, z) };
      },
    };
  },
});

/** Inputs name0, name1, … as one tensor [n, bs, emb]. */
const views = (inputs: Inputs, name: string, n: number): Tensor =>
  stack(Array.from({ length: n }, (_, i) => inputs.get(`${name}${i}`)));

const lossOptions = { mode, num_samples: size, bs: size, emb: size, norm: z.boolean().default(true) };

const wMse = tracedModule({
  summary: 'W-MSE of embeddings h0, h1, … [bs, emb] by permutations perm [w_iter, bs]: loss, whitened z',
  config: z.strictObject({
    ...lossOptions,
    w_size: size,
    w_iter: size,
    w_eps: eps.default(0),
  }),
  build: ({ num_samples, bs, emb, norm, w_size, w_iter, w_eps }) => ({
    forward(inputs) {
      const perm = inputs.get('perm');
      const { loss, z } = wMSE(views(inputs, 'h', num_samples), perm, { wSize: w_size, eps: w_eps, norm });
      const last = squeeze(slice(perm, 0, w_iter - 1, w_iter), [0]);
      return { loss, z: indexAdd(zeros([num_samples, bs, emb]), last, z, 1) };
    },
  }),
});

const contrastive = tracedModule({
  summary: 'NT-Xent of embeddings h0, h1, … [bs, emb], perhaps after a last batch norm',
  config: z.strictObject({ ...lossOptions, tau: z.number().positive(), bn_last: z.boolean().default(false) }),
  build({ mode, num_samples, bs, emb, norm, tau, bn_last }, checkpoint) {
    const layer = bn_last ? new BatchNorm1d(emb) : undefined;
    if (layer) layer.loadStateDict(under(methodState(needed(checkpoint)), 'bn_last'));
    const named = <T>(entries: Iterable<readonly [string, T]>): Map<string, T> =>
      new Map([...entries].map(([key, value]) => [`bn_last.${key}`, value]));
    return {
      ...(layer ? { parameters: named(layer.namedParameters()) } : {}),
      state: () => (layer && mode === 'train' ? named(layer.stateDict()) : new Map()),
      forward(inputs) {
        const h = views(inputs, 'h', num_samples);
        const last = (l: BatchNorm1d) =>
          reshape(
            inMode(l, mode, (m) => m.forward(reshape(h, [-1, emb]))),
            [num_samples, bs, emb],
          );
        return { loss: ntXent(layer ? last(layer) : h, { tau, norm }) };
      },
    };
  },
});

const byol = tracedModule({
  summary: "BYOL's loss of predictions p0, p1, … and targets t0, t1, … [bs, emb]",
  config: z.strictObject(lossOptions),
  build: ({ num_samples, norm }) => ({
    forward: (inputs) => ({
      loss: byolLoss(views(inputs, 'p', num_samples), views(inputs, 't', num_samples), { norm }),
    }),
  }),
});

export const lossModules: Readonly<Record<string, AppliedModule>> = {
  whitening,
  'w-mse': wMse,
  contrastive,
  byol,
};
