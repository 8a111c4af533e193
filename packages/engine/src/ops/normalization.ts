/**
 * @module Normalisations: batch, layer, instance and group.
 *
 * A normalisation is (x - mean) / √(variance + ε) · weight + bias, with the mean and the population's variance
 * taken over some axes. The four differ in which axes those are and in the shape of weight and bias. Forward,
 * each is one ONNX operator; all gradients are one expression, {@link standardGradient}.
 */

import { float } from '../compile/graph.js';
import { type Dim, exactDivDims, mulDims, type Shape, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { array, type DType } from '../ndarray.js';
import {
  apply,
  applyMany,
  asTensor,
  constant,
  expectShape,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { scaledConv } from './convolution.js';
import { add, div, mul, sub } from './elementwise.js';
import { cast, rsqrt, square } from './functions.js';
import { mean, sum, sumTo } from './reduce.js';
import { dimTensor, full, reshape, zerosLike } from './shape.js';

// ---------------------------------------------------------------------------------------------------------
// What the normalisations share

export interface NormOptions {
  /** What the standardised values are multiplied by; 1 by default. */
  readonly weight?: TensorLike | undefined;
  /** What is added at last; 0 by default. */
  readonly bias?: TensorLike | undefined;
  /** ε, added to the variance. */
  readonly eps?: number;
}

const EPSILON = 1e-5;

const filled = (shape: Shape, value: number, dtype: DType): Tensor =>
  full(shape, constant(array(value, { dtype })));

/** x - mean and 1 / √(variance + ε) over `axes`, which the latter keeps with size 1. */
function moments(x: Tensor, axes: readonly number[], eps: number) {
  const centred = sub(x, mean(x, { axes, keepDims: true }));
  return { centred, invStd: rsqrt(add(mean(square(centred), { axes, keepDims: true }), eps)) };
}

interface StandardGradient {
  readonly byInput: Tensor;
  /** Gradients by weight and bias for each set of elements that are standardised together, axes kept. */
  readonly byWeight: Tensor;
  readonly byBias: Tensor;
}

interface OfMoments {
  readonly mean?: Tensor | undefined;
  readonly variance?: Tensor | undefined;
}

/**
 * Gradients of y = (x - mean) / √(variance + ε) · weight + bias from g, that by y.
 *
 * With n elements, deviations d = x - mean and r = 1 / √(variance + ε), that by x is
 * `weight · r · (g - Σg/n - d · r² Σgd/n)`: a multiple of g, plus a multiple of d, plus a number. The gradients
 * by the mean and the variance themselves, where they are results too, join the last two.
 */
function standardGradient(
  g: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  axes: readonly number[],
  eps: number,
  of: OfMoments = {},
): StandardGradient {
  const n = mulDims(...axes.map((a) => x.shape[a]!));
  const perElement = (t: Tensor) => div(t, typeof n === 'number' ? n : cast(dimTensor(n), x.dtype));
  const { centred, invStd } = moments(x, axes, eps);
  const byBias = sum(g, { axes, keepDims: true });
  const byWeight = mul(invStd, sum(mul(g, centred), { axes, keepDims: true }));
  const factor = weight ? mul(weight, invStd) : invStd;
  let ofCentred = mul(mul(factor, invStd), byWeight);
  let constantPart = mul(factor, byBias);
  if (of.variance) ofCentred = sub(ofCentred, mul(of.variance, 2));
  if (of.mean) constantPart = sub(constantPart, of.mean);
  const rest = add(mul(centred, perElement(ofCentred)), perElement(constantPart));
  return { byInput: sub(mul(g, factor), rest), byWeight, byBias };
}

/** A vector of channels in the shape that broadcasts along axis 1 of a tensor of `rank` axes. */
const alongChannels = (t: Tensor, rank: number): Tensor =>
  reshape(t, [1, t.shape[0]!, ...Array<Dim>(rank - 2).fill(1)]);

/** A vector's gradient from one that broadcasts along axis 1. */
const toChannels = (g: Tensor, like: Tensor): Tensor =>
  reshape(sumTo(g, alongChannels(like, g.rank).shape), like.shape);

/** All axes but those of batch and channels. */
const spatialAxes = (x: Tensor): number[] => x.shape.flatMap((_, i) => (i < 2 ? [] : [i]));

function expectChannels(op: string, x: Tensor): void {
  if (x.rank < 2)
    throw new TensorError(op, `${shapeText(x.shape)} has no axis of channels: expected [N, C, ...]`);
}

/** Weight and bias as tensors of a shape, with their defaults. @throws TensorError when one has another shape. */
function affine(op: string, x: Tensor, { weight, bias }: NormOptions, shape: Shape): [Tensor, Tensor] {
  const parameter = (what: string, given: TensorLike | undefined, value: number): Tensor => {
    if (given === undefined) return filled(shape, value, x.dtype);
    const t = asTensor(given, x.dtype);
    expectShape(op, what, t, shape);
    return t;
  };
  return [parameter('weight', weight, 1), parameter('bias', bias, 0)];
}

// ---------------------------------------------------------------------------------------------------------
// Batch normalisation

type NormAttrs = { readonly eps: number };

const batchNormOp: Op<NormAttrs> = {
  name: 'batchNorm',
  infer: ([x, weight]) => [x!, weight!, weight!],
  vjp: ([g, ofMean, ofVariance], { inputs: [x, weight, bias], attrs: { eps } }) => {
    const channels = (t: Tensor | undefined) => t && alongChannels(t, x!.rank);
    const { byInput, byWeight, byBias } = standardGradient(
      g ?? zerosLike(x!),
      x!,
      channels(weight),
      [0, ...spatialAxes(x!)],
      eps,
      { mean: channels(ofMean), variance: channels(ofVariance) },
    );
    return [byInput, reshape(byWeight, weight!.shape), reshape(byBias, bias!.shape)];
  },
  // Not the operator's training mode, which few devices have, and whose statistics come out of ONNX Runtime 1.30
  // in the memory of its inputs. These are the very nodes of `moments`, so the backward pass shares them.
  lower: (l, node) => {
    const [t] = node.inputs as [Tensor];
    const [x, weight, bias] = l.inputs(node) as [string, string, string];
    const axes = l.ints([0, ...spatialAxes(t)]);
    const average = l.node('ReduceMean', [x, axes], { keepdims: 1 });
    const centred = l.node('Sub', [x, average]);
    const variance = l.node('ReduceMean', [l.node('Mul', [centred, centred]), axes], { keepdims: 1 });
    const statistics = [average, variance].map((s) => l.reshape(s, [t.shape[1]!]));
    const attributes = { epsilon: float(node.attrs.eps) };
    return [l.node('BatchNormalization', [x, weight, bias, ...statistics], attributes), ...statistics];
  },
};

/** A batch-normalised tensor and the statistics of its batch. */
export interface BatchNormResult {
  /** The shape of x. */
  readonly output: Tensor;
  /** `[C]`. */
  readonly mean: Tensor;
  /** The population's variance (divisor n), `[C]`. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation in training: every channel of x `[N, C, ...]` is standardised over all other axes.
 * Moving statistics are the caller's to update from `mean` and `variance`.
 *
 * @param options.weight - `[C]`, as is `bias`.
 * @throws TensorError when x has no channels, or weight or bias another shape.
 */
export function batchNorm(x: TensorLike, options: NormOptions = {}): BatchNormResult {
  const t = asTensor(x);
  expectChannels('batchNorm', t);
  const parameters = affine('batchNorm', t, options, [t.shape[1]!]);
  const { eps = EPSILON } = options;
  const [output, average, variance] = applyMany(batchNormOp, [t, ...parameters], { eps });
  return { output: output!, mean: average!, variance: variance! };
}

const fixedNormOp: Op<NormAttrs> = {
  name: 'batchNormInference',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs, attrs: { eps } }) => {
    if (!g) return [];
    const [x, weight, , average, variance] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const invStd = rsqrt(add(variance, eps));
    const factor = mul(weight, invStd);
    const centred = sub(x, alongChannels(average, x.rank));
    const byBias = toChannels(g, weight);
    const byWeight = mul(invStd, toChannels(mul(g, centred), weight));
    return [
      mul(g, alongChannels(factor, x.rank)),
      byWeight,
      byBias,
      mul(mul(factor, byBias), -1),
      mul(mul(mul(factor, invStd), byWeight), -0.5),
    ];
  },
  lower: (l, node) => l.node('BatchNormalization', l.inputs(node), { epsilon: float(node.attrs.eps) }),
};

/**
 * Batch normalisation with given statistics, `mean` and `variance` `[C]`. It merges into a convolution before it.
 *
 * @throws TensorError when x has no channels, or a vector another shape.
 */
export function batchNormInference(
  x: TensorLike,
  options: NormOptions & { readonly mean: TensorLike; readonly variance: TensorLike },
): Tensor {
  const t = asTensor(x);
  const op = fixedNormOp.name;
  expectChannels(op, t);
  const shape = [t.shape[1]!];
  const statistics = [asTensor(options.mean, t.dtype), asTensor(options.variance, t.dtype)];
  for (const s of statistics) expectShape(op, 'a statistic', s, shape);
  const { eps = EPSILON } = options;
  const [weight, bias] = affine(op, t, options, shape) as [Tensor, Tensor];
  const [average, variance] = statistics as [Tensor, Tensor];
  const factor = mul(weight, rsqrt(add(variance, eps)));
  return (
    scaledConv(t, factor, sub(bias, mul(average, factor))) ??
    apply(fixedNormOp, [t, weight, bias, average, variance], { eps })
  );
}

// ---------------------------------------------------------------------------------------------------------
// Normalisation of each sample by itself

const layerNormOp: Op<NormAttrs & { axes: readonly number[] }> = {
  name: 'layerNorm',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs: [x, weight, bias], attrs: { axes, eps } }) => {
    if (!g) return [];
    const { centred, invStd } = moments(x!, axes, eps);
    return [
      standardGradient(mul(g, weight!), x!, undefined, axes, eps).byInput,
      sumTo(mul(g, mul(centred, invStd)), weight!.shape),
      sumTo(g, bias!.shape),
    ];
  },
  lower: (l, node) => {
    const { axes, eps } = node.attrs;
    return l.node('LayerNormalization', l.inputs(node), { axis: axes[0]!, epsilon: float(eps) });
  },
};

