/**
 * @module The neural baselines and their optimiser for `sextant apply` and `verify`.
 */
import { mean, slice, squeeze, type Tensor } from '@sextant/engine';
import { InputError, stateDict } from '@sextant/io';
import { type AppliedModule, tracedModule } from '@sextant/system';
import { z } from 'zod';
import { DEEPAR, DeepAR, deepARNames } from '../baselines/deepar.js';
import { gaussianNll } from '../likelihood.js';

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

export const deepModules: Readonly<Record<string, AppliedModule>> = { deepar };
