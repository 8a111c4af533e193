/**
 * @module The vocoder's parts for `sextant apply` and `verify`, with the authors' options and names.
 */
import { add, mul, NDArray, program, stopGradient, type Tensor, type Variable } from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, l1Loss, type Module } from '@sextant/nn';
import { type AppliedModule, parseOptions, tracedModule, type Weights } from '@sextant/system';
import { z } from 'zod';
import { GeneratorSchema, MelSchema } from './config.js';
import {
  type CheckpointFormat,
  discriminatorNames,
  generatorNames,
  normalizeState,
  renamed,
} from './import.js';
import { discriminatorLoss, featureMatchingLoss, generatorLoss } from './losses.js';
import { MelSpectrogram, PAPER_MEL } from './mel.js';
import {
  Discriminator,
  type DiscriminatorConfig,
  discriminatorChannels,
  Generator,
  type GeneratorConfig,
} from './model.js';
import { trainingStep } from './step.js';

const size = z.number().int().positive();
const format = z.enum(['official', 'seungwonpark']).default('official');
/** Present in every case; none of the vocoder's modules behaves differently in training. */
const mode = z.enum(['train', 'eval']).default('eval');

const { nMelChannels, ngf, nResidualLayers, ratios } = GeneratorSchema.shape;
const generatorOptions = {
  n_mel_channels: nMelChannels.default(80),
  ngf: ngf.default(32),
  n_residual_layers: nResidualLayers.default(3),
  ratios: ratios.default([8, 8, 2, 2]),
};

const discriminatorOptions = {
  num_d: size.default(3),
  ndf: size.default(16),
  n_layers_d: size.default(4),
  downsamp_factor: size.default(4),
  nf_max: size.default(1024),
};

const shared = { mode, checkpoint_format: format, weight_norm_removed: z.boolean().default(false) };

const GeneratorOptions = z.strictObject({ ...shared, ...generatorOptions });
const DiscriminatorOptions = z.strictObject({
  ...shared,
  ...discriminatorOptions,
  channels: z.array(size).optional(),
});
const LossOptions = z.strictObject({
  mode,
  ...generatorOptions,
  ...discriminatorOptions,
  lambda_feat: z.number().default(10),
});
const TrainStepOptions = LossOptions.extend({
  lr: z.number().positive().default(1e-4),
  betas: z.tuple([z.number(), z.number()]).default([0.5, 0.9]),
  n_steps: size.default(1),
  batch_size: size,
  report: z.array(z.string()),
});
const MelOptions = z.strictObject({
  mode,
  n_fft: MelSchema.shape.nFft.default(PAPER_MEL.nFft),
  hop_length: MelSchema.shape.hopLength.default(PAPER_MEL.hopLength),
  win_length: MelSchema.shape.winLength.default(PAPER_MEL.winLength),
  sampling_rate: MelSchema.shape.sampleRate.default(PAPER_MEL.sampleRate),
  n_mel_channels: MelSchema.shape.nMelChannels.default(PAPER_MEL.nMelChannels),
  mel_fmin: MelSchema.shape.fmin.default(PAPER_MEL.fmin),
  mel_fmax: MelSchema.shape.fmax.default(PAPER_MEL.fmax),
  variant: MelSchema.shape.variant.default(PAPER_MEL.variant),
});

function generatorConfig(
  options: z.output<z.ZodObject<typeof generatorOptions>>,
  checkpointFormat: CheckpointFormat = 'official',
): GeneratorConfig {
  const scaled = checkpointFormat === 'seungwonpark';
  return parseOptions(GeneratorSchema, {
    nMelChannels: options.n_mel_channels,
    ngf: options.ngf,
    nResidualLayers: options.n_residual_layers,
    ratios: options.ratios,
    inputShift: scaled ? 5 : 0,
    inputScale: scaled ? 1 / 5 : 1,
  });
}

