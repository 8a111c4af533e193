/**
 * @module `sextant represent train`
 */
import { resolve } from 'node:path';
import type { ImageSet } from '@sextant/image';
import { InputError } from '@sextant/io';
import {
  absolute,
  positiveInteger,
  resumeRun,
  runTraining,
  type Say,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { type Metrics, Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { ViewLoader } from '../augment/loader.js';
import { type TrainConfig, TrainSchema } from '../config.js';
import { Encoder, pipelineOf } from '../encoder.js';
import { accuracyByNeighbours, withClassesOf } from '../evaluate.js';
import type { Method } from '../methods.js';
import { configure, METHOD_NAMES, type MethodName, PRESETS, type PresetName } from '../presets.js';
import { trainEncoder } from '../train.js';
import { labelsOf, PICTURES_ARGUMENT, readPictures } from './pictures.js';

interface TrainCommandOptions extends TrainVerbOptions {
  readonly preset: PresetName;
  readonly method: MethodName;
  readonly test?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly workers?: number;
}

export const trainCommand = (): Command =>
  withTraining(
    new Command('train')
      .summary('train an encoder on pictures without labels')
      .description(
        'Trains an encoder into a run folder that --resume continues exactly. Ctrl-C saves. Where the pictures of --test are ' +
          'labelled (by default those of DATA itself), shows how often the five nearest neighbours tell the class. Edit config.json ' +
          'in the run folder to change anything between sessions.',
      )
      .argument('[data]', `${PICTURES_ARGUMENT}; not needed with --resume`),
    {
      resume: 'continue the run; DATA, --test, --epochs and --workers change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option('--method <name>', 'what is learnt by; w-mse with 2 or 4 views of each picture')
              .choices(METHOD_NAMES)
              .default('w-mse-4')
              .conflicts('resume'),
          )
          .addOption(
            new Option('--preset <name>', 'configuration to begin with')
              .choices(Object.keys(PRESETS))
              .default('small')
              .conflicts('resume'),
          )
          .option('--test <pictures>', 'labelled pictures that training never sees')
          .option('--epochs <n>', 'passes over the pictures', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'pictures of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          )
          .option('--workers <n>', 'threads that decode and augment', positiveInteger),
    },
  ).action((data: string | undefined, options: TrainCommandOptions) =>
    runTraining(options, {
      name: 'represent train',
      unit: 'pictures',
      begin: (say) => (options.resume ? continued(data, options, say) : begun(data, options, say)),
      async train({ run, set, held, loader }, callbacks) {
        const validate = validation(run.config, set, held);
        const { result } = await trainEncoder({
          run,
          loader,
          ...(validate ? { validate } : {}),
          ...callbacks,
        });
        return result;
      },
      end: ({ loader }) => loader.close(),
    }),
  );

/** What a training reads. */
interface Opened {
  readonly set: ImageSet;
  /** Labelled pictures that it never sees, where the configuration names some. */
  readonly held: ImageSet | undefined;
  readonly loader: ViewLoader;
}

interface Begun extends Opened {
  readonly run: Run<TrainConfig>;
}

/** The pictures, and the views of them. */
async function open(config: TrainConfig, say: Say, quiet = false): Promise<Opened> {
  const { set, images } = await readPictures(config.data, 'train', say);
  if (!quiet) say(`${set.length} pictures`);
  const held = config.test === null || !set.labels ? undefined : await heldOut(config.test, set, say);
  const loader = new ViewLoader({
    set,
    ...(images ? { images } : {}),
    pipeline: pipelineOf(config.pipeline),
    samples: config.numSamples,
    batchSize: config.batchSize,
    seed: config.seed,
    threads: config.workers,
  });
  return { set, held, loader };
}

/** The pictures of --test, with the classes of those that are learnt from. */
async function heldOut(path: string, set: ImageSet, say: Say): Promise<ImageSet> {
  const { set: held } = await readPictures(path, 'test', say);
  labelsOf(held, path);
  return withClassesOf(set, held, path);
}

/** Begins a run. Its folder is made when the pictures have been found good. */
async function begun(
  data: string | undefined,
  { output, test, workers, quiet, ...options }: TrainCommandOptions,
  say: Say,
): Promise<Begun> {
  if (data === undefined) {
    throw new InputError('DATA is missing: give the pictures to train on, or --resume to continue a run');
  }
  const config: TrainConfig = {
    ...configure(options),
    ...(workers !== undefined && { workers }),
    data: resolve(data),
    test: test === undefined ? null : resolve(test),
  };
  const opened = await open(config, say, quiet);
  try {
    return { ...opened, run: await Run.create(output, TrainSchema, config) };
  } catch (error) {
    await opened.loader.close();
    throw error;
  }
}

/** Continues a run, with what the command line changes of its configuration. */
async function continued(
  data: string | undefined,
  { output, test, epochs, workers, quiet }: TrainCommandOptions,
  say: Say,
): Promise<Begun> {
  const changes = { data: absolute(data), test: absolute(test), epochs, workers };
  const run = await resumeRun(output, TrainSchema, changes, say);
  try {
    return { run, ...(await open(run.config, say, quiet)) };
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** Measures nearest neighbours, where there are labels. */
function validation(
  config: TrainConfig,
  set: ImageSet,
  held: ImageSet | undefined,
): ((method: Method) => Promise<Metrics>) | undefined {
  const { seed } = config;
  if (!set.labels) return undefined;
  return async (method) => {
    const encoder = new Encoder(config, method.model);
    try {
      return { knn: await accuracyByNeighbours(encoder, set, held, seed) };
    } finally {
      await encoder.release();
    }
  };
}
