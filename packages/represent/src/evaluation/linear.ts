/**
 * @module The linear probe: a linear classifier on frozen features, trained by Adam as the published figures were.
 */
import {
  add,
  array,
  div,
  expm1,
  Generator,
  gather,
  grad,
  matmul,
  mul,
  NDArray,
  neg,
  program,
  scan,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  Variable,
  zeros,
} from '@sextant/engine';
import { InputError } from '@sextant/io';
import { crossEntropy, Linear } from '@sextant/nn';
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

  const step = adamStep(features, labels, weightDecay);
  const state = [probe.weight as Variable, probe.bias!].map((value) => ({
    value,
    mean: new Variable(zeros(value.shape)),
    square: new Variable(zeros(value.shape)),
  }));
  const taken = new Variable(array(0));
  // A loop for the whole batches of an epoch takes 0.6 of the processor time that a run for each step takes.
  const pass = program(
    (batches: readonly Tensor[], rate: Tensor) => {
      let at: ProbeState = { parts: state.map(readPart), taken: taken.toTensor() };
      const losses = batches.map((chosen) => {
        const [next, loss] =
          chosen.rank === 2
            ? scan((carry: ProbeState, rows: Tensor) => step(carry, rows, rate), at, chosen)
            : step(at, chosen, rate);
        at = next;
        return sum(loss);
      });
      for (const [i, part] of at.parts.entries())
        for (const key of ['value', 'mean', 'square'] as const) state[i]![key].assign(part[key]);
      taken.assign(at.taken);
      return losses.reduce((a, b) => add(a, b));
    },
    { name: 'linear probe' },
  );
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const indices = order(epoch);
      const rate = first * (last / first) ** (epoch / epochs);
      const loss = await pass(batchesOf(indices, batch), rate);
      options.onEpoch?.(epoch, loss.item() / indices.length);
    }
  } finally {
    await pass.release();
  }
  const [weight, bias] = state.map(({ value }) => value.value.copy());
  return { weight: weight!, bias: bias! };
}

/** The whole batches [steps, batch] and what is left [rest], each where there is any. */
function batchesOf(indices: Int32Array, batch: number): NDArray[] {
  const steps = Math.floor(indices.length / batch);
  const whole = array(indices.subarray(0, steps * batch), { shape: [steps, batch], dtype: 'int32' });
  const rest = array(indices.subarray(steps * batch), { dtype: 'int32' });
  return [whole, rest].filter(({ size }) => size > 0);
}

/** A parameter with Adam's moving averages of its gradient and of the gradient's square. */
interface Part<T> {
  readonly value: T;
  readonly mean: T;
  readonly square: T;
}

const readPart = ({ value, mean, square }: Part<Variable>): Part<Tensor> => ({
  value: value.toTensor(),
  mean: mean.toTensor(),
  square: square.toTensor(),
});

/** What a step changes: weight and bias, and the number of steps taken. */
interface ProbeState {
  readonly parts: readonly Part<Tensor>[];
  readonly taken: Tensor;
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * One step of Adam on the vectors of some rows, and the sum of their losses. It repeats nn's `Adam` as a function, since
 * loops cannot assign variables.
 */
function adamStep(features: Features, labels: Int32Array, weightDecay: number) {
  const [inputs, targets] = [new Variable(features), new Variable(array(labels, { dtype: 'int32' }))];
  return ({ parts, taken }: ProbeState, chosen: Tensor, rate: Tensor): readonly [ProbeState, Tensor] => {
    const values = parts.map(({ value }) => value);
    const logits = add(matmul(gather(inputs, chosen), transpose(values[0]!)), values[1]!);
    const loss = crossEntropy(logits, gather(targets, chosen));
    const gradients = grad(loss, values);
    const t = add(taken, 1);
    // 1 - βᵗ without cancellation.
    const filled = (beta: number) => neg(expm1(mul(t, Math.log(beta))));
    const [filled1, root2] = [filled(BETA1), sqrt(filled(BETA2))];
    const next = parts.map((part, i): Part<Tensor> => {
      const gradient = add(gradients[i]!, mul(part.value, weightDecay));
      const mean = add(mul(part.mean, BETA1), mul(gradient, 1 - BETA1));
      const squares = add(mul(part.square, BETA2), mul(square(gradient), 1 - BETA2));
      const direction = div(div(mean, filled1), add(div(sqrt(squares), root2), EPSILON));
      return { value: sub(part.value, mul(direction, rate)), mean, square: squares };
    });
    return [{ parts: next, taken: t }, mul(loss, chosen.shape[0] as number)];
  };
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