function discriminatorConfig(
  options: z.output<z.ZodObject<typeof discriminatorOptions>>,
): DiscriminatorConfig {
  const { num_d, ndf, n_layers_d, downsamp_factor, nf_max } = options;
  return {
    numD: num_d,
    channels: discriminatorChannels(ndf, n_layers_d, downsamp_factor, nf_max),
    downsampFactor: downsamp_factor,
  };
}

/** A module with a checkpoint's weights, and its variables by the checkpoint's names. */
function loaded<M extends Module>(
  module: M,
  names: ReadonlyMap<string, string>,
  tree: Weights | undefined,
  prefix = '',
) {
  if (tree === undefined) throw new InputError('this module needs a checkpoint');
  module.loadStateDict(renamed(normalizeState(tree), names));
  const variables = module.namedVariables();
  const parameters = new Map([...names].map(([ours, theirs]) => [prefix + theirs, variables.get(ours)!]));
  return { module, parameters };
}

const generator = tracedModule({
  summary: 'log-mel spectrogram [B, n_mel_channels, L] to audio [B, 1, L · hop]',
  config: GeneratorOptions,
  build(options, checkpoint) {
    const { checkpoint_format } = options;
    const config = generatorConfig(options, checkpoint_format);
    const names = generatorNames(checkpoint_format, config);
    const tree = checkpoint instanceof Map ? (checkpoint.get('model_g') ?? checkpoint) : checkpoint;
    const { module, parameters } = loaded(new Generator(config), names, tree);
    return { parameters, forward: (inputs) => ({ audio: module.forward(inputs.get('mel')) }) };
  },
});

const discriminator = tracedModule({
  summary: 'audio [B, 1, T] to hidden activations and scores of every scale',
  config: DiscriminatorOptions,
  build(options, checkpoint) {
    const { checkpoint_format, channels } = options;
    const config = channels
      ? { numD: options.num_d, channels, downsampFactor: options.downsamp_factor }
      : discriminatorConfig(options);
    const names = discriminatorNames(checkpoint_format, config);
    const tree = checkpoint instanceof Map ? (checkpoint.get('model_d') ?? checkpoint) : checkpoint;
    const { module, parameters } = loaded(new Discriminator(config), names, tree);
    return {
      parameters,
      forward: (inputs) =>
        Object.fromEntries(
          module
            .forward(inputs.get('audio'))
            .flatMap(({ features, score }, i) => [
              ...features.map((f, j) => [`scale${i}.layer${j}`, f] as const),
              [`scale${i}.score`, score] as const,
            ]),
        ),
    };
  },
});

const mel = tracedModule({
  summary: 'audio [B, 1, T] to log-mel spectrogram [B, n_mel_channels, frames]',
  config: MelOptions,
  build(options) {
    const front = new MelSpectrogram(
      parseOptions(MelSchema, {
        nFft: options.n_fft,
        hopLength: options.hop_length,
        winLength: options.win_length,
        sampleRate: options.sampling_rate,
        nMelChannels: options.n_mel_channels,
        fmin: options.mel_fmin,
        fmax: options.mel_fmax,
        variant: options.variant,
      }),
    );
    return { forward: (inputs) => ({ mel: front.forward(inputs.get('audio')) }) };
  },
});

/** Both networks from a checkpoint {"netG": …, "netD": …}. */
function networks(options: z.output<typeof LossOptions>, checkpoint: Weights | undefined) {
  if (!(checkpoint instanceof Map) || !checkpoint.has('netG') || !checkpoint.has('netD')) {
    throw new InputError('the checkpoint must hold netG and netD');
  }
  const [g, d] = [generatorConfig(options), discriminatorConfig(options)];
  const netG = loaded(new Generator(g), generatorNames('official', g), checkpoint.get('netG'), 'netG.');
  const netD = loaded(
    new Discriminator(d),
    discriminatorNames('official', d),
    checkpoint.get('netD'),
    'netD.',
  );
  return {
    generator: netG.module,
    discriminator: netD.module,
    parameters: new Map<string, Variable>([...netG.parameters, ...netD.parameters]),
  };
}

