/**
 * @module Losses. The first argument is the prediction; formulas and defaults are PyTorch's.
 */
import {
  abs,
  add,
  argmax,
  asTensor,
  asTensors,
  cast,
  div,
  equal,
  exp,
  expandDims,
  gather,
  gatherElements,
  greater,
  isFloat,
  less,
  log,
  logSumExp,
  maximum,
  mean,
  mul,
  neg,
  notEqual,
  relu,
  reshape,
  softplus,
  square,
  squeeze,
  sub,
  sum,
  type Tensor,
  TensorError,
  type TensorLike,
  where,
} from '@sextant/engine';

/** What becomes of the elements' losses: their mean (the default), their sum, or themselves. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  readonly reduction?: Reduction;
}

function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  return reduction === 'mean' ? mean(losses) : reduction === 'sum' ? sum(losses) : losses;
}

/** Prediction and target as tensors of one shape; a scalar target stands for all elements. */
function paired(loss: string, prediction: TensorLike, target: TensorLike): [Tensor, Tensor] {
  const [p, t] = asTensors(prediction, target) as [Tensor, Tensor];
  if (t.rank !== 0 && p.shape.join() !== t.shape.join()) {
    throw new TensorError(
      loss,
      `prediction [${p.shape.join(', ')}] and target [${t.shape.join(', ')}] differ in shape`,
    );
  }
  return [p, t];
}

// ---------------------------------------------------------------------------------------------------------
// Distances

/** (x - y)². @throws TensorError when the shapes differ (a scalar target is allowed, here and below). */
export function mseLoss(prediction: TensorLike, target: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired('mseLoss', prediction, target);
  return reduced(square(sub(x, y)), options.reduction);
}

/** |x - y|. */
export function l1Loss(prediction: TensorLike, target: TensorLike, options: LossOptions = {}): Tensor {
  const [x, y] = paired('l1Loss', prediction, target);
  return reduced(abs(sub(x, y)), options.reduction);
}

/** ½ (x - y)² within δ = `delta` (1) of the target, δ (|x - y| - ½ δ) beyond. */
export function huberLoss(
  prediction: TensorLike,
  target: TensorLike,
  { delta = 1, reduction }: LossOptions & { delta?: number } = {},
): Tensor {
  const [x, y] = paired('huberLoss', prediction, target);
  const distance = abs(sub(x, y));
  const near = mul(square(distance), 0.5);
  const far = mul(sub(distance, delta / 2), delta);
  return reduced(where(less(distance, delta), near, far), reduction);
}

/** {@link huberLoss} / β: ½ (x - y)² / β within β = `beta` (1) of the target, |x - y| - ½ β beyond. */
export function smoothL1Loss(
  prediction: TensorLike,
  target: TensorLike,
  { beta = 1, ...options }: LossOptions & { beta?: number } = {},
): Tensor {
  return div(huberLoss(prediction, target, { ...options, delta: beta }), beta);
}

// ---------------------------------------------------------------------------------------------------------
// Likelihoods

export interface CrossEntropyOptions extends LossOptions {
  /** The axis of the classes in the logits (1, as in PyTorch). */
  readonly axis?: number;
  /** A factor for each class. */
  readonly weight?: TensorLike;
  /** A target that counts for nothing (-100). */
  readonly ignoreIndex?: number;
  /** Share ε of the target's probability that is spread over all classes (0). */
  readonly labelSmoothing?: number;
}

/**
 * -log of the probability that softmax(logits) gives the target classes.
 *
 * With weights w and smoothing ε, the loss of target y is (1 - ε) w_y (-log p_y) + ε/C Σ_c w_c (-log p_c),
 * and the mean is Σ losses / Σ w_y over the targets that are not ignored (NaN where none is).
 *
 * @param logits - [N, C, ...], with the classes C at `axis`.
 * @param targets - class ids, integers in the logits' shape without the class axis.
 * @throws TensorError when the shapes do not match, or the targets are not integers.
 */
export function crossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  { axis = 1, weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  const x = asTensor(logits);
  const at = axis < 0 ? axis + x.rank : axis;
  const ids = classIds('crossEntropy', x, targets, at);
  const counted = notEqual(ids, ignoreIndex);
  const safe = where(counted, ids, 0);
  const normalizer = logSumExp(x, { axes: at });
  const chosen = squeeze(gatherElements(x, expandDims(safe, at), at), at);
  let losses = sub(normalizer, chosen);
  let shares: TensorLike = 1;
  if (weight !== undefined) {
    shares = gather(weight, safe);
    losses = mul(losses, shares);
  }
  if (labelSmoothing > 0) {
    const logP = sub(expandDims(normalizer, at), x);
    const column = x.shape.map((_, i) => (i === at ? -1 : 1));
    const spread = mean(weight === undefined ? logP : mul(logP, reshape(weight, column)), { axes: at });
    losses = add(mul(losses, 1 - labelSmoothing), mul(spread, labelSmoothing));
  }
  losses = where(counted, losses, 0);
  if (reduction !== 'mean') return reduced(losses, reduction);
  return div(sum(losses), sum(mul(cast(counted, x.dtype), shares)));
}

