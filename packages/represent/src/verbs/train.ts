/**
 * @module `sextant represent train`
 */
import { resolve } from 'node:path';
import type { ImageSet } from '@sextant/image';
import { InputError } from '@sextant/io';
import {
  type DeviceOptions,
  nonNegativeInteger,
  onDevice,
  positiveInteger,
  printResult,
  withDevice,
} from '@sextant/system';
import { interruptSignal, type Metrics, Progress, Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { ViewLoader } from '../augment/loader.js';
import { type TrainConfig, TrainSchema } from '../config.js';
import { Encoder, pipelineOf } from '../encoder.js';
import { accuracyByNeighbours } from '../evaluate.js';
import type { Method } from '../methods.js';
import { configure, METHOD_NAMES, type MethodName, PRESETS, type PresetName } from '../presets.js';
import { trainEncoder } from '../train.js';
import { labelsOf, PICTURES_ARGUMENT, readPictures } from './pictures.js';

interface TrainCommandOptions extends DeviceOptions {
  readonly output: string;
  readonly preset: PresetName;
  readonly method: MethodName;
  readonly test?: string;
  readonly resume?: boolean;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export const trainCommand = (): Command =>
  withDevice(new Command('train'))
    .summary('train an encoder on pictures without labels')
    .description(
      'Trains an encoder into a run folder that --resume continues exactly. Ctrl-C saves. Where the pictures of --test are ' +
        'labelled (by default those of DATA itself), shows how often the five nearest neighbours tell the class. Edit config.json ' +
        'in the run folder to change anything between sessions.',
    )
    .argument('[data]', `${PICTURES_ARGUMENT}; not needed with --resume`)
    .requiredOption('-o, --output <run>', 'run folder')
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
    .option('--resume', 'continue the run')
    .option('--epochs <n>', 'passes over the pictures', positiveInteger)
    .addOption(
      new Option('--batch-size <n>', 'pictures of a step').argParser(positiveInteger).conflicts('resume'),
    )
    .option('--workers <n>', 'threads that decode and augment', positiveInteger)
    .addOption(
      new Option('--seed <n>', 'seed of weights, order and augmentation')
        .argParser(nonNegativeInteger)
        .conflicts('resume'),
    )
    .option('--quiet', 'no progress, only warnings')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExits with 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP, when everything is saved.',
    )
    .action((data: string | undefined, options: TrainCommandOptions) =>
      onDevice(options, () => runTraining(data, options)),
    );

async function runTraining(data: string | undefined, options: TrainCommandOptions): Promise<void> {
  const progress = new Progress({ unit: 'pictures', quiet: options.quiet ?? false });
  const run = await (options.resume ? resumeRun(data, options) : createRun(data, options));
  const interrupt = interruptSignal(() => progress.say('Finishing this step …'));
  let loader: ViewLoader | undefined;
  try {
    const { config } = run;
    const { set, images } = await readPictures(config.data, 'train', progress.say);
    progress.say(`${set.length} pictures`);
    loader = new ViewLoader({
      set,
      ...(images ? { images } : {}),
      pipeline: pipelineOf(config.pipeline),
      samples: config.numSamples,
      batchSize: config.batchSize,
      seed: config.seed,
      threads: config.workers,
    });
    const validate = await validation(config, set, progress.say);
    const { result } = await trainEncoder({
      run,
      loader,
      ...(validate ? { validate } : {}),
      signal: interrupt.signal,
      onProgress: progress.update,
      onMessage: progress.say,
      resumeCommand: `sextant represent train --resume -o ${options.output}`,
    });
    progress.close();
    printResult(options.json, { run: run.folder, ...result }, () => {
      const best = result.best ? `, nearest neighbours right: ${(100 * result.best.value).toFixed(1)} %` : '';
      return `${run.folder}: step ${result.step}${best}`;
    });
    if (!result.finished) process.exitCode = interrupt.exitCode;
  } finally {
    progress.close();
    interrupt.dispose();
    await loader?.close();
    await run.close();
  }
}

/** Begins a run. */
async function createRun(data: string | undefined, options: TrainCommandOptions): Promise<Run<TrainConfig>> {
  if (data === undefined) {
    throw new InputError('DATA is missing: give the pictures to train on, or --resume to continue a run');
  }
  const { output, test, workers } = options;
  const config: TrainConfig = {
    ...configure(options),
    ...(workers !== undefined && { workers }),
    data: resolve(data),
    test: test === undefined ? null : resolve(test),
  };
  return Run.create(output, TrainSchema, config);
}

/** Continues a run, with what the command line changes of its configuration. */
async function resumeRun(
  data: string | undefined,
  { output, test, epochs, workers }: TrainCommandOptions,
): Promise<Run<TrainConfig>> {
  const changes: Partial<TrainConfig> = {
    ...(data !== undefined && { data: resolve(data) }),
    ...(test !== undefined && { test: resolve(test) }),
    ...(epochs !== undefined && { epochs }),
    ...(workers !== undefined && { workers }),
  };
  return Run.resume(output, TrainSchema, { changes });
}

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
