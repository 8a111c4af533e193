/**
 * @module The neural baselines and their optimiser for `sextant apply` and `verify`.
 */
import {
  asTensor,
  cast,
  gather,
  mean,
  NDArray,
  onesLike,
  program,
  slice,
  squeeze,
  sum,
  type Tensor,
} from '@sextant/engine';
import { InputError, stateDict } from '@sextant/io';
import { BertAdam, joinSchedules, linearSchedule, Parameter, type Schedule, warmupLinear } from '@sextant/nn';
import { type AppliedModule, parseOptions, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { DEEPAR, DeepAR, deepARNames } from '../baselines/deepar.js';
import { kalmanFilter } from '../baselines/statespace.js';
import { gaussianNll } from '../losses.js';

const size = z.int().positive();
const count = z.int().nonnegative();

const DeepAROptions = z.strictObject({
  mode: z.enum(['train', 'eval']).default('eval'),
  n_covariates: count,
  n_series: count,
  embedding_dim: size.default(DEEPAR.embedding),
  hidden_dim: size.default(DEEPAR.hidden),
  n_layers: size.default(DEEPAR.layers),
  head: z.enum(['top', 'all']).default(DEEPAR.head),
  dropout: z.number().min(0).max(1).default(0),
});

const deepar = tracedModule({
  summary:
    'DeepAR: x [B, L, 1 + n_covariates] and series [B] to mu and sigma [B, L], and the loss of a target',
  config: DeepAROptions,
  build(options, checkpoint) {
    if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
    const model = new DeepAR({
      nCovariates: options.n_covariates,
      nSeries: options.n_series,
      embedding: options.embedding_dim,
      hidden: options.hidden_dim,
      layers: options.n_layers,
      head: options.head,
      dropout: options.dropout,
    });
    const names = deepARNames(model);
    const state = stateDict(checkpoint);
    model.loadStateDict(
      new Map(
        [...names].map(([ours, theirs]) => {
          const value = state.get(theirs);
          if (!value)
            throw new InputError(`the checkpoint has no ${theirs}: it is no DeepAR of these options`);
          return [ours, value];
        }),
      ),
    );
    const variables = model.namedVariables();
    const parameters = new Map([...names].map(([ours, theirs]) => [theirs, variables.get(ours)!]));
    return {
      parameters,
      forward(inputs) {
        const x = inputs.get('x');
        const [values, covariates] = [squeeze(slice(x, 2, 0, 1), 2), slice(x, 2, 1)];
        const run = () => model.forward(values, covariates, inputs.get('series'));
        const { mu, sigma } = options.mode === 'train' ? run() : model.eval(run);
        const outputs: Record<string, Tensor> = { mu, sigma };
        if (inputs.has('target')) outputs.loss = mean(gaussianNll(mu, sigma, inputs.get('target')));
        return outputs;
      },
    };
  },
});

const DeepStateOptions = z.strictObject({ trend: z.boolean(), season: count, horizon: count });

const deepstate = tracedModule({
  summary:
    'the filter of DeepState: z [B, T] and parameters [B, T + horizon] to predictive means and variances',
  config: DeepStateOptions,
  build: ({ trend, season, horizon }) => ({
    forward(inputs) {
      const z = inputs.get('z');
      const steps = Number(z.shape[1]) + horizon;
      const offset = inputs.get('offset');
      if (offset.shape[1] !== steps) {
        throw new InputError(`offset has ${offset.shape[1]} steps; z and the horizon have ${steps}`);
      }
      const found = kalmanFilter(
        {
          levelGain: inputs.get('level_gain'),
          trendGain: trend ? inputs.get('trend_gain') : undefined,
          seasonGain: season > 0 ? inputs.get('season_gain') : undefined,
          seasonIndex: season > 0 ? inputs.get('season_index') : undefined,
          offset,
          sigma: inputs.get('sigma'),
          priorMean: inputs.get('prior_mean'),
          priorStd: inputs.get('prior_std'),
        },
        z,
        onesLike(z),
      );
      return {
        mean: found.mean,
        variance: found.variance,
        loglik_steps: found.logLikelihood,
        loglik: sum(found.logLikelihood, { axes: 1 }),
        state_mean: found.stateMean,
        state_cov: found.stateCovariance,
      };
    },
  }),
});

const BertAdamOptions = z.strictObject({
  lr: z.number().nonnegative(),
  b1: z.number().min(0).max(1).default(0.9),
  b2: z.number().min(0).max(1).default(0.999),
  e: z.number().positive().default(1e-6),
  weight_decay: z.number().nonnegative().default(0.01),
  max_grad_norm: z.number().default(1),
  warmup: z.number().min(0).max(1).default(0.1),
  t_total: size,
  schedule: z.enum(['warmup_linear', 'warmup_linear_v1']).default('warmup_linear'),
});

/** The older releases' schedule: it falls by 1 - x, from a jump at the end of the warm-up on. */
const warmupLinearV1 = (peak: number, steps: number, warmup: number): Schedule =>
  joinSchedules(
    [linearSchedule(0, peak, warmup * steps), linearSchedule(peak * (1 - warmup), 0, (1 - warmup) * steps)],
    [warmup * steps],
  );

const bertadam: AppliedModule = {
  summary: 'BertAdam: a parameter and grads [T, ...] to the parameter and the rate of each step',
  async apply({ config, inputs }) {
    const o = parseOptions(BertAdamOptions, config);
    const [param, grads] = [inputs.get('param'), inputs.get('grads')];
    if (!param || !grads) throw new InputError('the inputs must be param and grads');
    if (grads.shape.slice(1).join() !== param.shape.join()) {
      throw new InputError('grads must be [T, ...] with the shape of param after T');
    }
    const learningRate =
      o.schedule === 'warmup_linear'
        ? warmupLinear(o.lr, o.t_total, { warmup: o.warmup })
        : warmupLinearV1(o.lr, o.t_total, o.warmup);
    const parameter = new Parameter(param);
    const optimizer = new BertAdam([parameter], {
      learningRate,
      betas: [o.b1, o.b2],
      eps: o.e,
      weightDecay: o.weight_decay,
      maxGradientNorm: o.max_grad_norm,
    });
    const step = program((all: Tensor) => {
      const t = optimizer.step.toTensor();
      const rate = learningRate(cast(t, 'float32'));
      optimizer.update([gather(all, t)]);
      return { rate: asTensor(rate), value: parameter.toTensor() };
    });
    const steps = grads.shape[0]!;
    const params = new Float32Array(grads.size);
    const rates = new Float32Array(steps);
    for (let t = 0; t < steps; t++) {
      const { rate, value } = await step(grads);
      params.set(value.data as Float32Array, t * param.size);
      rates[t] = rate.item();
    }
    await step.release();
    return new Map([
      ['params', new NDArray(params, grads.shape, 'float32')],
      ['lr', new NDArray(rates, [steps], 'float32')],
    ]);
  },
};

export const deepModules: Readonly<Record<string, AppliedModule>> = { deepar, deepstate, bertadam };
