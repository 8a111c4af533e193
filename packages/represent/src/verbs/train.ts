/**
 * @module `sextant represent train`
 */
import { resolve } from 'node:path';
import type { ImageSet } from '@sextant/image';
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
import { type Metrics, Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { ViewLoader } from '../augment/loader.js';
import { type TrainConfig, TrainSchema } from '../config.js';
import { Encoder, pipelineOf } from '../encoder.js';
import { accuracyByNeighbours } from '../evaluate.js';
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
      async begin(say) {
        const run = await (options.resume ? continued(data, options, say) : begun(data, options));
        try {
          return { run, say, ...(await open(run.config, say)) };
        } catch (error) {
          await run.close();
          throw error;
        }
      },
      async train({ run, set, loader, say }, callbacks) {
        const validate = await validation(run.config, set, say);
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

/** The pictures, and the views of them. */
async function open(config: TrainConfig, say: Say): Promise<{ set: ImageSet; loader: ViewLoader }> {
  const { set, images } = await readPictures(config.data, 'train', say);
  say(`${set.length} pictures`);
  const loader = new ViewLoader({
    set,
    ...(images ? { images } : {}),
    pipeline: pipelineOf(config.pipeline),
    samples: config.numSamples,
    batchSize: config.batchSize,
    seed: config.seed,
    threads: config.workers,
  });
  return { set, loader };
}

/** Begins a run. */
async function begun(
  data: string | undefined,
  { output, test, workers, ...options }: TrainCommandOptions,
): Promise<Run<TrainConfig>> {
  if (data === undefined) {
    throw new InputError('DATA is missing: give the pictures to train on, or --resume to continue a run');
  }
  const config: TrainConfig = {
    ...configure(options),
    ...(workers !== undefined && { workers }),
    data: resolve(data),
    test: test === undefined ? null : resolve(test),
  };
  return Run.create(output, TrainSchema, config);
}

/** Continues a run, with what the command line changes of its configuration. */
const continued = (
  data: string | undefined,
  { output, test, epochs, workers }: TrainCommandOptions,
  say: Say,
): Promise<Run<TrainConfig>> => {
  const path = (p: string | undefined) => (p === undefined ? undefined : resolve(p));
  const changes = given<Pick<TrainConfig, 'data' | 'test' | 'epochs' | 'workers'>>({
    data: path(data),
    test: path(test),
    epochs,
    workers,
  });
  return resumeRun(output, TrainSchema, changes, say);
};

/** Measures nearest neighbours, where there are labels. */
async function validation(
  config: TrainConfig,
  set: ImageSet,
  say: (line: string) => void,
): Promise<((method: Method) => Promise<Metrics>) | undefined> {
  const { test, seed } = config;
  if (!set.labels) return undefined;
  const held = test === null ? undefined : (await readPictures(test, 'test', say)).set;
  if (held && test) labelsOf(held, test);
  return async (method) => {
    const encoder = new Encoder(config, method.model);
    try {
      return { knn: await accuracyByNeighbours(encoder, set, held, seed) };
    } finally {
      await encoder.release();
    }
  };
}
