/**
 * @module StyleGAN2 for `apply` and `verify`: the mapping network, synthesis, the discriminator, losses and penalties.
 */
import { mul, type NDArray, sum, type Tensor, type TensorSource } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Module } from '@sextant/nn';
import {
  type AppliedModule,
  type BuiltModule,
  type Inputs,
  tracedModule,
  type Weights,
} from '@sextant/system';
import { z } from 'zod';
import { channelTable, type ModelConfig, ModelSchema } from '../stylegan2/config.js';
import { Discriminator } from '../stylegan2/discriminator.js';
import { Generator } from '../stylegan2/generator.js';
import { meanLatent, networkState } from '../stylegan2/import.js';
import { mixRows, repeatRows, truncate } from '../stylegan2/latents.js';
import { pixelNorm } from '../stylegan2/layers.js';
import { discriminatorLoss, generatorLoss, gradientPenalty, pathPenalty } from '../stylegan2/losses.js';

const count = z.int().positive();

/** Options by rosinality's names. */
const networkOptions = {
  size: count,
  channel_multiplier: z.number().positive().default(2),
  /** By resolution, in place of the paper's. */
  channels: z.record(z.string(), count).optional(),
  blur_kernel: z.array(z.number()).optional(),
  mode: z.enum(['train', 'eval']).default('eval'),
};
const generatorOptions = {
  ...networkOptions,
  style_dim: count.default(512),
  n_mlp: z.int().nonnegative().default(8),
  lr_mlp: z.number().positive().default(0.01),
  truncation: z.number().default(1),
  /** Rows that the first of two latents fills. */
  inject_index: z.int().nonnegative().optional(),
  /** Noise is that of the inputs `noise.i`, and the registered one where there are none. */
  randomize_noise: z.boolean().optional(),
};
const discriminatorOptions = {
  ...networkOptions,
  stddev_group: count.default(4),
  stddev_feat: count.default(1),
};

const GeneratorOptions = z.strictObject(generatorOptions);
const DiscriminatorOptions = z.strictObject(discriminatorOptions);
const LossOptions = z.strictObject({
  ...generatorOptions,
  ...discriminatorOptions,
  phase: z.enum(['d', 'g', 'r1', 'path']),
  r1: z.number().default(10),
  d_reg_every: count.default(16),
  path_regularize: z.number().default(2),
  g_reg_every: count.default(4),
  path_decay: z.number().default(0.01),
  /** The batch of the path penalty is so many times smaller; that of the inputs is already. */
  path_batch_shrink: count.default(2),
});

type NetworkOptions = Pick<
  z.output<typeof DiscriminatorOptions>,
  'size' | 'channel_multiplier' | 'channels' | 'blur_kernel'
> &
  Partial<Pick<z.output<typeof GeneratorOptions>, 'style_dim' | 'n_mlp' | 'lr_mlp'>>;

