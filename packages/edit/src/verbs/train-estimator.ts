/**
 * @module `sextant edit train-estimator`
 */
import { join, resolve } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { type ImageSet, openImages } from '@sextant/image';
import { InputError } from '@sextant/io';
import {
  absolute,
  positiveInteger,
  resumeRun,
  runTraining,
  type TrainVerbOptions,
  withTraining,
} from '@sextant/system';
import { Run } from '@sextant/train';
import { Command, Option } from 'commander';
import { contextFeatures, LIGHT_COEFFICIENTS } from '../attributes.js';
import { statisticsOf } from '../columns.js';
import { type EstimatorTrainConfig, EstimatorTrainSchema } from '../estimator/config.js';
import { shots } from '../estimator/data.js';
import { splitShots, trainEstimator } from '../estimator/train.js';
import { readShown } from '../shown.js';
import { STAGES } from '../stages.js';
import { attributeTableOf } from '../tables.js';
import { picturesIn } from './pictures.js';

interface TrainEstimatorCommandOptions extends TrainVerbOptions {
  readonly table?: string;
  readonly size: number;
  readonly epochs?: number;
  readonly batchSize?: number;
}

export const trainEstimatorCommand = (): Command =>
  withTraining(
    new Command('train-estimator')
      .summary('train a network that tells what pictures show')
      .description(
        'DATA is a folder of pictures (or with a folder images of them) and of light.npy [n, 9] and attributes.npy [n, A], whose rows are those of the pictures in the ' +
          'order of their names; or of attributes.csv, with a column for each attribute, light_0 to light_8, and file. Ctrl-C saves.',
      )
      .argument('[data]', 'folder of pictures; not needed with --resume'),
    {
      resume: 'continue the run; DATA and --epochs change its config.json',
      addOptions: (command) =>
        command
          .addOption(
            new Option(
              '--table <name>',
              'the attributes: faces, heads, or a .json file; without it those of table.json in DATA',
            ).conflicts('resume'),
          )
          .addOption(
            new Option('--size <n>', 'width and height that pictures are taken at')
              .argParser(positiveInteger)
              .default(64)
              .conflicts('resume'),
          )
          .option('--epochs <n>', 'passes over the pictures', positiveInteger)
          .addOption(
            new Option('--batch-size <n>', 'pictures of a step')
              .argParser(positiveInteger)
              .conflicts('resume'),
          ),
    },
  ).action((data: string | undefined, options: TrainEstimatorCommandOptions) =>
    runTraining(options, {
      name: 'edit train-estimator',
      unit: 'pictures',
      async begin(say) {
        const { output, epochs, resume } = options;
        const changes = { data: absolute(data), epochs };
        const run = await (resume
          ? resumeRun(output, EstimatorTrainSchema, changes, say)
          : begun(data, options));
        return { run, set: await openImages(picturesIn(run.config.data), { upright: true }) };
      },
      async train({ run, set }, callbacks) {
        const context = await shownIn(run.config, set);
        const { result } = await trainEstimator({
          run,
          shots: shots(set, context, run.config.estimator.size),
          statistics: statisticsOf(context),
          ...callbacks,
        });
        return result;
      },
      end: ({ set }) => set.close(),
    }),
  );

/** What the pictures of a folder show, light before attributes [n, C]. */
async function shownIn(
  { data: folder, table }: Pick<EstimatorTrainConfig, 'data' | 'table'>,
  set: ImageSet,
): Promise<NDArray<'float32'>> {
  const context = await readShown(folder, table);
  if (context.shape[0] !== set.length) {
    throw new InputError(
      `${folder}: ${set.length} pictures and ${context.shape[0]} rows of light and attributes do not belong together`,
    );
  }
  return context;
}

/** Begins a run. Its folder is made when the data have been found good. */
async function begun(
  data: string | undefined,
  { output, table, size, epochs, batchSize, seed }: TrainEstimatorCommandOptions,
): Promise<Run<EstimatorTrainConfig>> {
  if (data === undefined) {
    throw new InputError(
      'DATA is missing: give the folder of pictures to train on, or --resume to continue a run',
    );
  }
  const attributes = await attributeTableOf(data, table);
  const outFeatures = contextFeatures(attributes);
  const config: EstimatorTrainConfig = {
    estimator: { size, channels: STAGES, outFeatures },
    table: attributes,
    data: resolve(data),
    seed: seed ?? 0,
    epochs: epochs ?? 20,
    batchSize: batchSize ?? 64,
    learningRate: 2e-3,
    weightDecay: 1e-5,
    heldOut: 0.05,
    logEvery: 50,
    checkpointEvery: 500,
    validateEvery: 500,
  };
  const set = await openImages(picturesIn(data), { upright: true });
  try {
    const context = await shownIn({ data, table: attributes }, set);
    if (context.shape[1] !== outFeatures) {
      throw new InputError(
        `${join(data, 'attributes.npy')}: ${context.shape[1]! - LIGHT_COEFFICIENTS} attributes a row, the table has ${attributes.attributes.length}`,
      );
    }
    splitShots(shots(set, context, size), config);
  } finally {
    await set.close();
  }
  return Run.create(output, EstimatorTrainSchema, config);
}
