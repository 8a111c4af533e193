/**
 * @module How convolutions and their gradients are computed: from plain convolutions, matrix products and
 * reordering.
 */
import type { Lowering } from '../compile/lowering.js';
import { addDims, ceilDivDim, type Dim, isStatic, mulDims, subDims } from '../dim.js';
import { apply, type Node, type Op, type Tensor } from '../tensor.js';
import { type ConvAttrs, conv1d, kernelOf } from './convolution.js';
import { cast } from './functions.js';
import { depthToSpace, spaceToDepth } from './interleave.js';
import { matmul } from './linalg.js';
import { sum } from './reduce.js';
import { broadcastTo, reshape, swapAxes, transpose } from './shape.js';
import { BEFORE_FIRST, concat, dilate, pad, padAxis, slice } from './slicing.js';

/** What forms read of the node that they compute. */
type Form<A> = Pick<Node<A & object>, 'inputs' | 'attrs'>;

/** ONNX's convolution of a node's first input, with its bias and a weight [O, C/groups, ...k]. */
export function writeConv(
  l: Lowering,
  { inputs, outputs, attrs }: Pick<Node<ConvAttrs>, 'inputs' | 'outputs' | 'attrs'>,
  weight: string,
): string {
  const { stride, padding, dilation, groups } = attrs;
  const [x, , bias] = inputs;
  const extra =
    l.device === 'webgpu' && groups === 1 ? channelsMissing(x!.shape[1]!, outputs[0]!.shape[1]!) : 0;
  const { rank } = x!;
  const padded = (name: string) =>
    l.node('Pad', [name, l.ints([...zeros(rank), 0, extra, ...zeros(rank - 2)])]);
  const operands = [l.value(x!), weight].map((name) => (extra > 0 ? padded(name) : name));
  return l.node('Conv', bias ? [...operands, l.value(bias)] : operands, {
    strides: stride,
    pads: [...padding.map(([b]) => b), ...padding.map(([, a]) => a)],
    dilations: dilation,
    group: groups,
  });
}

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);

/**
 * How many channels of zeros keep ONNX Runtime 1.30's WebGPU kernel right: it errs for 6, 9, 15, … channels
 * (multiples of 3, not of 4) where the result has a multiple of 4.
 */
function channelsMissing(c: Dim, o: Dim): number {
  if (typeof c !== 'number' || typeof o !== 'number') return 0;
  return c > 3 && c % 3 === 0 && o % 4 === 0 ? (4 - (c % 4)) % 4 : 0;
}

/**
 * A strided, grouped 1-D convolution as one without strides whose input's phases are channels: where those of a
 * group then fill a block, it is faster in blocks although its input is reordered.
 */
export function phasedForm(
  {
    inputs,
    outputs,
    attrs: { stride, padding, dilation, groups },
  }: Pick<Node<ConvAttrs>, 'inputs' | 'outputs' | 'attrs'>,
  block: number,
): (() => Tensor) | undefined {
  const [x, w, ...bias] = inputs as [Tensor, Tensor, Tensor?];
  const [[s], [k], [[before]]] = [
    stride as [number],
    w.shape.slice(2) as [number],
    padding as [readonly [number, number]],
  ];
  const [o, perGroup] = w.shape as [number, number];
  const [length, positions] = [x.shape[2]!, outputs[0]!.shape[2]!];
  if (s === 1 || x.rank !== 3 || dilation[0] !== 1 || perGroup * s !== block || o % (groups * block) !== 0)
    return undefined;
  if (typeof length !== 'number' || typeof positions !== 'number' || length % s !== 0 || before % s !== 0)
    return undefined;
  const taps = Math.ceil(k / s);
  const after = positions - 1 + taps - (before + length) / s;
  if (after < 0) return undefined;
  return () => {
    const cut = reshape(pad(w, [[0, taps * s - k]]), [o, perGroup, taps, s]);
    const phased = reshape(transpose(cut, [0, 3, 1, 2]), [o, s * perGroup, taps]);
    const options = {
      padding: [[before / s, after] as const],
      groups,
      ...(bias[0] ? { bias: bias[0] } : {}),
    };
    return conv1d(spaceToDepth(x, [s], groups), phased, options);
  };
}

/** Which taps of a kernel count: along each axis every `step`-th, from `first` on. */
interface TapChoice {
  readonly first: readonly number[];
  readonly step: readonly number[];
}

/** The chosen taps of each axis, the last one first. */
const chosenTaps = (kernel: readonly number[], { first, step }: TapChoice): number[][] =>
  kernel.map((k, i) =>
    Array.from(
      { length: Math.ceil((k - first[i]!) / step[i]!) },
      (_, t) => first[i]! + t * step[i]!,
    ).reverse(),
  );