/** @throws InputError for options of no network. */
function configOf(options: NetworkOptions): ModelConfig {
  const { size, channel_multiplier, channels, blur_kernel, style_dim, n_mlp, lr_mlp } = options;
  const parsed = ModelSchema.safeParse({
    size,
    channels: { ...channelTable(size, channel_multiplier), ...channels },
    styleDim: style_dim ?? 512,
    mappingLayers: n_mlp ?? 8,
    mappingRate: lr_mlp,
    blurKernel: blur_kernel,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(`config: ${issue!.path.join('.')}: ${issue!.message}`);
}

/** Gives a network the arrays of one of a checkpoint. @throws InputError when there is none. */
function loaded<M extends Module>(network: M, checkpoint: Weights | undefined, ...names: string[]): M {
  const state = networkState(checkpoint, ...names);
  if (!state)
    throw new InputError(`this module needs a checkpoint with a network named ${names.join(' or ')}`);
  network.loadStateDict(state);
  return network;
}

const newGenerator = (
  options: z.output<typeof GeneratorOptions>,
  checkpoint: Weights | undefined,
): Generator => loaded(new Generator(configOf(options)), checkpoint, 'g_ema', 'g');

const newDiscriminator = (
  options: z.output<typeof DiscriminatorOptions>,
  checkpoint: Weights | undefined,
): Discriminator => {
  const { stddev_group: group, stddev_feat: features } = options;
  return loaded(new Discriminator(configOf(options), { group, features }), checkpoint, 'd');
};

/** Σ output · cotangent, of which gradients are asked. */
const objective = (inputs: Inputs, output: Tensor): Record<string, Tensor> =>
  inputs.has('cotangent') ? { objective: sum(mul(output, inputs.get('cotangent'))) } : {};

/** @throws InputError when latents are to be truncated and the checkpoint has no mean of them. */
function truncated(w: Tensor, psi: number, mean: NDArray | undefined): Tensor {
  if (psi >= 1) return w;
  if (!mean) throw new InputError('truncation needs latent_avg in the checkpoint');
  return truncate(w, mean, psi);
}

/** w+ from the inputs: `latents` as they are, or `z.0` (and, where styles are mixed, `z.1`) through the mapping network. */
function latentsOf(
  inputs: Inputs,
  generator: Generator,
  { truncation, inject_index }: z.output<typeof GeneratorOptions>,
  mean: NDArray | undefined,
): Tensor {
  if (inputs.has('latents')) {
    const given = inputs.get('latents');
    const rows = given.rank === 2 ? repeatRows(given, generator.latentCount) : given;
    return truncated(rows, truncation, mean);
  }
  const w = (name: string) => truncated(generator.map(inputs.get(name)), truncation, mean);
  if (!inputs.has('z.1')) return repeatRows(w('z.0'), generator.latentCount);
  if (inject_index === undefined) throw new InputError('config: styles of z.0 and z.1 need inject_index');
  return mixRows(w('z.0'), w('z.1'), inject_index, generator.latentCount);
}

/** The noise given, or what belongs to the weights. */
const noiseOf = (inputs: Inputs, generator: Generator): readonly Tensor[] =>
  inputs.has('noise.0')
    ? generator.noiseSizes.map((_, i) => inputs.get(`noise.${i}`))
    : generator.fixedNoise();

const mapping = tracedModule({
  summary: 'the mapping network on z [N, style_dim]: w, w_truncated, and sum(w · cotangent) as objective',
  config: GeneratorOptions,
  build(options, checkpoint): BuiltModule {
    const generator = newGenerator(options, checkpoint);
    const mean = meanLatent(checkpoint);
    return {
      parameters: generator.namedParameters(),
      forward(inputs) {
        const z = inputs.get('z');
        const w = generator.map(z);
        return {
          w,
          w_truncated: truncated(w, options.truncation, mean),
          pixel_norm: pixelNorm(z),
          ...objective(inputs, w),
        };
      },
    };
  },
});

const synthesis = tracedModule({
  summary: 'pictures of latents w+, or of z.0 and z.1: image, skip.*, act.*, and sum(image · cotangent)',
  config: GeneratorOptions,
  build(options, checkpoint): BuiltModule {
    const generator = newGenerator(options, checkpoint);
    const mean = meanLatent(checkpoint);
    return {
      parameters: generator.namedParameters(),
      forward(inputs) {
        const latents = latentsOf(inputs, generator, options, mean);
        const { image, skips, features } = generator.synthesize(latents, noiseOf(inputs, generator));
        const numbered = (first: string, rest: string, tensors: readonly Tensor[]) =>
          Object.fromEntries(tensors.map((t, i) => [i === 0 ? first : `${rest}.${i - 1}`, t]));
        return {
          image,
          latents,
          ...numbered('skip.to_rgb1', 'skip.to_rgbs', skips),
          ...numbered('act.conv1', 'act.convs', features),
          ...objective(inputs, image),
        };
      },
    };
  },
});

const discriminator = tracedModule({
  summary: 'scores of image [N, 3, S, S]: logits, act.*, stddev_feature, and sum(logits · cotangent)',
  config: DiscriminatorOptions,
  build(options, checkpoint): BuiltModule {
    const network = newDiscriminator(options, checkpoint);
    return {
      parameters: network.namedParameters(),
      forward(inputs) {
        const { logits, blocks, deviation, last } = network.judge(inputs.get('image'));
        return {
          logits,
          ...Object.fromEntries(blocks.map((t, i) => [`act.convs.${i}`, t])),
          'act.final_conv': last,
          stddev_feature: deviation,
          ...objective(inputs, logits),
        };
      },
    };
  },
});

const prefixed = (prefix: string, network: Module): [string, TensorSource][] =>
  [...network.namedParameters()].map(([name, parameter]) => [`${prefix}.${name}`, parameter]);

const losses = tracedModule({
  summary: 'one of the losses (phase d, g) and weighted penalties (r1, path) of training',
  config: LossOptions,
  build(options, checkpoint): BuiltModule {
    const generator = loaded(new Generator(configOf(options)), checkpoint, 'g');
    const judge = newDiscriminator(options, checkpoint);
    const made = (inputs: Inputs) => {
      const latents = latentsOf(inputs, generator, options, undefined);
      return { latents, fake_image: generator.synthesize(latents, noiseOf(inputs, generator)).image };
    };
    const phases: Record<typeof options.phase, BuiltModule['forward']> = {
      d(inputs) {
        const { fake_image } = made(inputs);
        const [fake_pred, real_pred] = [judge.forward(fake_image), judge.forward(inputs.get('real'))];
        return { fake_image, fake_pred, real_pred, d_loss: discriminatorLoss(real_pred, fake_pred) };
      },
      g(inputs) {
        const { fake_image } = made(inputs);
        const fake_pred = judge.forward(fake_image);
        return { fake_image, fake_pred, g_loss: generatorLoss(fake_pred) };
      },
      r1(inputs) {
        const real = inputs.get('real');
        const real_pred = judge.forward(real);
        const r1_loss = gradientPenalty(real_pred, real);
        return { real_pred, r1_loss, r1_weighted: mul(r1_loss, (options.r1 / 2) * options.d_reg_every) };
      },
      path(inputs) {
        const { latents, fake_image } = made(inputs);
        const [noise, running] = [inputs.get('path_noise'), inputs.get('mean_path_length')];
        const found = pathPenalty(fake_image, latents, noise, running, options.path_decay);
        return {
          fake_image,
          path_loss: found.penalty,
          path_lengths: found.lengths,
          mean_path_length_new: found.mean,
          path_weighted: mul(found.penalty, options.path_regularize * options.g_reg_every),
        };
      },
    };
    return {
      parameters: new Map([...prefixed('g', generator), ...prefixed('d', judge)]),
      forward: phases[options.phase],
    };
  },
});

export const generatorModules: Readonly<Record<string, AppliedModule>> = {
  'stylegan2-mapping': mapping,
  'stylegan2-synthesis': synthesis,
  'stylegan2-discriminator': discriminator,
  'stylegan2-losses': losses,
};
