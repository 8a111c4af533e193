/**
 * @module `sextant vocoder train`
 */
import { resolve } from 'node:path';
import { InputError } from '@sextant/io';
import {
  given,
  positiveInteger,
  resumeRun,
  runTraining,
  type Say,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { type TrainConfig, TrainSchema } from '../config.js';
import { audioFiles, splitClips } from '../data.js';
import { loadVocoder } from '../load.js';
import { PRESETS } from '../presets.js';
import { trainVocoder } from '../train.js';

interface TrainCommandOptions extends TrainVerbOptions {
  readonly preset: keyof typeof PRESETS;
  readonly init?: string;
  readonly steps?: number;
  readonly batchSize?: number;
}

export const trainCommand = (): Command =>
  withTraining(
    new Command('train')
      .summary('train a vocoder on a folder of speech')
      .description(
        'Trains on the audio files of a folder, into a run folder that --resume continues exactly. Ctrl-C saves. ' +
          'Edit config.json in the run folder to change anything between sessions.',
      )
      .argument('[dir]', 'folder of audio files (any rate; channels are averaged); not needed with --resume'),
    {
      resume: 'continue the run; a DIR, --steps and --batch-size change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(PRESETS))
              .default('small')
              .conflicts('resume'),
          )
          .addOption(
            new Option(
              '--init <weights>',
              "begin with a generator's weights, of its size and for its spectrogram: .safetensors, .pt, or a run folder",
            ).conflicts('resume'),
          )
          .option('--steps <n>', 'updates of the generator', positiveInteger)
          .option('--batch-size <n>', 'segments per step', positiveInteger),
    },
  ).action((dir: string | undefined, options: TrainCommandOptions) =>
    runTraining(options, {
      name: 'vocoder train',
      unit: 'segments',
      begin: async (say) => ({
        run: await (options.resume ? continued(dir, options, say) : begun(dir, options)),
      }),
      train: ({ run }, callbacks) => trainVocoder({ run, ...callbacks }),
    }),
  );

/** Begins a run. Its folder is made when data and weights have been found good. */
async function begun(
  dir: string | undefined,
  { output, preset, init, ...options }: TrainCommandOptions,
): Promise<Run<TrainConfig>> {
  if (dir === undefined) {
    throw new InputError(
      'DIR is missing: give the folder of audio files to train on, or --resume to continue a run',
    );
  }
  const beginning = init === undefined ? {} : await configOf(init);
  const config = { ...PRESETS[preset], ...beginning, ...changesOf(dir, options) };
  await splitClips(dir, config.validationFiles);
  return Run.create(output, TrainSchema, config);
}

/** Continues a run, with what the command line changes of its configuration. */
async function continued(
  dir: string | undefined,
  { output, ...options }: TrainCommandOptions,
  say: Say,
): Promise<Run<TrainConfig>> {
  if (dir !== undefined) await audioFiles(dir);
  return resumeRun(output, TrainSchema, changesOf(dir, options), say);
}

/** What weights say of the training that begins with them. */
async function configOf(init: string): Promise<Partial<TrainConfig>> {
  const { generator, mel } = (await loadVocoder(init)).weights;
  const { config } = generator;
  return { init: resolve(init), generator: { ...config, ratios: [...config.ratios] }, mel };
}

/** What the command line says of the configuration. */
const changesOf = (
  dir: string | undefined,
  { steps, batchSize, seed }: Pick<TrainCommandOptions, 'steps' | 'batchSize' | 'seed'>,
): Partial<TrainConfig> =>
  given<Pick<TrainConfig, 'data' | 'steps' | 'batchSize' | 'seed'>>({
    data: dir === undefined ? undefined : resolve(dir),
    steps,
    batchSize,
    seed,
  });