/**
 * The adjoint of a convolution without strides, which is a convolution of stride 1 with the chosen taps of the weight
 * [C, O/groups, ...k], transposed and reversed. Part of forms, which have gradients as a whole.
 */
const adjointConvOp: Op<ConvAttrs & TapChoice> = {
  name: 'adjointConv',
  infer: ([x, w], { padding, dilation, groups, ...choice }) => {
    const [n, , ...size] = x!.shape;
    const [, perGroup, ...kernel] = w!.shape as number[];
    const taps = chosenTaps(kernel, choice);
    const out = size.map((d, i) => addDims(d, ...padding[i]!, dilation[i]! * (1 - taps[i]!.length)));
    return [{ dtype: x!.dtype, shape: [n!, perGroup! * groups, ...out] }];
  },
  vjp: null,
  lower: (l, node) => {
    const { groups, first, step } = node.attrs;
    const w = node.inputs[1]!;
    const [c, perGroup, ...kernel] = w.shape as [number, number, ...number[]];
    const axes = kernel.map((_, i) => i + 3);
    const cut = l.reshape(l.value(w), [groups, c / groups, perGroup, ...kernel]);
    const swapped = l.node('Transpose', [cut], { perm: [0, 2, 1, ...axes] });
    const weight = l.reshape(swapped, [groups * perGroup, c / groups, ...kernel]);
    const along = l.ints(kernel.map((_, i) => i + 2));
    const slice = (of: string, ...[starts, ends, steps]: readonly (readonly number[])[]) =>
      l.node('Slice', [of, l.ints(starts!), l.ints(ends!), along, l.ints(steps!)]);
    // Chosen first, reversed then: WebGPU's Slice is wrong for steps below -1.
    const chosen = step.every((s) => s === 1) ? weight : slice(weight, first, kernel, step);
    const [last, beforeFirst, back] = [-1, BEFORE_FIRST, -1].map((n) => kernel.map(() => n));
    const reversed = kernel.every((k) => k === 1) ? weight : slice(chosen, last!, beforeFirst!, back!);
    return writeConv(l, node, reversed);
  },
  lowerBlocked: (b, node) =>
    b.conv(node, node.attrs, chosenTaps(node.inputs[1]!.shape.slice(2) as number[], node.attrs)),
};

/**
 * A transposed convolution: Σ_t w[t] x[q] at position q·stride + t·dilation - padding. Weight
 * [C, O/groups, ...kernel].
 *
 * With stride s, result position q·s + j needs only the taps t ≡ j (mod s): s interleaved convolutions
 * ("sub-pixel"), written as one with s times the channels. No product with an inserted zero is computed.
 */
export function transposedForm({
  inputs,
  attrs,
}: Form<ConvAttrs & { readonly size: readonly Dim[] }>): Tensor {
  const [x, w, bias] = inputs as [Tensor, Tensor, Tensor?];
  const { stride, dilation, groups } = attrs;
  const axes = stride.map((_, i) => i);
  const spread = axes.filter((i) => stride[i]! > 1 && dilation[i]! > 1);
  if (spread.length > 0) {
    // Strides and dilations on one axis interleave irregularly: write the kernel's own zeros out.
    const dense = spread.reduce((t, i) => trimmedDilate(t, i + 2, dilation[i]!), w);
    const rest = dilation.map((d, i) => (spread.includes(i) ? 1 : d));
    return transposedForm({
      inputs: [x, dense, ...(bias ? [bias] : [])],
      attrs: { ...attrs, dilation: rest },
    });
  }
  const kernel = kernelOf('convTranspose', w);
  const taps = axes.map((i) => Math.ceil(kernel[i]! / stride[i]!));
  const phases = product(stride);
  // As one convolution all phases have as many taps as the longest: 16 instead of 9 for 3 × 3 taps and stride 2. Blocks
  // have no depthwise convolution to several channels each.
  const wasteful = product(taps) * phases > 1.25 * product(kernel) || (groups > 1 && groups === w.shape[0]);
  const apart = axes.length > 1 && phases > 1 && wasteful && isStatic(x.shape.slice(2));
  return (apart ? phasesApart : phasesTogether)(x, w, bias, attrs);
}

/** A transposed convolution without dilated strides. */
type Phases = (
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  attrs: ConvAttrs & { readonly size: readonly Dim[] },
) => Tensor;

