/**
 * @module Updates for `apply` and `verify`: training steps, BYOL's target, schedules.
 */
import { array, grad, NDArray, program, type Tensor } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam } from '@sextant/nn';
import { type AppliedModule, inputOf, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { methodState, theirs } from '../import.js';
import { BYOL, byolDecay, type MethodConfig, newMethod, type ViewBatch } from '../methods.js';
import { learningRateAt } from '../schedule.js';
import { authors, networkOf, networkOptions } from './networks.js';
import { eps, needed, size } from './options.js';

const byolEma: AppliedModule = {
  summary: "BYOL's target after updates at each progress: tau [K], and the target's state",
  async apply({ config, checkpoint, inputs }) {
    const options = parseOptions(z.strictObject({ ...networkOptions, byol_tau: z.number() }), config);
    const { byol_tau, ...network } = options;
    const progress = inputOf(inputs, 'progress');
    const method = new BYOL(networkOf(network), { norm: true });
    method.loadStateDict(methodState(needed(checkpoint)), { strict: false });
    const average = method.average();
    const update = program(
      (tau: Tensor) => {
        average.update(tau);
        return {};
      },
      { name: 'average' },
    );
    const taus = Float32Array.from(progress.data as Float32Array, (p) => byolDecay(byol_tau, p));
    for (const tau of taus) await update(array(tau) as never);
    await update.release();
    const targets = [...method.stateDict()].filter(([key]) => /^(model|head)_t\./.test(key));
    return new Map([
      ['tau', new NDArray(taus, progress.shape, 'float32')],
      ...targets.map(([key, value]) => [`state/${theirs(key)}`, value] as const),
    ]);
  },
};

const TrainStepOptions = z.strictObject({
  ...networkOptions,
  method: z.enum(['w_mse', 'contrastive', 'byol']),
  num_samples: size,
  bs: size,
  norm: z.boolean().default(true),
  steps: size,
  lr: z.number().positive(),
  adam_l2: z.number().nonnegative().default(1e-6),
  lr_warmup: z.literal(false),
  w_size: size.optional(),
  w_iter: size.default(1),
  w_eps: eps.default(0),
  tau: z.number().positive().default(0.5),
  byol_tau: z.number().default(0.99),
  ep: z.number().default(0),
  epoch: z.number().default(1),
});

function methodOf(options: z.output<typeof TrainStepOptions>): MethodConfig {
  const { method, norm, w_size, w_iter: wIter, w_eps: wEps, tau, byol_tau, bs } = options;
  if (method === 'w_mse') return { method: 'w-mse', wSize: w_size ?? bs, wIter, wEps, norm };
  if (method === 'contrastive') return { method, tau, norm };
  return { method, tau: byol_tau, norm };
}

const trainStep: AppliedModule = {
  summary: 'updates of a whole method on views x [steps, num_samples, bs, 3, H, W]: losses, state afterwards',
  async apply({ config, checkpoint, inputs, gradients }) {
    const options = parseOptions(TrainStepOptions, config);
    const method = newMethod(networkOf(options), methodOf(options));
    method.loadStateDict(methodState(needed(checkpoint)));
    const x = inputOf(inputs, 'x');
    const perm = inputs.get('perm');
    const trained = method instanceof BYOL ? method.online() : method.parameters();
    const optimizer = new Adam(trained, { learningRate: options.lr, weightDecay: options.adam_l2 });
    const average = method instanceof BYOL ? method.average() : undefined;
    const decay = byolDecay(options.byol_tau, options.ep / options.epoch);
    const named = authors(method.namedParameters());
    const wanted = (gradients?.wrt ?? []).map((name) => {
      const found = named.get(name);
      if (!found) throw new InputError(`there is no parameter ${name}`);
      return found;
    });
    const step = program(
      (batch: ViewBatch<Tensor>) => {
        const loss = method.loss(batch);
        const asked = wanted.length > 0 ? grad(loss, wanted) : [];
        optimizer.minimize(loss);
        average?.update(decay);
        return { loss, asked };
      },
      { name: 'trainingStep' },
    );
    const outputs = new Map<string, NDArray>();
    const losses: number[] = [];
    for (let t = 0; t < options.steps; t++) {
      const { loss, asked } = await step({
        views: part(x, t),
        ...(perm ? { permutations: part(perm, t) } : {}),
      });
      losses.push(Number(loss.data[0]));
      if (t > 0) continue;
      outputs.set('loss0', loss);
      for (const [i, value] of asked.entries()) outputs.set(`grad/${gradients!.wrt[i]}`, value);
    }
    await step.release();
    outputs.set('loss', new NDArray(Float32Array.from(losses), [losses.length], 'float32'));
    for (const [key, value] of method.stateDict()) outputs.set(`state/${theirs(key)}`, value);
    return outputs;
  },
};

/** The i-th entry of an array's first axis. */
function part({ data, shape, dtype }: NDArray, i: number): NDArray {
  const each = data.length / shape[0]!;
  return new NDArray(data.slice(i * each, (i + 1) * each) as never, shape.slice(1), dtype);
}

const lrSchedule: AppliedModule = {
  summary: 'the learning rate at iterations iter_index of epochs epoch_index',
  async apply({ config, inputs }) {
    const options = parseOptions(
      z.strictObject({
        lr: z.number(),
        epoch: size,
        drop: z.array(z.number()).default([50, 25]),
        drop_gamma: z.number().default(0.2),
        lr_step: z.enum(['step', 'cos', 'none']).default('step'),
        T0: z.number().nullable().default(null),
        Tmult: z.number().default(1),
        eta_min: z.number().default(0),
        lr_warmup: z.boolean().default(true),
        iters_per_epoch: size,
      }),
      config,
    );
    const [epochs, iterations] = [inputOf(inputs, 'epoch_index'), inputOf(inputs, 'iter_index')];
    const decays = {
      none: { kind: 'none' },
      step: { kind: 'step', before: options.drop, gamma: options.drop_gamma },
      cos: {
        kind: 'cosine',
        min: options.eta_min,
        first: options.T0 ?? options.epoch,
        factor: options.Tmult,
      },
    } as const;
    const rate = {
      peak: options.lr,
      epochs: options.epoch,
      iterationsPerEpoch: options.iters_per_epoch,
      warmup: options.lr_warmup,
      decay: decays[options.lr_step],
    };
    const rates = Array.from(epochs.data as BigInt64Array, (epoch, i) =>
      learningRateAt(rate, Number(epoch) * options.iters_per_epoch + Number(iterations.data[i]!)),
    );
    return new Map([['lr', new NDArray(Float32Array.from(rates), epochs.shape, 'float32')]]);
  },
};

export const trainingModules: Readonly<Record<string, AppliedModule>> = {
  'byol-ema': byolEma,
  'train-step': trainStep,
  'lr-schedule': lrSchedule,
};
