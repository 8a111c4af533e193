/**
 * @module Convolutions and their transposes over one, two or three spatial axes.
 *
 * Layouts are PyTorch's: x [N, C, ...spatial], weight [O, C/groups, ...kernel] (transposed convolution:
 * [C, O/groups, ...kernel]). The three operations of this file are each other's gradients, so every order
 * exists; `convolution-forms.ts` knows how the gradients are computed.
 */

import { addDims, type Dim, mulDims, sameDim, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import { apply, asTensor, expectShape, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { batchAsChannels } from './convolution-batch.js';
import { phasedForm, transposedForm, weightGradientForm, writeConv } from './convolution-forms.js';
import { add, mul } from './elementwise.js';
import { sum } from './reduce.js';
import { reshape } from './shape.js';
import { slice } from './slicing.js';
import {
  expectSpatial,
  type Padding,
  type PerAxis,
  perAxis,
  type WindowAttrs,
  windowAttrs,
  windowCounts,
} from './windows.js';

export interface ConvOptions {
  /** [O] */
  readonly bias?: TensorLike;
  readonly stride?: PerAxis;
  /** Zeros added at both ends; `[before, after]` pairs for unequal ends. */
  readonly padding?: Padding;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}

export interface ConvTransposeOptions {
  /** [O] */
  readonly bias?: TensorLike;
  readonly stride?: PerAxis;
  /** Elements cut off both ends of the result. */
  readonly padding?: PerAxis;
  /** Elements added at the end of the result. */
  readonly outputPadding?: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}

/** Geometry of a convolution. */
export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
}

const spatial = (t: Tensor): readonly Dim[] => t.shape.slice(2);

/** Kernel sizes, which must be numbers. */
export const kernelOf = (op: string, weight: Tensor): readonly number[] =>
  spatial(weight).map((k) => {
    if (typeof k !== 'number')
      throw new TensorError(op, `kernel ${shapeText(weight.shape)} has a symbolic size`);
    return k;
  });

/** Σ over batch and positions: a bias's gradient. */
const perChannel = (g: Tensor): Tensor => sum(g, { axes: g.shape.flatMap((_, i) => (i === 1 ? [] : [i])) });

const geometry = ({ stride, padding, dilation, groups }: ConvAttrs): ConvAttrs => ({
  stride,
  padding,
  dilation,
  groups,
});

const convOp: Op<ConvAttrs> = {
  name: 'conv',
  infer: ([x, w, bias], attrs) => {
    const { groups } = attrs;
    if (x!.dtype !== w!.dtype) throw new TensorError('conv', `dtypes differ: ${x!.dtype} and ${w!.dtype}`);
    const [n, c, ...size] = x!.shape;
    const [o, perGroup] = w!.shape;
    const misfit =
      x!.rank !== w!.rank || !sameDim(c!, mulDims(perGroup!, groups)) || (o as number) % groups !== 0;
    if (misfit) {
      throw new TensorError(
        'conv',
        `input ${shapeText(x!.shape)} does not fit weight ${shapeText(w!.shape)}${groups > 1 ? ` with ${groups} groups` : ''}`,
      );
    }
    if (bias) expectShape('conv', 'bias', bias, [o!]);
    const positions = windowCounts('conv', size, kernelOf('conv', w!), attrs);
    return [{ dtype: x!.dtype, shape: [n!, o!, ...positions] }];
  },
  vjp: ([g], { inputs: [x, w, bias], attrs }) =>
    g
      ? [
          apply(convTransposeOp, [g, w!], { ...attrs, size: spatial(x!) }),
          apply(weightGradientOp, [g, x!], { ...attrs, kernel: kernelOf('conv', w!) }),
          bias && perChannel(g),
        ]
      : [undefined, undefined, undefined],
  lower: (l, node) => writeConv(l, node, l.value(node.inputs[1]!)),
  lowerBlocked: (b, node) => {
    const [x] = node.inputs as [Tensor];
    const form = b.fits(x) && phasedForm(node, b.block);
    if (!form) return b.conv(node, node.attrs);
    b.value(x);
    return b.alias(b.lowering.compose(node, form), node.outputs[0]!);
  },
};

/** The first `size` positions of a convolution: its adjoint may have been longer than its input makes. */
const convCut = (x: Tensor, w: Tensor, attrs: ConvAttrs, size: readonly Dim[]): Tensor =>
  size.reduce<Tensor>((t, d, i) => slice(t, i + 2, 0, d), apply(convOp, [x, w], geometry(attrs)));

/**
 * The adjoint, by its input, of the convolution of `attrs` whose input has `size`: weight
 * [C, O/groups, ...k], x [N, C, ...] → [N, O, ...size]. What strides left unread at the end gets zeros.
 */
const convTransposeOp: Op<ConvAttrs & { readonly size: readonly Dim[] }> = {
  name: 'convTranspose',
  infer: ([x, w, bias], { groups, size }) => {
    const channels = mulDims(w!.shape[1]!, groups);
    if (bias) expectShape('convTranspose', 'bias', bias, [channels]);
    return [{ dtype: x!.dtype, shape: [x!.shape[0]!, channels, ...size] }];
  },
  vjp: ([g], { inputs: [x, w, bias], attrs }) =>
    g
      ? [
          convCut(g, w!, attrs, spatial(x!)),
          apply(weightGradientOp, [x!, g], {
            ...geometry(attrs),
            kernel: kernelOf('convTranspose', w!),
          }),
          bias && perChannel(g),
        ]
      : [undefined, undefined, undefined],
  lower: (l, node) => l.value(l.compose(node, () => transposedForm(node))),
  lowerBlocked: (b, node) => {
    const y = b.lowering.compose(node, () => transposedForm(node));
    return b.has(y) ? b.alias(y, node.outputs[0]!) : undefined;
  },
};

/**
 * Gradient of a convolution by its weight, from its result's gradient g [N, O, ...] and its input
 * x [N, C, ...]: [O, C/groups, ...kernel].
 */
const weightGradientOp: Op<ConvAttrs & { readonly kernel: readonly number[] }> = {
  name: 'convWeightGradient',
  infer: ([g, x], { groups, kernel }) => [
    { dtype: g!.dtype, shape: [g!.shape[1]!, (x!.shape[1] as number) / groups, ...kernel] },
  ],
  vjp: ([h], { inputs: [g, x], attrs }) =>
    h
      ? [
          convCut(x!, h, attrs, spatial(g!)),
          apply(convTransposeOp, [g!, h], { ...geometry(attrs), size: spatial(x!) }),
        ]
      : [undefined, undefined],
  lower: (l, node) =>
    (l.blocked && batchAsChannels(l.blocked, node)) ??
    l.value(l.compose(node, () => weightGradientForm(node))),
};

/** The number of groups. @throws TensorError when it is none. */
function groupCount(op: string, groups: number): number {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new TensorError(op, `groups ${groups} is not a whole number ≥ 1`);
  }
  return groups;
}