/**
 * Layer normalisation: standardises x over its last axes, as many as `options.lastAxes` says.
 *
 * @param options.lastAxes - 1 by default: the last axis alone.
 * @param options.weight - the shape of those axes, as is `bias`.
 * @throws TensorError when x has fewer axes, or weight or bias another shape.
 */
export function layerNorm(x: TensorLike, options: NormOptions & { readonly lastAxes?: number } = {}): Tensor {
  const t = asTensor(x);
  const { lastAxes: count = 1, eps = EPSILON } = options;
  if (!Number.isInteger(count) || count < 1 || count > t.rank) {
    throw new TensorError('layerNorm', `cannot normalise the last ${count} axes of ${shapeText(t.shape)}`);
  }
  const axes = Array.from({ length: count }, (_, i) => t.rank - count + i);
  const parameters = affine('layerNorm', t, options, t.shape.slice(t.rank - count));
  return apply(layerNormOp, [t, ...parameters], { axes, eps });
}

const instanceNormOp: Op<NormAttrs> = {
  name: 'instanceNorm',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs: [x, weight, bias], attrs: { eps } }) => {
    if (!g) return [];
    const factor = alongChannels(weight!, x!.rank);
    const { byInput, byWeight, byBias } = standardGradient(g, x!, factor, spatialAxes(x!), eps);
    return [byInput, toChannels(byWeight, weight!), toChannels(byBias, bias!)];
  },
  lower: (l, node) => {
    const { eps } = node.attrs;
    const [{ dtype, shape }] = node.inputs as [Tensor];
    const [x, weight, bias] = l.inputs(node) as [string, string, string];
    if (dtype !== 'float64')
      return l.node('InstanceNormalization', [x, weight, bias], { epsilon: float(eps) });
    // ONNX Runtime has no double precision here, but has it for layer normalisation.
    const ones = l.node('Expand', [l.scalar(1, dtype), l.shape(shape.slice(2))]);
    const standard = l.node('LayerNormalization', [x, ones], { axis: 2, epsilon: float(eps) });
    const column: Dim[] = [shape[1]!, ...Array<Dim>(shape.length - 2).fill(1)];
    return l.node('Add', [l.node('Mul', [standard, l.reshape(weight, column)]), l.reshape(bias, column)]);
  },
};

