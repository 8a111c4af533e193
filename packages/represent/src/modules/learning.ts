/**
 * @module What is learnt and by what, for `apply` and `verify`: whitening, losses, networks, training steps, schedules.
 */
import {
  array,
  globalAvgPool,
  grad,
  indexAdd,
  mul,
  NDArray,
  program,
  reshape,
  slice,
  squeeze,
  stack,
  sum,
  type Tensor,
  type TensorSource,
  zeros,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, BatchNorm1d, Module } from '@sextant/nn';
import { type AppliedModule, type Inputs, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { projectionHead } from '../head.js';
import { methodState, theirs, under } from '../import.js';
import { byolLoss, ntXent, wMSE } from '../losses.js';
import {
  BYOL,
  byolDecay,
  type MethodConfig,
  type NetworkConfig,
  newMethod,
  type ViewBatch,
} from '../methods.js';
import { ResNet, type ResNetConfig, type Stem } from '../resnet.js';
import { learningRateAt } from '../schedule.js';
import { Whitening, whiten } from '../whitening.js';

const size = z.number().int().positive();
const mode = z.enum(['train', 'eval']).default('eval');
const eps = z.number().nonnegative().max(1);

const needed = (checkpoint: Weights | undefined): Weights => {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  return checkpoint;
};

/** fn in the mode that is asked for. */
const inMode = <M extends Module, T>(module: M, training: 'train' | 'eval', fn: (m: M) => T): T =>
  training === 'train' ? module.train(fn) : module.eval(fn);

/** Σ output · g, of which gradients are asked. */
const projected = (inputs: Inputs, output: Tensor): Record<string, Tensor> =>
  inputs.has('g') ? { s: sum(mul(output, inputs.get('g'))) } : {};

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

const STEMS: Readonly<Record<string, Stem>> = {
  cifar10: 'cifar',
  cifar100: 'cifar',
  stl10: 'small',
  tiny_in: 'small',
  imagenet: 'imagenet',
};

const networkOptions = {
  mode,
  dataset: z.enum(Object.keys(STEMS) as [string, ...string[]]),
  arch: z.string().optional(),
  layers: z.array(size).length(4).default([2, 2, 2, 2]),
  planes: z.array(size).length(4).default([64, 128, 256, 512]),
  emb: size,
  head_size: size.default(1024),
  head_layers: size.default(2),
  add_bn: z.boolean().default(true),
};
const NetworkOptions = z.strictObject(networkOptions);

function networkOf(options: z.output<typeof NetworkOptions>): NetworkConfig {
  const { dataset, arch, layers, planes, emb, head_size, head_layers, add_bn } = options;
  const block: ResNetConfig['block'] =
    arch === 'resnet50' || arch?.startsWith('bottleneck') ? 'bottleneck' : 'basic';
  return {
    encoder: { stem: STEMS[dataset]!, block, layers, planes },
    head: { layers: head_layers, size: head_size, emb, batchNorm: add_bn },
  };
}

/** The encoder and its head alone. */
class EncoderAndHead extends Module {
  readonly model: ResNet;
  readonly head;

  constructor({ encoder, head }: NetworkConfig) {
    super();
    this.model = new ResNet(encoder);
    this.head = projectionHead(this.model.outFeatures, head);
  }
}

/** Entries by the authors' names. */
const authors = <T>(entries: Iterable<readonly [string, T]>): Map<string, T> =>
  new Map([...entries].map(([key, value]) => [theirs(key), value]));

const encoder = tracedModule({
  summary:
    'the encoder on x [N, 3, H, W]: layer1 … layer4, feat, and the head on it as h; sum(feat · g) as s',
  config: NetworkOptions,
  build(options, checkpoint) {
    const network = new EncoderAndHead(networkOf(options));
    network.loadStateDict(methodState(needed(checkpoint)), { strict: false });
    const training = options.mode === 'train';
    return {
      parameters: authors(network.namedParameters()),
      state: () => (training ? authors(network.stateDict()) : new Map()),
      forward: (inputs) =>
        inMode(network, options.mode, ({ model, head }) => {
          const x = inputs.get('x');
          if (training) {
            const feat = model.forward(x);
            return { feat, ...projected(inputs, feat) };
          }
          const [layer1, layer2, layer3, layer4] = model.stages(x) as [Tensor, Tensor, Tensor, Tensor];
          const feat = globalAvgPool(layer4);
          return { layer1, layer2, layer3, layer4, feat, h: head.forward(feat), ...projected(inputs, feat) };
        }),
    };
  },
});

const head = tracedModule({
  summary: 'the projection head on feat [N, in_features]: h, and sum(h · g) as s',
  config: z.strictObject({
    mode,
    head_layers: size,
    head_size: size,
    emb: size,
    add_bn: z.boolean().default(true),
    in_features: size,
  }),
  build({ mode, head_layers, head_size, emb, add_bn, in_features }, checkpoint) {
    const module = projectionHead(in_features, {
      layers: head_layers,
      size: head_size,
      emb,
      batchNorm: add_bn,
    });
    module.loadStateDict(under(methodState(needed(checkpoint)), 'head'));
    const named = <T>(entries: Iterable<readonly [string, T]>): Map<string, T> =>
      new Map([...entries].map(([key, value]) => [`head.${key}`, value]));
    return {
      parameters: named(module.namedParameters() as ReadonlyMap<string, TensorSource>),
      state: () => (mode === 'train' ? named(module.stateDict()) : new Map()),
      forward: (inputs) => {
        const h = inMode(module, mode, (m) => m.forward(inputs.get('feat')));
        return { h, ...projected(inputs, h) };
      },
    };
  },
});

const byolEma: AppliedModule = {
  summary: "BYOL's target after updates at each progress: tau [K], and the target's state",
  async apply({ config, checkpoint, inputs }) {
    const options = parseOptions(z.strictObject({ ...networkOptions, byol_tau: z.number() }), config);
    const { byol_tau, ...network } = options;
    const progress = inputs.get('progress');
    if (!progress) throw new InputError('the input must be progress');
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
    const x = inputs.get('x');
    if (!x) throw new InputError('there is no input x');
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
    const [epochs, iterations] = ['epoch_index', 'iter_index'].map((name) => inputs.get(name));
    if (!epochs || !iterations) throw new InputError('the inputs must be epoch_index and iter_index');
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

export const learningModules: Readonly<Record<string, AppliedModule>> = {
  whitening,
  'w-mse': wMse,
  contrastive,
  byol,
  'byol-ema': byolEma,
  encoder,
  head,
  'train-step': trainStep,
  'lr-schedule': lrSchedule,
};