const losses = tracedModule({
  summary: 'all losses of a mel [B, 80, L] and its audio [B, 1, T], with the given weights',
  config: LossOptions,
  build(options, checkpoint) {
    const { generator, discriminator, parameters } = networks(options, checkpoint);
    const front = new MelSpectrogram(PAPER_MEL);
    return {
      parameters,
      forward(inputs) {
        const audio = inputs.get('audio');
        const fake = generator.forward(inputs.get('mel'));
        const real = discriminator.forward(audio);
        const seen = discriminator.forward(fake);
        const lossG = generatorLoss(seen);
        const lossFeat = featureMatchingLoss(seen, real);
        return {
          loss_d: discriminatorLoss(discriminator.forward(stopGradient(fake)), real),
          loss_g: lossG,
          loss_feat: lossFeat,
          loss_g_total: add(lossG, mul(lossFeat, options.lambda_feat)),
          s_error: l1Loss(front.forward(fake), front.forward(audio)),
        };
      },
    };
  },
});

/** Rows `from` to `to` of an array's first axis. */
function rows({ data, shape, dtype }: NDArray, from: number, to: number): NDArray {
  const each = data.length / shape[0]!;
  return new NDArray(data.slice(from * each, to * each) as never, [to - from, ...shape.slice(1)], dtype);
}

const trainStep: AppliedModule = {
  summary: 'training iterations on a mel and its audio: losses, parameters and their changes',
  async apply({ config, checkpoint, inputs }) {
    const options = parseOptions(TrainStepOptions, config);
    const { n_steps: steps, batch_size: batch, lr, betas, report } = options;
    const { generator, discriminator, parameters } = networks(options, checkpoint);
    const [mel, audio] = ['mel', 'audio'].map((name) => inputs.get(name));
    if (!mel || !audio) throw new InputError('the inputs must be mel and audio');
    if (mel.shape[0]! < steps * batch || audio.shape[0]! < steps * batch) {
      throw new InputError(`${steps} steps of ${batch} need ${steps * batch} rows of mel and audio`);
    }
    const reported = report.map((name) => {
      const variable = parameters.get(name);
      if (!variable) throw new InputError(`config report: there is no parameter ${name}`);
      return { name, variable, before: variable.value.data.slice() };
    });
    const adam = (m: Module) => new Adam(m.parameters(), { learningRate: lr, betas });
    const training = {
      generator,
      discriminator,
      optimizerG: adam(generator),
      optimizerD: adam(discriminator),
      front: new MelSpectrogram(PAPER_MEL),
      lambdaFeat: options.lambda_feat,
    };
    const step = program((m: Tensor, a: Tensor) => trainingStep(training, m, a), { name: 'trainingStep' });
    const outputs = new Map<string, NDArray>();
    for (let t = 0; t < steps; t++) {
      const losses = await step(
        rows(mel, t * batch, (t + 1) * batch),
        rows(audio, t * batch, (t + 1) * batch),
      );
      const named = {
        loss_d: losses.lossD,
        loss_g: losses.lossG,
        loss_feat: losses.lossFeat,
        loss_g_total: losses.lossGTotal,
        s_error: losses.sError,
      };
      for (const [name, value] of Object.entries(named)) {
        if (t === 0) outputs.set(name, value);
        if (t === steps - 1 && steps > 1) outputs.set(`last.${name}`, value);
      }
    }
    await step.release();
    for (const { name, variable, before } of reported) {
      const after = variable.value;
      outputs.set(`after/${name}`, after);
      const delta = Float32Array.from(after.data as Float32Array, (v, i) => (v - Number(before[i])) / lr);
      outputs.set(`delta/${name}`, new NDArray(delta, after.shape, 'float32'));
    }
    return outputs;
  },
};

export const modules: Readonly<Record<string, AppliedModule>> = {
  mel,
  generator,
  discriminator,
  losses,
  'train-step': trainStep,
};
