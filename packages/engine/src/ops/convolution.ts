/**
 * @module Convolutions and their transposes over one, two or three spatial axes.
 *
 * Layouts are PyTorch's: x [N, C, ...spatial], weight [O, C/groups, ...kernel] (transposed convolution:
 * [C, O/groups, ...kernel]). Gradients are convolutions and matrix products too, so every order exists.
 */
import { addDims, ceilDivDim, type Dim, floorDivDim, mulDims, sameDim, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import { apply, asTensor, expectShape, type Node, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { depthToSpace, spaceToDepth } from './interleave.js';
import { matmul } from './linalg.js';
import { sum } from './reduce.js';
import { broadcastTo, concat, dilate, flip, pad, reshape, slice, swapAxes, transpose } from './shape.js';

/** One number for all spatial axes, or one for each. */
type PerAxis = number | readonly number[];

export interface ConvOptions {
  /** [O] */
  readonly bias?: TensorLike;
  readonly stride?: PerAxis;
  /** Zeros added at both ends; `[before, after]` pairs for unequal ends. */
  readonly padding?: PerAxis | readonly (readonly [number, number])[];
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

/** Geometry of a convolution: one entry per spatial axis. */
interface ConvAttrs {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

const perAxis = (value: PerAxis, axes: number): readonly number[] =>
  typeof value === 'number' ? Array.from({ length: axes }, () => value) : value;

const spatial = (t: Tensor): readonly Dim[] => t.shape.slice(2);

/** Kernel sizes, which must be numbers. */
const kernelOf = (op: string, weight: Tensor): readonly number[] =>
  spatial(weight).map((k) => {
    if (typeof k !== 'number')
      throw new TensorError(op, `kernel ${shapeText(weight.shape)} has a symbolic size`);
    return k;
  });

const convOp: Op<ConvAttrs> = {
  name: 'conv',
  infer: ([x, w, bias], { stride, padding, dilation, groups }) => {
    if (x!.dtype !== w!.dtype) throw new TensorError('conv', `dtypes differ: ${x!.dtype} and ${w!.dtype}`);
    const [n, c, ...size] = x!.shape;
    const [o, perGroup, ...kernel] = w!.shape;
    const misfit =
      x!.rank !== w!.rank || !sameDim(c!, mulDims(perGroup!, groups)) || (o as number) % groups !== 0;
    if (misfit) {
      throw new TensorError(
        'conv',
        `input ${shapeText(x!.shape)} does not fit weight ${shapeText(w!.shape)}${groups > 1 ? ` with ${groups} groups` : ''}`,
      );
    }
    if (bias) expectShape('conv', 'bias', bias, [o!]);
    const out = size.map((d, i) => {
      const reach = dilation[i]! * ((kernel[i] as number) - 1) + 1;
      const padded = addDims(d, ...padding[i]!);
      if (typeof padded === 'number' && padded < reach) {
        throw new TensorError('conv', `kernel of ${reach} does not fit into ${padded} (padding included)`);
      }
      return addDims(floorDivDim(subDims(padded, reach), stride[i]!), 1);
    });
    return [{ dtype: x!.dtype, shape: [n!, o!, ...out] }];
  },
  vjp: ([g], { inputs: [x, w, bias], attrs }) =>
    g
      ? [
          inputGradient(g, w!, spatial(x!), attrs),
          weightGradient(g, x!, kernelOf('conv', w!), attrs),
          bias && sum(g, { axes: g.shape.flatMap((_, i) => (i === 1 ? [] : [i])) }),
        ]
      : [undefined, undefined, undefined],
  lower: (l, node) => {
    const { stride, padding, dilation, groups } = node.attrs;
    const [x, w, ...bias] = l.inputs(node) as [string, string, string?];
    const extra = l.device === 'webgpu' ? channelsMissing(node) : 0;
    const padded = (name: string, rank: number) =>
      l.node('Pad', [name, l.ints([...zeros(rank), 0, extra, ...zeros(rank - 2)])]);
    const { rank } = node.inputs[0]!;
    const operands = extra > 0 ? [padded(x, rank), padded(w, rank)] : [x, w];
    return l.node('Conv', [...operands, ...(bias as string[])], {
      strides: stride,
      pads: [...padding.map(([b]) => b), ...padding.map(([, a]) => a)],
      dilations: dilation,
      group: groups,
    });
  },
  lowerBlocked: (b, node) => (node.attrs.groups === 1 ? b.conv(node, node.attrs) : undefined),
};

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);

/**
 * How many channels of zeros keep ONNX Runtime 1.30's WebGPU kernel right: it errs for 6, 9, 15, … channels
 * (multiples of 3, not of 4) where the result has a multiple of 4.
 */
function channelsMissing({ inputs: [x, w], attrs: { groups } }: Node<ConvAttrs>): number {
  const [c, o] = [x!.shape[1]!, w!.shape[0]!];
  if (groups > 1 || typeof c !== 'number' || typeof o !== 'number') return 0;
  return c > 3 && c % 3 === 0 && o % 4 === 0 ? (4 - (c % 4)) % 4 : 0;
}

/**
 * Gradient by the input: the transposed convolution with the same weight, which is a convolution of the
 * gradient too. What the strides left unread at the end gets zeros.
 */
function inputGradient(g: Tensor, w: Tensor, size: readonly Dim[], attrs: ConvAttrs): Tensor {
  const crop = attrs.padding.map(([before], i): readonly [number, Dim] => [before, size[i]!]);
  return transposed(g, w, attrs, crop);
}

/**
 * The transposed convolution Σ_t w[t] x[q] at position q·stride + t·dilation, of which each spatial axis
 * keeps `[start, length]`. Weight [C, O/groups, ...kernel] (O = this result's channels).
 *
 * With stride s, result position q·s + j needs only the taps t ≡ j (mod s): s interleaved convolutions
 * ("sub-pixel"), written as one with s times the channels. No product with an inserted zero is computed.
 */
function transposed(
  x: Tensor,
  w: Tensor,
  { stride, dilation, groups }: Omit<ConvAttrs, 'padding'>,
  crop: readonly (readonly [number, Dim])[],
  bias?: Tensor,
): Tensor {
  const axes = stride.map((_, i) => i);
  const spread = axes.filter((i) => stride[i]! > 1 && dilation[i]! > 1);
  if (spread.length > 0) {
    // Strides and dilations on one axis interleave irregularly: write the kernel's own zeros out.
    const dense = spread.reduce((t, i) => trimmedDilate(t, i + 2, dilation[i]!), w);
    const rest = dilation.map((d, i) => (spread.includes(i) ? 1 : d));
    return transposed(x, dense, { stride, dilation: rest, groups }, crop, bias);
  }
  const kernel = kernelOf('convTranspose', w);
  /** Taps of each phase. */
  const taps = axes.map((i) => Math.ceil(kernel[i]! / stride[i]!));
  const [c, perGroup] = w.shape as [number, number];
  const phases = stride.reduce((a, b) => a * b, 1);

  // [C, O/g, ...k] → [g, C/g, O/g, (taps, phase) per axis] → [g·phases·O/g, C/g, ...taps], taps reversed.
  const padded = pad(
    w,
    axes.map((i) => [0, taps[i]! * stride[i]! - kernel[i]!] as const),
  );
  const cut = reshape(padded, [groups, c / groups, perGroup, ...axes.flatMap((i) => [taps[i]!, stride[i]!])]);
  const order = [0, ...axes.map((i) => 4 + 2 * i), 2, 1, ...axes.map((i) => 3 + 2 * i)];
  const phased = reshape(transpose(cut, order), [groups * phases * perGroup, c / groups, ...taps]);
  const kernels = axes.reduce((t, i) => flip(t, i + 2), phased);

  // Only the positions that the crop keeps are computed: they decide the padding, which may be negative.
  const plan = axes.map((i) => {
    const [start, length] = crop[i]!;
    const reach = dilation[i]! * (taps[i]! - 1);
    const first = Math.floor(start / stride[i]!);
    const end = subDims(ceilDivDim(addDims(length, start), stride[i]!), x.shape[i + 2]!);
    return {
      before: reach - first,
      after: typeof end === 'number' ? end : reach,
      from: start - first * stride[i]!,
    };
  });
  const inner = plan.reduce(
    (t, { before, after }, i) =>
      slice(t, i + 2, Math.max(-before, 0), subDims(t.shape[i + 2]!, Math.max(-after, 0))),
    x,
  );
  const biases =
    bias && reshape(broadcastTo(reshape(bias, [groups, 1, perGroup]), [groups, phases, perGroup]), [-1]);
  const y = apply(convOp, biases ? [inner, kernels, biases] : [inner, kernels], {
    stride: axes.map(() => 1),
    padding: plan.map(({ before, after }) => [Math.max(before, 0), Math.max(after, 0)] as const),
    dilation,
    groups,
  });
  const shuffled = depthToSpace(y, stride, groups);
  return plan.reduce((t, { from }, i) => fit(t, i + 2, from, crop[i]![1]), shuffled);
}

/** `length` elements of an axis from `start` on; zeros where it has fewer. */
function fit(t: Tensor, axis: number, start: number, length: Dim): Tensor {
  const missing = subDims(addDims(length, start), t.shape[axis]!);
  const long =
    typeof missing === 'number' && missing > 0
      ? pad(
          t,
          t.shape.slice(axis).map((_, i) => [0, i === 0 ? missing : 0] as const),
        )
      : t;
  return slice(long, axis, start, addDims(length, start));
}

/** Zeros between the elements of an axis, none after the last. */
const trimmedDilate = (t: Tensor, axis: number, step: number): Tensor =>
  slice(dilate(t, axis, step), axis, 0, ((t.shape[axis] as number) - 1) * step + 1);

/**
 * Gradient by the weight: for each tap a product of the output's gradient [O, N·positions] with the input
 * as that tap saw it [N·positions, C].
 *
 * With stride s the input is first split into its s phases, which become channels: the taps then read
 * neighbours, and there are s times fewer products, each s times larger.
 */
function weightGradient(g: Tensor, x: Tensor, kernel: readonly number[], attrs: ConvAttrs): Tensor {
  const { stride, padding, dilation, groups } = attrs;
  const axes = kernel.map((_, i) => i);
  const [n, o, ...positions] = g.shape as [Dim, number, ...Dim[]];
  const s = axes.map((i) => (dilation[i] === 1 ? stride[i]! : 1));
  const taps = axes.map((i) => Math.ceil(kernel[i]! / s[i]!));
  const phases = s.reduce((a, b) => a * b, 1);
  const perGroup = (x.shape[1] as number) / groups;
  /** Channels of a group, phases included. */
  const c = perGroup * phases;

  // Each axis padded or cut to exactly what the taps read: a multiple of its phases.
  let input = x;
  for (const i of axes) {
    const span = addDims(
      mulDims(subDims(positions[i]!, 1), stride[i]!),
      s[i]! > 1 ? s[i]! * taps[i]! : dilation[i]! * (kernel[i]! - 1) + 1,
    );
    const [before] = padding[i]!;
    const after = subDims(subDims(span, x.shape[i + 2]!), before);
    const short = typeof after === 'number' && after < 0;
    const widths = axes.slice(i).map((k) => (k === i ? [before, short ? 0 : after] : [0, 0]) as [Dim, Dim]);
    const wide = pad(input, widths);
    input = short ? slice(wide, i + 2, 0, span) : wide;
  }
  const phased = spaceToDepth(input, s, groups);

  const count = mulDims(...positions);
  const whole = typeof n === 'number' && typeof count === 'number' && o * c > 2 * (o + groups * c) * count;
  const products = tapsOf(taps).map((tap) => {
    const seen = axes.reduce((t, i) => {
      const from = tap[i]! * (s[i]! > 1 ? 1 : dilation[i]!);
      const step = s[i]! > 1 ? 1 : stride[i]!;
      return slice(t, i + 2, from, addDims(mulDims(subDims(positions[i]!, 1), step), from + 1), step);
    }, phased);
    return whole ? wholeProduct(g, seen, groups) : batchProduct(g, seen, groups);
  });
  // [g, O/g, phases·C/g] per tap → [O, C/g, (taps, phase) per axis], cut back to the kernel.
  const k = axes.length;
  const stacked = concat(
    products.map((p) => reshape(p, [o, ...s, perGroup, 1])),
    -1,
  );
  const unfolded = reshape(stacked, [o, ...s, perGroup, ...taps]);
  const order = [0, 1 + k, ...axes.flatMap((i) => [2 + k + i, 1 + i])];
  const merged = reshape(transpose(unfolded, order), [o, perGroup, ...axes.map((i) => taps[i]! * s[i]!)]);
  return axes.reduce((t, i) => slice(t, i + 2, 0, kernel[i]!), merged);
}

/** Σ over batch and positions, example by example: nothing is reordered, N partial results are added up. */
function batchProduct(g: Tensor, seen: Tensor, groups: number): Tensor {
  const rows = reshape(g, [g.shape[0]!, groups, (g.shape[1] as number) / groups, -1]);
  const columns = reshape(seen, [seen.shape[0]!, groups, (seen.shape[1] as number) / groups, -1]);
  return sum(matmul(rows, swapAxes(columns, 2, 3)), { axes: 0 });
}

/** The same as one product: better where the result is larger than the operands. */
function wholeProduct(g: Tensor, seen: Tensor, groups: number): Tensor {
  const rows = reshape(swapAxes(g, 0, 1), [groups, (g.shape[1] as number) / groups, -1]);
  const columns = reshape(swapAxes(seen, 0, 1), [groups, (seen.shape[1] as number) / groups, -1]);
  return matmul(rows, swapAxes(columns, 1, 2));
}

/** All positions of a kernel, last axis fastest. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (list, k) => list.flatMap((head) => Array.from({ length: k }, (_, t) => [...head, t])),
    [[]],
  );
}

function pairs(
  padding: NonNullable<ConvOptions['padding']>,
  axes: number,
): readonly (readonly [number, number])[] {
  if (typeof padding === 'number') return perAxis(padding, axes).map((p) => [p, p]);
  return padding.map((p) => (typeof p === 'number' ? [p, p] : p));
}

function conv(name: string, axes: number) {
  return (x: TensorLike, weight: TensorLike, options: ConvOptions = {}): Tensor => {
    const { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const [t, w] = [asTensor(x), asTensor(weight)];
    if (t.rank !== axes + 2) {
      throw new TensorError(name, `input ${shapeText(t.shape)} must have ${axes + 2} axes [N, C, ...]`);
    }
    const attrs: ConvAttrs = {
      stride: perAxis(stride, axes),
      padding: pairs(padding, axes),
      dilation: perAxis(dilation, axes),
      groups,
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
    const [s, p, e, d] = [stride, padding, outputPadding, dilation].map((v) => perAxis(v, axes)) as [
      readonly number[],
      readonly number[],
      readonly number[],
      readonly number[],
    ];
    const crop = kernel.map((k, i): readonly [number, Dim] => [
      p[i]!,
      addDims(mulDims(subDims(t.shape[i + 2]!, 1), s[i]!), d[i]! * (k - 1) + 1 + e[i]! - 2 * p[i]!),
    ]);
    const shift = bias === undefined ? undefined : asTensor(bias);
    return transposed(t, w, { stride: s, dilation: d, groups }, crop, shift);
  };
}

/** Transposed convolution: x [N, C, T] with weight [C, O/groups, k] → [N, O, (T-1)·stride - 2·padding + dilation·(k-1) + outputPadding + 1]. */
export const convTranspose1d = convTranspose('convTranspose1d', 1);
/** Two-dimensional {@link convTranspose1d}: weight [C, O/groups, kh, kw]. */
export const convTranspose2d = convTranspose('convTranspose2d', 2);
/** Three-dimensional {@link convTranspose1d}: weight [C, O/groups, kd, kh, kw]. */
export const convTranspose3d = convTranspose('convTranspose3d', 3);
