/**
 * @module Measures of features for `sextant apply` and `verify`, with the options and names of the reference cases.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { array, NDArray } from '@sextant/engine';
import { openImages, toPlanes } from '@sextant/image';
import { InputError } from '@sextant/io';
import { type AppliedModule, type ApplyRequest, inputOf, parseOptions } from '@sextant/system';
import { z } from 'zod';
import { PIPELINES } from '../augment/pipelines.js';
import { accuracy, asFeatures, asLabels } from '../evaluation/features.js';
import { classifyByNeighbours, type Labelled, NEIGHBOURS } from '../evaluation/knn.js';
import {
  evaluateLinearProbe,
  type LinearClassifier,
  logitsOf,
  predictedClasses,
} from '../evaluation/linear.js';
import { fitLogistic } from '../evaluation/logistic.js';

type Given = ApplyRequest['inputs'];

const count = z.number().int().positive();

const KnnOptions = z.strictObject({ knn: count.default(NEIGHBOURS) });

const CifarOptions = KnnOptions.extend({
  dataset: z.enum(['cifar10']),
  features: z.literal('pixels'),
  /** The folder with train.zip and test.zip. */
  folder: z.string().optional(),
});

const SgdOptions = z.strictObject({
  epoch: count.default(500),
  batch: count.default(1000),
  lr_start: z.number().positive().default(1e-2),
  lr_end: z.number().positive().default(1e-6),
  weight_decay: z.number().nonnegative().default(5e-6),
  seed: z.number().int().nonnegative().default(0),
});

const LbfgsOptions = z.strictObject({ C: z.number().positive().default(1), max_iter: count.default(1000) });

/** `x_<set>` and `y_<set>`. */
function labelled(inputs: Given, set: 'train' | 'test'): Labelled {
  const features = asFeatures(`input x_${set}`, inputOf(inputs, `x_${set}`));
  return {
    features,
    labels: asLabels(`input y_${set}`, inputOf(inputs, `y_${set}`), features.shape[0]!),
  };
}

const scalar = (value: number): NDArray => array(value);
const classIds = (ids: Int32Array): NDArray => array(ids, { dtype: 'int64' });

const knn: AppliedModule = {
  summary: 'classes of vectors by their nearest labelled vectors, with distances and accuracy',
  async apply({ config, inputs }) {
    const { knn: k } = parseOptions(KnnOptions, config);
    const [train, test] = [labelled(inputs, 'train'), labelled(inputs, 'test')];
    const { predictions, distances } = await classifyByNeighbours(train, test.features, k);
    return new Map<string, NDArray>([
      ['pred', classIds(predictions)],
      ['acc', scalar(accuracy(predictions, test.labels))],
      ['dist', new NDArray(Float64Array.from(distances), [predictions.length, k], 'float64')],
    ]);
  },
};

const knnCifar: AppliedModule = {
  summary: 'k-NN accuracy of normalised pixels of the first files of each class of CIFAR-10',
  async apply({ config, inputs }) {
    const { knn: k, dataset, folder = dataFolder(dataset) } = parseOptions(CifarOptions, config);
    const read = async (set: 'train' | 'test') => {
      const first = inputOf(inputs, `first_n_${set}`).item();
      if (!Number.isInteger(first) || first < 1)
        throw new InputError(`input first_n_${set}: ${first} files of a class; give 1 or more`);
      return pixels(join(folder, `${set}.zip`), first, dataset);
    };
    const [train, test] = [await read('train'), await read('test')];
    const { predictions } = await classifyByNeighbours(train, test.features, k);
    return new Map([['acc', scalar(accuracy(predictions, test.labels))]]);
  },
};

/** The first pictures of each class as vectors of their normalised pixels [N, 3·H·W]. */
async function pixels(path: string, perClass: number, dataset: 'cifar10'): Promise<Labelled> {
  const set = await openImages(path);
  const { labels } = set;
  if (!labels) throw new InputError(`${path}: it has no class folders; pack it as <class>/<file>`);
  const taken = new Map<number, number>();
  const chosen = [...labels.keys()].filter((i) => {
    const count = taken.get(labels[i]!) ?? 0;
    taken.set(labels[i]!, count + 1);
    return count < perClass;
  });
  const rows = await Promise.all(
    chosen.map(async (i) => toPlanes(await set.load(i), PIPELINES[dataset].normalization)),
  );
  await set.close();
  const width = rows[0]!.length;
  const features = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) features.set(row, i * width);
  return {
    features: new NDArray(features, [rows.length, width], 'float32'),
    labels: Int32Array.from(chosen, (i) => labels[i]!),
  };
}