/**
 * Share of the targets whose class has the largest logit, float32: a measure beside {@link crossEntropy}, of
 * the same logits [N, C, ...] and integer targets [N, ...].
 *
 * @throws TensorError when the shapes do not match, or the targets are not integers.
 */
export function accuracy(
  logits: TensorLike,
  targets: TensorLike,
  { axis = 1 }: { readonly axis?: number } = {},
): Tensor {
  const x = asTensor(logits);
  const at = axis < 0 ? axis + x.rank : axis;
  const ids = classIds('accuracy', x, targets, at);
  return mean(cast(equal(argmax(x, at), ids), 'float32'));
}

/** Targets as ids of int32: integers of the logits' shape without the class axis. */
function classIds(op: string, logits: Tensor, targets: TensorLike, axis: number): Tensor {
  const ids = asTensor(targets, 'int32');
  if (isFloat(ids.dtype) || ids.dtype === 'bool') {
    throw new TensorError(
      op,
      `targets are ${ids.dtype}, but class ids are integers: cast them to int32, or collate them as int32`,
    );
  }
  if (ids.shape.join() !== logits.shape.filter((_, i) => i !== axis).join()) {
    throw new TensorError(
      op,
      `targets [${ids.shape.join(', ')}] do not match logits [${logits.shape.join(', ')}] with classes at axis ${axis}`,
    );
  }
  return cast(ids, 'int32');
}

/**
 * -log of the probability that a binary target y (0, 1 or between) has under σ(logit):
 * w y softplus(-x) + (1 - y) softplus(x), with w = `positiveWeight` (1).
 */
export function binaryCrossEntropyWithLogits(
  logits: TensorLike,
  target: TensorLike,
  { positiveWeight = 1, reduction }: LossOptions & { positiveWeight?: TensorLike } = {},
): Tensor {
  const [x, y] = paired('binaryCrossEntropyWithLogits', logits, target);
  // softplus(x) = x + softplus(-x): one softplus instead of two.
  const weight = add(mul(y, sub(positiveWeight, 1)), 1);
  return reduced(add(mul(sub(1, y), x), mul(weight, softplus(neg(x)))), reduction);
}

/**
 * -log N(y; x, variance) up to a constant: ½ (log v + (x - y)² / v), v = max(variance, eps).
 *
 * @param options.full - add the constant ½ log 2π.
 */
export function gaussianNllLoss(
  prediction: TensorLike,
  target: TensorLike,
  variance: TensorLike,
  { full = false, eps = 1e-6, reduction }: LossOptions & { full?: boolean; eps?: number } = {},
): Tensor {
  const [x, y] = paired('gaussianNllLoss', prediction, target);
  const v = maximum(variance, eps);
  const losses = mul(add(log(v), div(square(sub(x, y)), v)), 0.5);
  return reduced(full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses, reduction);
}

/**
 * Kullback-Leibler divergence p log (p / q), from log q = `logPrediction` and p = `target`; 0 where p = 0.
 *
 * @param options.logTarget - the target is log p.
 * @param options.reduction - `batchMean` divides the sum by the first axis' size: the divergence of one row.
 *   `mean`, over elements, is PyTorch's default but is no divergence.
 */
export function klDiv(
  logPrediction: TensorLike,
  target: TensorLike,
  {
    logTarget = false,
    reduction,
  }: { readonly logTarget?: boolean; readonly reduction?: Reduction | 'batchMean' } = {},
): Tensor {
  const [logQ, y] = paired('klDiv', logPrediction, target);
  const positive = logTarget ? undefined : greater(y, 0);
  const losses = positive
    ? where(positive, mul(y, sub(log(where(positive, y, 1)), logQ)), 0)
    : mul(exp(y), sub(y, logQ));
  if (reduction !== 'batchMean') return reduced(losses, reduction);
  return mean(sum(losses, { axes: losses.shape.map((_, i) => i).slice(1) }));
}

// ---------------------------------------------------------------------------------------------------------
// Adversarial

/** Mean max(0, 1 - real) + mean max(0, 1 + fake), from a discriminator's scores. */
export const hingeDiscriminatorLoss = (real: TensorLike, fake: TensorLike): Tensor =>
  add(mean(relu(sub(1, real))), mean(relu(add(fake, 1))));

/** -mean of the discriminator's scores of generated data. */
export const hingeGeneratorLoss = (fake: TensorLike): Tensor => neg(mean(fake));
