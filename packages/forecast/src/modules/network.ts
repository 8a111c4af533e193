/**
 * @module The Transformer's modules for `apply` and `verify`.
 */
import {
  add,
  arange,
  cast,
  div,
  equal,
  expandDims,
  gather,
  mean,
  mul,
  NDArray,
  reshape,
  slice,
  sort,
  squeeze,
  sub,
  sum,
  swapAxes,
  type Tensor,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { type AppliedModule, type Inputs, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { parametersFrom, placesOf, plainState, stateFrom } from '../import.js';
import { weightedMean } from '../losses.js';
import { ConvAttention, Network, type NetworkConfig } from '../model.js';
import { isFull, layersToReachAll, matrixOf, type Pattern, PatternSchema, patternOf } from '../patterns.js';
import { rollout } from '../rollout.js';

const size = z.number().int().positive();
const mode = z.enum(['train', 'eval']).default('eval');

const mask: AppliedModule = {
  summary:
    'an attention pattern as a matrix bool [L, L], its entries, and layers until everything is reached',
  async apply({ config }) {
    const { length, ...options } = parseOptions(z.looseObject({ length: size }), config);
    const pattern = patternOf(parseOptions(PatternSchema, options), length);
    const matrix = matrixOf(pattern);
    const counts = Array.from({ length }, (_, p) =>
      matrix.data.subarray(p * length, (p + 1) * length).reduce((n, v) => n + v, 0),
    );
    const integers = (values: readonly number[], shape: readonly number[]) =>
      new NDArray(BigInt64Array.from(values, BigInt), shape, 'int64');
    const outputs = new Map<string, NDArray>([
      ['mask', matrix],
      ['entries', integers([counts.reduce((a, b) => a + b, 0)], [])],
      ['row_counts', integers(counts, [length])],
      ['reach_layers', integers([layersToReachAll(pattern)], [])],
    ]);
    if (length <= 64) outputs.set('paths', integers(paths(matrix), [length, length]));
    return outputs;
  },
};

/** The matrix to the power floor(log2 L) + 1: how many paths lead from every position to every other. */
function paths({ data, shape: [length] }: NDArray<'bool'>): number[] {
  const n = length!;
  let power: number[] = Array.from(data);
  for (let layer = 1; layer <= Math.floor(Math.log2(n)); layer++) {
    power = power.map((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let total = 0;
      for (let k = j; k <= i; k++) total += power[i * n + k]! * data[k * n + j]!;
      return total;
    });
  }
  return power;
}

const AttentionOptions = z.strictObject({
  mode,
  d_model: size,
  n_heads: size,
  head_dim: size.nullable().default(null),
  kernel_size: size,
  scale: z.boolean().default(true),
  mask: PatternSchema,
});

const convAttention = tracedModule({
  summary:
    'convolutional self-attention of x [B, L, D]; its weights [B, H, L, L]; sum(output · cotangent) as loss',
  config: AttentionOptions,
  build(options, checkpoint) {
    if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
    const attention = new ConvAttention(options.d_model, options.n_heads, {
      headDim: options.head_dim ?? options.d_model,
      kernelSize: options.kernel_size,
      scale: options.scale,
      dropout: 0,
    });
    attention.loadStateDict(plainState(checkpoint));
    return {
      parameters: attention.namedParameters(),
      forward(inputs) {
        const x = inputs.get('x');
        const pattern = patternOf(options.mask, x.shape[1] as number);
        const { output, weights } = attention.forward(x, pattern);
        return {
          output,
          attention: asMatrix(weights, pattern),
          ...(inputs.has('cotangent') ? { loss: sum(mul(output, inputs.get('cotangent'))) } : {}),
        };
      },
    };
  },
});

/** Attention weights by offset [B, H, n, L] as a matrix [B, H, L, L]. */
function asMatrix(weights: Tensor, pattern: Pattern): Tensor {
  const { offsets, length } = pattern;
  if (isFull(pattern)) return weights;
  const [batch, heads] = weights.shape;
  const columns = offsets.map((o) => {
    // Weight of key j for query j + o, on the diagonal that lies o below the main one.
    const diagonal = slice(weights, 2, offsets.indexOf(o), offsets.indexOf(o) + 1);
    const square = mul(swapAxes(diagonal, 2, 3), eye(length, -o));
    return reshape(square, [batch!, heads!, length, length]);
  });
  return columns.reduce((a, b) => add(a, b));
}

/** Ones where column - row = k, [n, n]. */
function eye(n: number, k: number): Tensor {
  const [rows, columns] = [expandDims(arange(n), 1), arange(n)];
  return cast(equal(sub(columns, rows), k), 'float32');
}

const NetworkOptions = z.strictObject({
  mode,
  d_embed: size,
  n_covariates: z.number().int().nonnegative(),
  n_series: z.number().int().nonnegative(),
  max_length: size,
  n_layers: size,
  n_heads: size,
  head_dim: size.nullable().default(null),
  kernel_size: size,
  scale: z.boolean().default(true),
  dropout: z.number().min(0).max(1).default(0),
  mask: PatternSchema,
  layout: z.enum(['sextant', 'decoder_transformer']).default('sextant'),
});

const networkConfig = (options: z.output<typeof NetworkOptions>): NetworkConfig => ({
  nCovariates: options.n_covariates,
  nSeries: options.n_series,
  maxLength: options.max_length,
  dEmbed: options.d_embed,
  nLayers: options.n_layers,
  nHeads: options.n_heads,
  headDim: options.head_dim,
  kernelSize: options.kernel_size,
  scale: options.scale,
  dropout: options.dropout,
  mask: options.mask,
  lags: [],
  skip: false,
  head: 'gaussian',
  sigmaFloor: 0,
});

/** A network with a checkpoint's parameters. Its pattern is that of windows of `length`. */
function loadedNetwork(options: z.output<typeof NetworkOptions>, checkpoint: Weights | undefined): Network {
  if (checkpoint === undefined) throw new InputError('this module needs a checkpoint');
  const config = networkConfig(options);
  const network = new Network(config);
  network.loadStateDict(parametersFrom(plainState(checkpoint), placesOf(options.layout, config)));
  return network;
}

/** The loss is over the positions of weight 1: `likelihood` says which they are, the input `weight` has them. */
const LossOptions = NetworkOptions.extend({ likelihood: z.enum(['all', 'horizon']).default('all') });

const tracedNetwork = tracedModule({
  summary:
    'the whole network: mu and sigma [B, L] in scaled units, and the mean NLL of the positions of weight 1',
  config: LossOptions,
  build(options, checkpoint) {
    const network = loadedNetwork(options, checkpoint);
    return {
      parameters: network.namedParameters(),
      forward(inputs) {
        const values = inputs.get('values');
        const record = (m: Network) =>
          m.forward(
            {
              values,
              covariates: inputs.get('covariates'),
              series: seriesOf(inputs),
              positions: cast(inputs.get('positions'), 'int32'),
            },
            patternOf(options.mask, values.shape[1] as number),
          );
        const parameters = options.mode === 'eval' ? network.eval(record) : record(network);
        const loss = weightedMean(network.head.loss(parameters, inputs.get('target')), inputs.get('weight'));
        return { mu: parameters.mu, sigma: parameters.sigma, loss };
      },
    };
  },
});

const seriesOf = (inputs: Inputs): Tensor | undefined =>
  inputs.has('series') ? cast(inputs.get('series'), 'int32') : undefined;

/** With gradients by the names of the checkpoint's layout. */
const network: AppliedModule = {
  summary: tracedNetwork.summary,
  async apply(request) {
    const options = parseOptions(LossOptions, request.config);
    const { gradients } = request;
    if (!gradients) return tracedNetwork.apply(request);
    const prefix = options.layout === 'decoder_transformer' ? 'module.' : '';
    const places = placesOf(options.layout, networkConfig(options));
    const wanted = gradients.wrt.flatMap((name) => {
      const ours = [...places].filter(([, { key }]) => prefix + key === name).map(([path]) => path);
      return ours.length > 0 ? ours : [name];
    });
    const outputs = await tracedNetwork.apply({ ...request, gradients: { ...gradients, wrt: wanted } });
    const byOurs = new Map(
      [...outputs].flatMap(([name, value]) =>
        name.startsWith('grad/') ? [[name.slice(5), value] as const] : [],
      ),
    );
    for (const [key, value] of stateFrom(byOurs, places)) outputs.set(`grad/${prefix}${key}`, value);
    return outputs;
  },
};

const RolloutOptions = NetworkOptions.extend({ horizon: size });

const rolloutModule = tracedModule({
  summary:
    'samples [S, B, horizon] of a history in its own units, with the given normal noise; median and 90 %',
  config: RolloutOptions,
  build(options, checkpoint) {
    const network = loadedNetwork(options, checkpoint);
    return {
      forward(inputs) {
        const history = inputs.get('history');
        const length = history.shape[1] as number;
        const covariates = inputs.get('covariates');
        // DeepAR's scale: 1 + the history's mean.
        const scale = add(mean(history, { axes: [1], keepDims: true }), 1);
        const scaled = network.eval((m) =>
          rollout(
            m,
            {
              history: div(history, scale),
              covariates: slice(covariates, 1, 0, length),
              future: slice(covariates, 1, length),
              series: seriesOf(inputs),
              noise: expandDims(swapAxes(inputs.get('noise'), 0, 1), -1),
            },
            patternOf(options.mask, length + options.horizon),
          ),
        );
        const samples = swapAxes(mul(scaled, expandDims(scale, -1)), 0, 1);
        const ordered = sort(samples, 0);
        return {
          scale: squeeze(scale, [1]),
          samples,
          median: quantile(ordered, 0.5),
          p90: quantile(ordered, 0.9),
        };
      },
    };
  },
});

/** Linear interpolation at rho (S - 1) of samples in order [S, B, tau]: [B, tau]. */
function quantile(ordered: Tensor, rho: number): Tensor {
  const at = rho * ((ordered.shape[0] as number) - 1);
  const [low, high] = [Math.floor(at), Math.ceil(at)].map((i) => gather(ordered, i)) as [Tensor, Tensor];
  return add(low, mul(sub(high, low), at - Math.floor(at)));
}

export const networkModules: Readonly<Record<string, AppliedModule>> = {
  mask,
  'conv-attention': convAttention,
  network,
  rollout: rolloutModule,
};
