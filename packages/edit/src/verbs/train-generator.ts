/**
 * @module `sextant edit train-generator`
 */
import { resolve } from 'node:path';
import { openImages } from '@sextant/image';
import { InputError, parseConfig } from '@sextant/io';
import {
  absolute,
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
import { pictureLoader, readSquares } from '../stylegan2/pictures.js';
import { GENERATOR_PRESETS, type GeneratorPreset } from '../stylegan2/presets.js';
import { trainGenerator } from '../stylegan2/train.js';
import { type TrainConfig, TrainSchema } from '../stylegan2/train-config.js';

interface TrainGeneratorCommandOptions extends TrainVerbOptions {
  readonly preset: GeneratorPreset;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly flip: boolean;
}

export const trainGeneratorCommand = (): Command =>
  withTraining(
    new Command('train-generator')
      .summary('train a StyleGAN2 on a folder of pictures')
      .description(
        'The middle square of each picture is taken at the size of the preset. Sheets of samples are written to the run folder. Ctrl-C ' +
          'saves.',
      )
      .argument('[pictures]', 'folder or archive of pictures; not needed with --resume'),
    {
      resume: 'continue the run; PICTURES and --steps change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(GENERATOR_PRESETS))
              .default('small-64')
              .conflicts('resume'),
          )
          .option('--steps <n>', 'updates of both networks', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'pictures of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          )
          .option('--no-flip', 'leave mirror images out'),
    },
  ).action((pictures: string | undefined, options: TrainGeneratorCommandOptions) =>
    runTraining(options, {
      name: 'edit train-generator',
      unit: 'pictures',
      begin: async (say) => {
        const { output, steps, resume } = options;
        if (!resume) return begun(pictures, options, say);
        const run = await resumeRun(output, TrainSchema, { data: absolute(pictures), steps }, say);
        return { run, ...(await openPictures(run.config, say)) };
      },
      train: async ({ run, loader }, callbacks) =>
        (await trainGenerator({ run, loader, ...callbacks })).result,
      end: ({ set }) => set.close(),
    }),
  );

/** Pictures to train on. @throws InputError when they do not fill a batch. */
async function openPictures({ data, model, batchSize, seed, flip }: TrainConfig, say: Say) {
  const set = await openImages(data, { upright: true });
  try {
    const { squares, broken } = await readSquares(set, model.size);
    for (const line of broken) say(`left out: ${line}`);
    return { set, loader: pictureLoader(squares, { batchSize, seed, flip }) };
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** Begins a run. Its folder is made when the pictures have been found good. */
async function begun(
  pictures: string | undefined,
  { output, preset, steps, batchSize, seed, flip }: TrainGeneratorCommandOptions,
  say: Say,
) {
  if (pictures === undefined) {
    throw new InputError('PICTURES are missing: give the folder to train on, or --resume to continue a run');
  }
  const config = parseConfig(
    TrainSchema,
    {
      ...GENERATOR_PRESETS[preset],
      data: resolve(pictures),
      flip,
      ...given<Pick<TrainConfig, 'steps' | 'batchSize' | 'seed'>>({ steps, batchSize, seed }),
    },
    'configuration',
  );
  const opened = await openPictures(config, say);
  try {
    return { ...opened, run: await Run.create(output, TrainSchema, config) };
  } catch (error) {
    await opened.set.close();
    throw error;
  }
}