/**
 * Instance normalisation: every channel of every sample of x `[N, C, ...]` is standardised by itself.
 *
 * @param options.weight - `[C]`, or `[N, C]` for each sample its own (adaptive instance normalisation); `bias` too.
 * @throws TensorError when x has no axis beside batch and channels, or weight or bias another shape.
 */
export function instanceNorm(x: TensorLike, options: NormOptions = {}): Tensor {
  const t = asTensor(x);
  if (t.rank < 3) {
    throw new TensorError(
      'instanceNorm',
      `${shapeText(t.shape)} has nothing to normalise: expected [N, C, ...]`,
    );
  }
  const { eps = EPSILON } = options;
  const [samples, channels] = t.shape as [Dim, Dim];
  const given = [options.weight, options.bias].flatMap((p) =>
    p === undefined ? [] : [asTensor(p, t.dtype)],
  );
  if (given.every((p) => p.rank < 2)) {
    return apply(instanceNormOp, [t, ...affine('instanceNorm', t, options, [channels])], { eps });
  }
  // Samples of their own weight are so many more channels of one sample.
  const all = mulDims(samples, channels);
  const parameters = affine('instanceNorm', t, options, [samples, channels]).map((p) => reshape(p, [all]));
  const merged = reshape(t, [1, all, ...t.shape.slice(2)]);
  return reshape(apply(instanceNormOp, [merged, ...parameters], { eps }), t.shape);
}

/**
 * Group normalisation: the channels of x `[N, C, ...]` are standardised together in `groups` equal groups,
 * each sample by itself.
 *
 * @param options.weight - `[C]`, as is `bias`.
 * @throws TensorError when the channels do not divide into the groups, or weight or bias has another shape.
 */
export function groupNorm(x: TensorLike, groups: number, options: NormOptions = {}): Tensor {
  const t = asTensor(x);
  expectChannels('groupNorm', t);
  const [samples, channels] = t.shape as [Dim, Dim];
  const each = exactDivDims(channels, groups);
  if (each === undefined) {
    throw new TensorError('groupNorm', `${channels} channels do not divide into ${groups} groups`);
  }
  const { eps = EPSILON } = options;
  const grouped = reshape(t, [samples, groups, mulDims(each, ...t.shape.slice(2))]);
  const standard = reshape(instanceNorm(grouped, { eps }), t.shape);
  const [weight, bias] = affine('groupNorm', t, options, [channels]).map((p) => alongChannels(p, t.rank));
  const scaled = options.weight === undefined ? standard : mul(standard, weight!);
  return options.bias === undefined ? scaled : add(scaled, bias!);
}
