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
  asTensor,
  constant,
  expectShape,
  type Node,
  type Op,
  type Tensor,
  type TensorLike,
} from '../tensor.js';
import { affineAlong, channelAffine, toChannels } from './channel-affine.js';
import { scaledConv } from './convolution.js';
import { add, div, mul, sub } from './elementwise.js';
import { cast, neg, rsqrt, square } from './functions.js';
import { mean, sum, sumTo } from './reduce.js';
import { dimTensor, full, reshape } from './shape.js';

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

/** The mean, x - mean and 1 / √(variance + ε) over `axes`, which are kept with size 1, and that variance. */
function moments(x: Tensor, axes: readonly number[], eps: number) {
  const average = mean(x, { axes, keepDims: true });
  const centred = affineAlong(x, filled(average.shape, 1, x.dtype), neg(average));
  const variance = mean(square(centred), { axes, keepDims: true });
  return { average, centred, variance, invStd: rsqrt(add(variance, eps)) };
}

interface StandardGradient {
  readonly byInput: Tensor;
  /** Gradients by weight and bias for each set of elements that are standardised together, axes kept. */
  readonly byWeight: Tensor;
  readonly byBias: Tensor;
}

/**
 * Gradients of y = (x - mean) / √(variance + ε) · weight + bias from g, that by y.
 *
 * With n elements, deviations d = x - mean and r = 1 / √(variance + ε), that by x is
 * `weight · r · (g - Σg/n - d · r² Σgd/n)`: a multiple of g, plus a multiple of d, plus a number.
 */
function standardGradient(
  g: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  axes: readonly number[],
  eps: number,
): StandardGradient {
  const n = mulDims(...axes.map((a) => x.shape[a]!));
  const takenPerElement = (t: Tensor) =>
    div(t, typeof n === 'number' ? -n : neg(cast(dimTensor(n), x.dtype)));
  const { centred, invStd } = moments(x, axes, eps);
  const byBias = sum(g, { axes, keepDims: true });
  const byWeight = mul(invStd, sum(mul(g, centred), { axes, keepDims: true }));
  const factor = weight ? mul(weight, invStd) : invStd;
  const ofCentred = takenPerElement(mul(mul(factor, invStd), byWeight));
  const rest = affineAlong(centred, ofCentred, takenPerElement(mul(factor, byBias)));
  return { byInput: add(affineAlong(g, factor), rest), byWeight, byBias };
}

/** A vector of channels in the shape that broadcasts along axis 1 of a tensor of `rank` axes. */
const alongChannels = (t: Tensor, rank: number): Tensor =>
  reshape(t, [1, t.shape[0]!, ...Array<Dim>(rank - 2).fill(1)]);

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

const batchAxes = (x: Tensor): number[] => [0, ...spatialAxes(x)];

/** Batch normalisation in passes over memory, which the gradient shares. */
function batchNormForm({ inputs, attrs: { eps } }: Pick<Node<NormAttrs>, 'inputs' | 'attrs'>): Tensor {
  const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
  const { centred, invStd } = moments(x, batchAxes(x), eps);
  return channelAffine(centred, mul(weight, reshape(invStd, weight.shape)), bias);
}

const batchNormOp: Op<NormAttrs> = {
  name: 'batchNorm',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs, attrs: { eps } }) => {
    if (!g) return [];
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
    const factor = alongChannels(weight, x.rank);
    const { byInput, byWeight, byBias } = standardGradient(g, x, factor, batchAxes(x), eps);
    return [byInput, reshape(byWeight, weight.shape), reshape(byBias, bias.shape)];
  },
  // Not the operator's training mode, which few devices have, and whose statistics come out of ONNX Runtime 1.30
  // in the memory of its inputs.
  lower: (l, node) => l.value(l.compose(node, () => batchNormForm(node))),
  lowerBlocked: (b, node) => {
    const y = b.lowering.compose(node, () => batchNormForm(node));
    return b.has(y) ? b.alias(y, node.outputs[0]!) : undefined;
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
  const { average, variance } = moments(t, batchAxes(t), eps);
  return {
    output: apply(batchNormOp, [t, ...parameters], { eps }),
    mean: reshape(average, [t.shape[1]!]),
    variance: reshape(variance, [t.shape[1]!]),
  };
}

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
  const op = 'batchNormInference';
  expectChannels(op, t);
  const shape = [t.shape[1]!];
  const statistics = [asTensor(options.mean, t.dtype), asTensor(options.variance, t.dtype)];
  for (const s of statistics) expectShape(op, 'a statistic', s, shape);
  const { eps = EPSILON } = options;
  const [weight, bias] = affine(op, t, options, shape) as [Tensor, Tensor];
  const [average, variance] = statistics as [Tensor, Tensor];
  const factor = mul(weight, rsqrt(add(variance, eps)));
  const shift = sub(bias, mul(average, factor));
  return scaledConv(t, factor, shift) ?? channelAffine(t, factor, shift);
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
  vjp: ([g], { inputs: [x, weight], attrs: { eps } }) => {
    if (!g) return [];
    const factor = alongChannels(weight!, x!.rank);
    const { byInput, byWeight, byBias } = standardGradient(g, x!, factor, spatialAxes(x!), eps);
    return [byInput, toChannels(byWeight), toChannels(byBias)];
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