/** All phases as one convolution of as many times the channels. */
const phasesTogether: Phases = (x, w, bias, { stride, padding, dilation, groups, size }) => {
  const axes = stride.map((_, i) => i);
  const kernel = kernelOf('convTranspose', w);
  const taps = axes.map((i) => Math.ceil(kernel[i]! / stride[i]!));
  const [c, perGroup] = w.shape as [number, number];
  const phases = product(stride);

  // [C, O/g, ...k] → [C, O/g, (taps, phase) per axis] → [C, phases·O/g, ...taps].
  const padded = pad(
    w,
    axes.map((i) => [0, taps[i]! * stride[i]! - kernel[i]!] as const),
  );
  const cut = reshape(padded, [c, perGroup, ...axes.flatMap((i) => [taps[i]!, stride[i]!])]);
  const order = [0, ...axes.map((i) => 3 + 2 * i), 1, ...axes.map((i) => 2 + 2 * i)];
  const phased = reshape(transpose(cut, order), [c, phases * perGroup, ...taps]);
  const biases =
    bias && reshape(broadcastTo(reshape(bias, [groups, 1, perGroup]), [groups, phases, perGroup]), [-1]);
  const starts = padding.map(([start]) => start);
  const y = phaseConv(
    x,
    phased,
    biases,
    { dilation, groups },
    {
      first: axes.map(() => 0),
      step: axes.map(() => 1),
      from: axes.map((i) => Math.floor(starts[i]! / stride[i]!)),
      length: axes.map((i) => {
        const end = ceilDivDim(addDims(size[i]!, starts[i]!), stride[i]!);
        return subDims(end, Math.floor(starts[i]! / stride[i]!));
      }),
    },
  );
  return axes.reduce(
    (t, i) => fit(t, i + 2, starts[i]! % stride[i]!, size[i]!, stride[i]! - 1),
    depthToSpace(y, stride, groups),
  );
};

/** Each phase as a convolution with its own taps. */
const phasesApart: Phases = (x, w, bias, { stride, padding, dilation, groups, size }) => {
  const axes = stride.map((_, i) => i);
  const kernel = kernelOf('convTranspose', w);
  const channels = (w.shape[1] as number) * groups;
  const length = axes.map((i) => ceilDivDim(size[i]!, stride[i]!));
  // Phases count from the result's first position, not from what is cut off before it: only the end may be too long.
  const each = tapsOf(stride).map((phase) => {
    const at = axes.map((i) => phase[i]! + padding[i]![0]);
    const first = axes.map((i) => at[i]! % stride[i]!);
    if (first.every((t, i) => t < kernel[i]!)) {
      const from = axes.map((i) => Math.floor(at[i]! / stride[i]!));
      return phaseConv(x, w, bias, { dilation, groups }, { first, step: stride, from, length });
    }
    const nothing = bias ? reshape(bias, [channels, ...stride.map(() => 1)]) : cast(0, x.dtype);
    return broadcastTo(nothing, [x.shape[0]!, channels, ...length]);
  });
  return axes.reduce(
    (t, i) => fit(t, i + 2, 0, size[i]!, stride[i]! - 1),
    depthToSpace(concat(each, 1), stride),
  );
};

/** `length` positions of a phase, `from` one on, from its taps. They decide the padding, which may be negative. */
function phaseConv(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  { dilation, groups }: Pick<ConvAttrs, 'dilation' | 'groups'>,
  {
    from,
    length,
    ...choice
  }: TapChoice & { readonly from: readonly number[]; readonly length: readonly Dim[] },
): Tensor {
  const plan = chosenTaps(kernelOf('convTranspose', w), choice).map((taps, i) => {
    const reach = dilation[i]! * (taps.length - 1);
    const after = subDims(addDims(length[i]!, from[i]!), x.shape[i + 2]!);
    return { before: reach - from[i]!, after: typeof after === 'number' ? after : reach };
  });
  const inner = plan.reduce(
    (t, { before, after }, i) =>
      slice(t, i + 2, Math.max(-before, 0), subDims(t.shape[i + 2]!, Math.max(-after, 0))),
    x,
  );
  return apply(adjointConvOp, bias ? [inner, w, bias] : [inner, w], {
    stride: plan.map(() => 1),
    padding: plan.map(({ before, after }) => [Math.max(before, 0), Math.max(after, 0)] as const),
    dilation,
    groups,
    ...choice,
  });
}

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/**
 * `length` elements of an axis from `start` on; zeros where it has fewer. Where how many are missing is known
 * only at run time, they are `most` at most: what a stride can leave unread.
 */
