/**
 * @module `sextant edit train-encoder`
 */
import { resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  absolute,
  given,
  positiveInteger,
  resumeRun,
  runTraining,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import {
  configureEncoder,
  ENCODER_PRESETS,
  type EncoderPreset,
  type EncoderTrainConfig,
  EncoderTrainSchema,
} from '../encoder/config.js';
import { trainEncoder } from '../encoder/train.js';
import { estimatorOf } from '../estimator/weights.js';
import { readEstimator } from '../load.js';
import { loadSynthesizer } from '../stylegan2/load.js';

interface TrainEncoderCommandOptions extends TrainVerbOptions {
  readonly generator?: string;
  readonly estimator?: string;
  readonly preset: EncoderPreset;
  readonly steps?: number;
  readonly batchSize?: number;
}

export const trainEncoderCommand = (): Command =>
  withTraining(
    new Command('train-encoder')
      .summary('train a network that finds the codes of pictures in one pass')
      .description(
        'Learns from pictures that the generator makes, of codes that every step draws anew; no other data are needed. Ctrl-C saves.',
      ),
    {
      resume: 'continue the run; --generator, --estimator and --steps change its config.json',
      addOptions: (command) =>
        command
          .option('--generator <weights>', '.safetensors, .pt, or a run folder; not needed with --resume')
          .option('--estimator <weights>', '.safetensors, or a run folder; not needed with --resume')
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(ENCODER_PRESETS))
              .default('small')
              .conflicts('resume'),
          )
          .option('--steps <n>', 'updates', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'pictures of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          ),
    },
  ).action((options: TrainEncoderCommandOptions) =>
    runTraining(options, {
      name: 'edit train-encoder',
      unit: 'pictures',
      async begin(say) {
        const { output, steps, resume } = options;
        const [generator, estimator] = [absolute(options.generator), absolute(options.estimator)];
        const changes = { generator, estimator, steps };
        const run = await (resume ? resumeRun(output, EncoderTrainSchema, changes, say) : begun(options));
        return { run };
      },
      async train({ run }, callbacks) {
        const { generator, estimator } = run.config;
        const synthesizer = await loadSynthesizer(generator);
        try {
          const seeing = estimatorOf(await readEstimator(estimator));
          return (await trainEncoder({ run, synthesizer, estimator: seeing, ...callbacks })).result;
        } finally {
          await synthesizer.release();
        }
      },
    }),
  );

/** Begins a run. Its folder is made when the generator and the estimator have been found good. */
async function begun({
  output,
  generator,
  estimator,
  preset,
  steps,
  batchSize,
  seed,
}: TrainEncoderCommandOptions): Promise<Run<EncoderTrainConfig>> {
  if (generator === undefined || estimator === undefined) {
    throw new InputError(
      'give --generator and --estimator, whose weights the encoder learns by, or --resume to continue a run',
    );
  }
  const synthesizer = await loadSynthesizer(generator);
  await synthesizer.release();
  const { size } = synthesizer.config;
  const seen = estimatorOf(await readEstimator(estimator)).config.size;
  if (seen !== size) {
    throw new InputError(`the estimator looks at pictures of ${seen}, the generator makes ${size}`);
  }
  return Run.create(output, EncoderTrainSchema, {
    ...configureEncoder(preset, synthesizer.config),
    generator: resolve(generator),
    estimator: resolve(estimator),
    seed: seed ?? 0,
    ...given<Pick<EncoderTrainConfig, 'batchSize' | 'steps'>>({ steps, batchSize }),
  });
}
