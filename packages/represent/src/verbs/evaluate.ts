/**
 * @module `sextant represent knn` and `probe`: what classes can be told from vectors (section 6 of the specification).
 */
import { type ImageSet, openImages } from '@sextant/image';
import { type DeviceOptions, onDevice, positiveInteger, printResult, withDevice } from '@sextant/system';
import { Command, Option } from 'commander';
import { labelledVectors, withClassesOf } from '../evaluate.js';
import { accuracy } from '../evaluation/features.js';
import { classifyByNeighbours, type Labelled, NEIGHBOURS } from '../evaluation/knn.js';
import { evaluateLinearProbe, logitsOf, topAccuracy } from '../evaluation/linear.js';
import { fitLogistic } from '../evaluation/logistic.js';
import { loadEncoder } from '../load.js';
import { PictureProgress, weightsOption } from './options.js';
import { labelsOf, leftOut, PICTURES_ARGUMENT } from './pictures.js';

interface EvaluateOptions extends DeviceOptions {
  readonly weights?: string;
  readonly test: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const evaluating = (name: string): Command =>
  withDevice(new Command(name))
    .argument('<train>', `labelled pictures: ${PICTURES_ARGUMENT}`)
    .argument('<test>', 'labelled pictures that are to be told')
    .addOption(weightsOption())
    .option('--quiet', 'no progress')
    .option('--json', 'print the result as JSON');

export const knnCommand = (): Command =>
  evaluating('knn')
    .summary('how often the nearest neighbours of a picture tell its class')
    .description('Classifies each picture of TEST by its nearest neighbours (Euclidean) in TRAIN.')
    .option('--k <n>', 'neighbours', positiveInteger, NEIGHBOURS)
    .action((train: string, test: string, { k, ...options }: EvaluateOptions & { readonly k: number }) =>
      onDevice(options, async () => {
        const [known, asked] = await bothSets(train, test, options);
        const { predictions } = await classifyByNeighbours(known, asked.features, k);
        const right = accuracy(predictions, asked.labels);
        printResult(
          options.json,
          { k, pictures: asked.labels.length, accuracy: right },
          () => `${k} nearest neighbours are right for ${percent(right)} of ${asked.labels.length} pictures`,
        );
      }),
    );

interface ProbeCommandOptions extends EvaluateOptions {
  readonly by: 'adam' | 'lbfgs';
  readonly epochs: number;
}

export const probeCommand = (): Command =>
  evaluating('probe')
    .summary('how well a linear classifier on the vectors tells classes')
    .description(
      'Trains a linear classifier on the vectors of TRAIN and measures it on TEST: by adam as the published figures (500 epochs), ' +
        'by lbfgs a logistic regression with penalty, to its minimum.',
    )
    .addOption(new Option('--by <optimizer>', 'how it is trained').choices(['adam', 'lbfgs']).default('adam'))
    .option('--epochs <n>', 'passes of adam over the vectors', positiveInteger, 500)
    .action((train: string, test: string, options: ProbeCommandOptions) =>
      onDevice(options, async () => {
        const [known, asked] = await bothSets(train, test, options);
        const { top1, top5 } = await probed(known, asked, options);
        printResult(
          options.json,
          { by: options.by, pictures: asked.labels.length, top1, top5 },
          () =>
            `right: ${percent(top1)}; among its five likeliest classes: ${percent(top5)} (of ${asked.labels.length} pictures)`,
        );
      }),
    );

async function probed(known: Labelled, asked: Labelled, { by, epochs }: ProbeCommandOptions) {
  if (by === 'adam') return evaluateLinearProbe(known, asked, { epochs });
  const logits = await logitsOf(await fitLogistic(known), asked.features);
  return { top1: topAccuracy(logits, asked.labels, 1), top5: topAccuracy(logits, asked.labels, 5) };
}

/** Labelled vectors of both sets. @throws InputError when either has no labels, or TEST has classes that TRAIN has not. */
async function bothSets(
  train: string,
  test: string,
  { weights, quiet }: EvaluateOptions,
): Promise<[Labelled, Labelled]> {
  const open = async (path: string, split: 'train' | 'test'): Promise<ImageSet> => {
    const set = await openImages(path, { split });
    labelsOf(set, path);
    return set;
  };
  const known = await open(train, 'train');
  const asked = withClassesOf(known, await open(test, 'test'), test);
  const encoder = await loadEncoder(weights);
  const progress = new PictureProgress(quiet);
  const vectorsOf = async (set: ImageSet): Promise<Labelled> => {
    try {
      const labelled = await labelledVectors(encoder, set, progress.update);
      for (const line of leftOut(set.skipped, labelled.broken)) progress.say(line);
      return labelled;
    } finally {
      await set.close();
    }
  };
  try {
    return [await vectorsOf(known), await vectorsOf(asked)];
  } finally {
    progress.close();
    await encoder.release();
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
