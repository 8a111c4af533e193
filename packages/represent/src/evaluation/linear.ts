/**
 * @module The linear probe: a linear classifier on frozen features, trained by Adam as the published figures were.
 */
import {
  add,
  array,
  Generator,
  gather,
  grad,
  matmul,
  NDArray,
  program,
  type Tensor,
  transpose,
  Variable,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { Adam, crossEntropy, Linear } from '@sextant/nn';
import { classCount, extentOf, type Features } from './features.js';
import type { Labelled } from './knn.js';

/** Logits x Wᵀ + b. */
export interface LinearClassifier {
  /** [classes, D] */
  readonly weight: NDArray;
  /** [classes] */
  readonly bias: NDArray;
}

export interface ProbeOptions {
  /** Passes over the vectors (500). */
  readonly epochs?: number;
  /** Vectors of a step (1000). The last step of an epoch takes those that are left. */
  readonly batch?: number;
  /** Learning rate of the first epoch (1e-2), and what it would be after the last one (1e-6): a geometric series. */
  readonly learningRate?: readonly [first: number, last: number];
  /** L2 penalty, added to the gradient of weights and biases (5e-6). */
  readonly weightDecay?: number;
  /** Of the initial weights and the permutations (0). */
  readonly seed?: number;
  /** Number of classes; as many as the labels name where it is not given. */
  readonly classes?: number;
  /** Where it starts, instead of PyTorch's uniform values. */
  readonly initial?: LinearClassifier;
  /** The order of the vectors in an epoch, instead of a random one. */
  readonly order?: (epoch: number) => Int32Array;
  /** Called after each epoch with the mean loss of its steps. */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/**
 * Trains the probe: cross-entropy, Adam, batches from a fresh permutation each epoch, the learning rate multiplied by one
 * factor after each epoch.
 *
 * @throws InputError when labels and vectors do not match, or options of counts are not positive.
 */
export async function trainLinearProbe(
  { features, labels }: Labelled,
  options: ProbeOptions = {},
): Promise<LinearClassifier> {
  const { epochs = 500, batch = 1000, learningRate: [first, last] = [1e-2, 1e-6] } = options;
  const { weightDecay = 5e-6, seed = 0, classes = classCount(labels), initial } = options;
  const [rows, width] = extentOf(features);
  if (labels.length !== rows) throw new InputError(`${labels.length} labels for ${rows} vectors`);
  for (const [name, value] of [
    ['epochs', epochs],
    ['batch', batch],
  ] as const)
    if (!Number.isInteger(value) || value < 1)
      throw new InputError(`${name} is ${value}; give a whole number, 1 or above`);
  if (classCount(labels) > classes)
    throw new InputError(`label ${classCount(labels) - 1} is not one of ${classes} classes`);
  const random = new Generator(seed);
  const probe = new Linear(width, classes, {
    generator: random.fork('probe'),
    ...(initial ? { weightInit: () => initial.weight, biasInit: () => initial.bias } : {}),
  });
  const shuffle = random.fork('order');
  const { order = () => shuffle.permutation(rows).data } = options;

  const [inputs, targets] = [new Variable(features), new Variable(array(labels, { dtype: 'int32' }))];
  const rate = new Variable(array(first));
  const optimizer = new Adam(probe.parameters(), { learningRate: rate, weightDecay });
  const step = program(
    (chosen: Tensor) => {
      const loss = crossEntropy(probe.forward(gather(inputs, chosen)), gather(targets, chosen));
      optimizer.update(grad(loss, probe.parameters()));
      return loss;
    },
    { name: 'linear probe' },
  );
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      rate.value = array(first * (last / first) ** (epoch / epochs));
      const indices = order(epoch);
      let total = 0;
      for (let at = 0; at < indices.length; at += batch) {
        const chosen = indices.slice(at, at + batch);
        total += (await step(new NDArray(chosen, [chosen.length], 'int32'))).item() * chosen.length;
      }
      options.onEpoch?.(epoch, total / indices.length);
    }
  } finally {
    await step.release();
  }
  return { weight: (probe.weight as Variable).value.copy(), bias: probe.bias!.value.copy() };
}

/** Rows of vectors whose logits are computed together. */
const ROWS = 8192;

/** Logits of vectors [N, classes]. @throws InputError when the width is not the classifier's. */
export async function logitsOf({ weight, bias }: LinearClassifier, features: Features): Promise<Features> {
  const [rows, width] = extentOf(features);
  const [classes, wanted] = weight.shape as [number, number];
  if (wanted !== width)
    throw new InputError(`the classifier takes vectors of ${wanted} numbers, not ${width}`);
  const [w, b] = [weight, bias].map((a) =>
    array(Float64Array.from(a.data as Float64Array), { shape: a.shape }),
  );
  const apply = program((x: Tensor, w: Tensor, b: Tensor) => add(matmul(x, transpose(w)), b), {
    name: 'logits',
    inputs: [{ shape: ['N', width] }, { shape: [classes, width] }, { shape: [classes] }],
  });
  const logits = new Float32Array(rows * classes);
  try {
    for (let at = 0; at < rows; at += ROWS) {
      const count = Math.min(ROWS, rows - at);
      const part = features.data.subarray(at * width, (at + count) * width);
      const found = await apply(new NDArray(part, [count, width], 'float32'), w!, b!);
      logits.set(found.data as Float32Array, at * classes);
    }
  } finally {
    await apply.release();
  }
  return new NDArray(logits, [rows, classes], 'float32');
}

/** The class of the largest logit in each row, the smaller id of equal ones. */
export function predictedClasses(logits: Features): Int32Array {
  const [rows, classes] = extentOf(logits);
  return Int32Array.from({ length: rows }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (logits.data[i * classes + c]! > logits.data[i * classes + best]!) best = c;
    return best;
  });
}

/** Share of the rows whose class is among the k largest logits; of equal logits the smaller id counts as larger. */
export function topAccuracy(logits: Features, labels: Int32Array, k: number): number {
  const [rows, classes] = extentOf(logits);
  if (labels.length !== rows) throw new InputError(`${labels.length} labels for ${rows} vectors`);
  let right = 0;
  for (let i = 0; i < rows; i++) {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    const label = labels[i]!;
    const own = row[label] ?? Number.NaN;
    let before = 0;
    // Written so that NaN is never right.
    for (let c = 0; c < classes; c++)
      if (c !== label && !(own > row[c]! || (own === row[c]! && label < c))) before++;
    if (before < k && !Number.isNaN(own)) right++;
  }
  return right / rows;
}

/** Top-1 and top-5 accuracy of a linear probe. */
export interface ProbeScore {
  readonly top1: number;
  readonly top5: number;
}

/** Trains the probe on one set of vectors and measures it on another. @throws InputError as its parts do. */
export async function evaluateLinearProbe(
  train: Labelled,
  test: Labelled,
  options: ProbeOptions = {},
): Promise<ProbeScore & { readonly classifier: LinearClassifier; readonly logits: Features }> {
  const classes = options.classes ?? classCount(train.labels, test.labels);
  const classifier = await trainLinearProbe(train, { ...options, classes });
  const logits = await logitsOf(classifier, test.features);
  return {
    classifier,
    logits,
    top1: topAccuracy(logits, test.labels, 1),
    top5: topAccuracy(logits, test.labels, 5),
  };
}