function fit(t: Tensor, axis: number, start: number, length: Dim, most: number): Tensor {
  const end = addDims(length, start);
  const known = subDims(end, t.shape[axis]!);
  const missing = typeof known === 'number' ? known : most;
  return slice(missing > 0 ? padAxis(t, axis, 0, missing) : t, axis, start, end);
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
export function weightGradientForm({ inputs, attrs }: Form<WeightGradientAttrs>): Tensor {
  const [g, x] = inputs as [Tensor, Tensor];
  const { stride, dilation, groups, kernel } = attrs;
  const axes = kernel.map((_, i) => i);
  const [n, o, ...positions] = g.shape as [Dim, number, ...Dim[]];
  const s = axes.map((i) => (dilation[i] === 1 ? stride[i]! : 1));
  const taps = axes.map((i) => Math.ceil(kernel[i]! / s[i]!));
  const phases = s.reduce((a, b) => a * b, 1);
  const perGroup = (x.shape[1] as number) / groups;
  /** Channels of a group, phases included. */
  const c = perGroup * phases;

  // Each axis padded or cut to exactly what the taps read: a multiple of its phases.
  const spans = axes.map((i) => (s[i]! > 1 ? s[i]! * taps[i]! : dilation[i]! * (kernel[i]! - 1) + 1));
  const input = whatIsRead(x, positions, spans, attrs);
  const phased = spaceToDepth(input, s, groups);

  const count = mulDims(...positions);
  const whole = typeof n === 'number' && typeof count === 'number' && o * c > 2 * (o + groups * c) * count;
  const seen = tapsOf(taps).map((tap) =>
    axes.reduce((t, i) => {
      const from = tap[i]! * (s[i]! > 1 ? 1 : dilation[i]!);
      const step = s[i]! > 1 ? 1 : stride[i]!;
      return slice(t, i + 2, from, addDims(mulDims(subDims(positions[i]!, 1), step), from + 1), step);
    }, phased),
  );
  // [g, O/g, phases·C/g, ...taps] → [O, C/g, (taps, phase) per axis], cut back to the kernel.
  const k = axes.length;
  const stacked = whole
    ? wholeProduct(g, seen, groups)
    : concat(
        seen.map((t) => reshape(batchProduct(g, t, groups), [o, c, 1])),
        -1,
      );
  const unfolded = reshape(stacked, [o, ...s, perGroup, ...taps]);
  const order = [0, 1 + k, ...axes.flatMap((i) => [2 + k + i, 1 + i])];
  const merged = reshape(transpose(unfolded, order), [o, perGroup, ...axes.map((i) => taps[i]! * s[i]!)]);
  return axes.reduce((t, i) => slice(t, i + 2, 0, kernel[i]!), merged);
}

/** The input of a convolution, each axis padded or cut so that the last position reads `spans` up to its end. */
export function whatIsRead(
  x: Tensor,
  positions: readonly Dim[],
  spans: readonly number[],
  { stride, padding }: ConvAttrs,
): Tensor {
  return positions.reduce<Tensor>((t, d, i) => {
    const length = addDims(mulDims(subDims(d, 1), stride[i]!), spans[i]!);
    const [before] = padding[i]!;
    const after = subDims(subDims(length, x.shape[i + 2]!), before);
    const short = typeof after === 'number' && after < 0;
    const wide = padAxis(t, i + 2, before, short ? 0 : after);
    return short ? slice(wide, i + 2, 0, length) : wide;
  }, x);
}

/** Σ over batch and positions, example by example: nothing is reordered, N partial results are added up. */
function batchProduct(g: Tensor, seen: Tensor, groups: number): Tensor {
  const rows = reshape(g, [g.shape[0]!, groups, (g.shape[1] as number) / groups, -1]);
  const columns = reshape(seen, [seen.shape[0]!, groups, (seen.shape[1] as number) / groups, -1]);
  return sum(matmul(rows, swapAxes(columns, 2, 3)), { axes: 0 });
}

/** All taps as one product: better where the result is larger than the operands. [O, C · taps] */
function wholeProduct(g: Tensor, seen: readonly Tensor[], groups: number): Tensor {
  const rows = reshape(swapAxes(g, 0, 1), [groups, (g.shape[1] as number) / groups, -1]);
  const columns = concat(
    seen.map((t) => reshape(swapAxes(t, 0, 1), [groups, (t.shape[1] as number) / groups, 1, -1])),
    2,
  );
  const perGroup = ((seen[0]!.shape[1] as number) / groups) * seen.length;
  return matmul(rows, swapAxes(reshape(columns, [groups, perGroup, -1]), 1, 2));
}

/** All positions of a kernel, last axis fastest. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (list, k) => list.flatMap((head) => Array.from({ length: k }, (_, t) => [...head, t])),
    [[]],
  );
}

export type WeightGradientAttrs = ConvAttrs & { readonly kernel: readonly number[] };