/**
 * y · scale + shift, one number for each channel `[O]`, for the result y of a convolution: another convolution.
 *
 * @returns undefined where y is something else.
 */
export function scaledConv(y: Tensor, scale: Tensor, shift: Tensor): Tensor | undefined {
  const { op, inputs, attrs } = y.node;
  if (op !== convOp) return undefined;
  const [x, w, bias] = inputs as [Tensor, Tensor, Tensor?];
  const weight = mul(w, reshape(scale, [-1, ...Array(w.rank - 1).fill(1)]));
  return apply(convOp, [x, weight, bias ? add(mul(bias, scale), shift) : shift], attrs as ConvAttrs);
}

function conv(name: string, axes: number) {
  return (x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor => {
    const { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const [t, w] = [asTensor(x), asTensor(weight)];
    expectSpatial(name, t, axes);
    const attrs: ConvAttrs = {
      ...windowAttrs(name, axes, { stride, padding, dilation }),
      groups: groupCount(name, groups),
    };
    return apply(convOp, bias === undefined ? [t, w] : [t, w, asTensor(bias)], attrs);
  };
}

/** x [N, C, T] with weight [O, C/groups, k] → [N, O, T']. */
export const conv1d = conv('conv1d', 1);
/** x [N, C, H, W] with weight [O, C/groups, kh, kw] → [N, O, H', W']. */
export const conv2d = conv('conv2d', 2);
/** x [N, C, D, H, W] with weight [O, C/groups, kd, kh, kw] → [N, O, D', H', W']. */
export const conv3d = conv('conv3d', 3);

function convTranspose(name: string, axes: number) {
  return (x: TensorLike, weight: TensorLike, options: ConvTransposeOptions = {}): Tensor => {
    const { bias, stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const [t, w] = [asTensor(x), asTensor(weight)];
    if (t.rank !== axes + 2 || w.rank !== axes + 2 || !sameDim(t.shape[1]!, w.shape[0]!)) {
      throw new TensorError(
        name,
        `input ${shapeText(t.shape)} does not fit weight ${shapeText(w.shape)} [C, O/groups, ...kernel]`,
      );
    }
    const kernel = kernelOf(name, w);
    const windows = windowAttrs(name, axes, { stride, padding, dilation });
    const extra = perAxis(name, 'outputPadding', outputPadding, axes, 0);
    const size = kernel.map((k, i) => {
      const [s, [before, after], d] = [windows.stride[i]!, windows.padding[i]!, windows.dilation[i]!];
      const length = addDims(
        mulDims(subDims(t.shape[i + 2]!, 1), s),
        d * (k - 1) + 1 + extra[i]! - before - after,
      );
      if (typeof length === 'number' && length < 1) {
        throw new TensorError(name, `the result's axis ${i + 2} would have ${length} elements`);
      }
      return length;
    });
    const attrs = { ...windows, groups: groupCount(name, groups), size };
    return apply(convTransposeOp, bias === undefined ? [t, w] : [t, w, asTensor(bias)], attrs);
  };
}

/** Transposed convolution: x [N, C, T] with weight [C, O/groups, k] → [N, O, (T-1)·stride - 2·padding + dilation·(k-1) + outputPadding + 1]. */
export const convTranspose1d = convTranspose('convTranspose1d', 1);
/** Two-dimensional {@link convTranspose1d}: weight [C, O/groups, kh, kw]. */
export const convTranspose2d = convTranspose('convTranspose2d', 2);
/** Three-dimensional {@link convTranspose1d}: weight [C, O/groups, kd, kh, kw]. */
export const convTranspose3d = convTranspose('convTranspose3d', 3);