/**
 * The folder of a data set: below $SEXTANT_DATA where that is set, else `shared/data` or `data` of the present folder
 * or one above it.
 *
 * @throws InputError when it is not found.
 */
function dataFolder(name: string): string {
  const given = process.env.SEXTANT_DATA;
  const candidates = given ? [join(given, name)] : [];
  for (let at = resolve('.'); !given; at = dirname(at)) {
    candidates.push(join(at, 'shared', 'data', name), join(at, 'data', name));
    if (at === dirname(at)) break;
  }
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined)
    throw new InputError(
      `the data set ${name} is not ${given ? `in ${given}` : 'found'}; set SEXTANT_DATA to the folder that holds '${name}'`,
    );
  return found;
}

const linearSgd: AppliedModule = {
  summary: 'the linear probe of the published figures: Adam, one learning rate an epoch, top-1 and top-5',
  async apply({ config, inputs }) {
    const o = parseOptions(SgdOptions, config);
    const { classifier, logits, top1, top5 } = await evaluateLinearProbe(
      labelled(inputs, 'train'),
      labelled(inputs, 'test'),
      {
        epochs: o.epoch,
        batch: o.batch,
        learningRate: [o.lr_start, o.lr_end],
        weightDecay: o.weight_decay,
        seed: o.seed,
        ...startOf(inputs),
        ...orderOf(inputs, o.epoch),
      },
    );
    return new Map<string, NDArray>([
      ['weight', classifier.weight],
      ['bias', classifier.bias],
      ['logits', logits],
      ['acc1', scalar(top1)],
      ['acc5', scalar(top5)],
    ]);
  },
};

/** `w0` [classes, D] and `b0` [classes], where they are given: together. */
function startOf(inputs: Given): { initial?: LinearClassifier; classes?: number } {
  if (!inputs.has('w0') && !inputs.has('b0')) return {};
  const [weight, bias] = [asFeatures('input w0', inputOf(inputs, 'w0')), inputOf(inputs, 'b0')];
  const [classes, width] = weight.shape as [number, number];
  const wanted = inputOf(inputs, 'x_train').shape[1];
  if (width !== wanted || bias.size !== classes)
    throw new InputError(
      `inputs w0 [${weight.shape.join(', ')}] and b0 [${bias.shape.join(', ')}] do not fit vectors of ${wanted} numbers`,
    );
  return { initial: { weight, bias: array(Array.from(bias.data as Float32Array, Number)) }, classes };
}

/** `perm` [epochs, N]: the order of the vectors in each epoch, where it is given. */
function orderOf(inputs: Given, epochs: number): { order?: (epoch: number) => Int32Array } {
  const given = inputs.get('perm');
  if (!given) return {};
  const rows = inputOf(inputs, 'x_train').shape[0]!;
  const [orders = 0, length = 0] = given.shape;
  const indices = Int32Array.from(given.data as ArrayLike<number | bigint>, Number);
  if (orders < epochs || indices.some((i) => i < 0 || i >= rows))
    throw new InputError(
      `input perm: shape [${given.shape.join(', ')}]; give ${epochs} orders of the rows 0 to ${rows - 1}`,
    );
  return { order: (epoch) => indices.subarray(epoch * length, (epoch + 1) * length) };
}

const linearLbfgs: AppliedModule = {
  summary: 'multinomial logistic regression by L-BFGS, as scikit-learn minimises it',
  async apply({ config, inputs }) {
    const { C: c, max_iter: maxIterations } = parseOptions(LbfgsOptions, config);
    const [train, test] = [labelled(inputs, 'train'), labelled(inputs, 'test')];
    const fitted = await fitLogistic(train, { c, maxIterations });
    const logits = await logitsOf(fitted, test.features);
    const predictions = predictedClasses(logits);
    return new Map<string, NDArray>([
      ['coef', fitted.weight],
      ['intercept', fitted.bias],
      ['logits', logits],
      ['objective', scalar(fitted.objective)],
      ['pred', classIds(predictions)],
      ['acc', scalar(accuracy(predictions, test.labels))],
    ]);
  },
};

/** Modules that measure features. */
export const evaluationModules: Readonly<Record<string, AppliedModule>> = {
  knn,
  'knn-cifar': knnCifar,
  'linear-sgd': linearSgd,
  'linear-lbfgs': linearLbfgs,
};
