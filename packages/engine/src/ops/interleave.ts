/**
 * @module Channels to positions and back: how strided convolutions are computed phase by phase.
 */
import { type Dim, exactDivDims, mulDims, type Shape, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { apply, asTensor, type Op, type Tensor, type TensorLike } from '../tensor.js';

interface InterleaveAttrs {
  /** Phases of each spatial axis. */
  readonly strides: readonly number[];
  readonly groups: number;
}

const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/**
 * Shapes of the way from depth to space: [N, groups, ...phases, channels, ...sizes] and, transposed by
 * `perm`, [N, groups, channels, (size, phase) per axis]; `inner` axes (a block of channels) come last.
 */
function way([n, c, ...size]: Shape, { strides, groups }: InterleaveAttrs, inner: readonly number[] = []) {
  const k = strides.length;
  const channels = (c as number) / groups / product(strides);
  const phases = strides.map((_, i) => 2 + i);
  const sizes = strides.map((_, i) => 3 + k + i);
  const last = inner.map((_, i) => 3 + 2 * k + i);
  return {
    split: [n!, groups, ...strides, channels, ...size, ...inner],
    perm: [0, 1, 2 + k, ...strides.flatMap((_, i) => [sizes[i]!, phases[i]!]), ...last],
    merged: [n!, groups, channels, ...strides.flatMap((s, i) => [size[i]!, s]), ...inner],
  };
}

const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

function deepShape(x: Tensor, { strides }: InterleaveAttrs): Shape {
  const [n, c, ...size] = x.shape;
  const divided = size.map((d, i) => exactDivDims(d, strides[i]!));
  if (divided.includes(undefined)) throw misfit('spaceToDepth', x, strides);
  return [n!, mulDims(c!, product(strides)), ...(divided as Dim[])];
}

const misfit = (op: string, x: Tensor, strides: readonly number[]) =>
  new TensorError(op, `${shapeText(x.shape)} does not divide into phases [${strides.join(', ')}]`);

const depthToSpaceOp: Op<InterleaveAttrs> = {
  name: 'depthToSpace',
  infer: ([x], { strides, groups }) => {
    const [n, c, ...size] = x!.shape;
    const channels = typeof c === 'number' ? c / product(strides) / groups : Number.NaN;
    if (!Number.isInteger(channels)) throw misfit('depthToSpace', x!, strides);
    const merged = size.map((d, i): Dim => mulDims(d, strides[i]!));
    return [{ dtype: x!.dtype, shape: [n!, channels * groups, ...merged] }];
  },
  vjp: ([g], { attrs }) => [g && spaceToDepth(g, attrs.strides, attrs.groups)],
  lower: (l, { inputs: [x], outputs: [y], attrs }) => {
    const { split, perm } = way(x!.shape, attrs);
    return l.reshape(l.node('Transpose', [l.reshape(l.value(x!), split)], { perm }), y!.shape);
  },
  lowerBlocked: (b, { inputs: [x], outputs: [y], attrs }) => {
    if (!b.has(x!) || !b.fits(y!)) return undefined;
    if (attrs.groups > 1) {
      const shared = groupsOfBlock(x!, y!, attrs, b.block);
      if (!shared) return undefined;
      const { deep } = shared;
      return b.fold(
        b.lowering.node('Transpose', [b.lowering.reshape(b.value(x!), deep)], { perm: [0, 1, 3, 4, 2, 5] }),
        y!.shape,
      );
    }
    const [n, c, ...size] = blockCounts(y!.shape, b.block);
    const [phases] = attrs.strides;
    if (size.length === 1)
      return b.fold(b.swapRows(b.value(x!), n!, phases!, mulDims(c!, x!.shape[2]!)), y!.shape);
    const { split, perm } = way(blockCounts(x!.shape, b.block), attrs, [b.block]);
    const l = b.lowering;
    return b.fold(l.node('Transpose', [l.reshape(b.value(x!), split)], { perm }), y!.shape);
  },
};

const spaceToDepthOp: Op<InterleaveAttrs> = {
  name: 'spaceToDepth',
  infer: ([x], attrs) => [{ dtype: x!.dtype, shape: deepShape(x!, attrs) }],
  vjp: ([g], { attrs }) => [g && depthToSpace(g, attrs.strides, attrs.groups)],
  lower: (l, { inputs: [x], outputs: [y], attrs }) => {
    const { merged, perm } = way(y!.shape, attrs);
    const phased = l.node('Transpose', [l.reshape(l.value(x!), merged)], { perm: inverse(perm) });
    return l.reshape(phased, y!.shape);
  },
  lowerBlocked: (b, { inputs: [x], outputs: [y], attrs }) => {
    if (!b.has(x!) || !b.fits(y!)) return undefined;
    if (attrs.groups > 1) {
      const shared = groupsOfBlock(y!, x!, attrs, b.block);
      if (!shared) return undefined;
      const { wide } = shared;
      return b.fold(
        b.lowering.node('Transpose', [b.lowering.reshape(b.value(x!), wide)], { perm: [0, 1, 4, 2, 3, 5] }),
        y!.shape,
      );
    }
    const [n, c, ...size] = blockCounts(x!.shape, b.block);
    const [phases] = attrs.strides;
    if (size.length === 1)
      return b.fold(b.swapRows(b.value(x!), n!, mulDims(c!, y!.shape[2]!), phases!), y!.shape);
    const { merged, perm } = way(blockCounts(y!.shape, b.block), attrs, [b.block]);
    const l = b.lowering;
    return b.fold(l.node('Transpose', [l.reshape(b.value(x!), merged)], { perm: inverse(perm) }), y!.shape);
  },
};

/**
 * Shapes of both sides in memory where a block of the deep one is a group, and one of the wide one has several
 * groups' channels: [N, blocks, groups, L, phases, C] and [N, blocks, L, phases, groups, C].
 */
function groupsOfBlock(deep: Tensor, wide: Tensor, { strides, groups }: InterleaveAttrs, block: number) {
  const [n, c, ...size] = wide.shape as [Dim, number, ...Dim[]];
  const [phases, each] = [strides[0]!, c / groups];
  if (size.length !== 1 || phases * each !== block) return undefined;
  const [blocks, together, l] = [c / block, block / each, deep.shape[2]!];
  return { deep: [n, blocks, together, l, phases, each], wide: [n, blocks, l, phases, together, each] };
}

/** A shape with blocks of channels counted instead of channels. */
const blockCounts = ([n, c, ...size]: Shape, block: number): Shape => [n!, (c as number) / block, ...size];

/**
 * Channels to positions: x [N, groups · s · C, L] → [N, groups · C, L · s], where channel (group, phase j,
 * c) at l becomes channel (group, c) at l · s + j; with several spatial axes one phase each. ONNX's
 * DepthToSpace in depth-column-row order, for any number of axes.
 *
 * @throws TensorError when the channels do not divide.
 */
export const depthToSpace = (x: TensorLike, strides: readonly number[], groups = 1): Tensor =>
  product(strides) === 1 ? asTensor(x) : apply(depthToSpaceOp, [asTensor(x)], { strides, groups });

/** The inverse of {@link depthToSpace}: [N, groups · C, L · s] → [N, groups · s · C, L]. */
export const spaceToDepth = (x: TensorLike, strides: readonly number[], groups = 1): Tensor =>
  product(strides) === 1 ? asTensor(x) : apply(spaceToDepthOp, [asTensor(x)], { strides, groups });

/**
 * Channels to pixels, as PyTorch: x [N, C · r², H, W] → [N, C, H · r, W · r] (sub-pixel convolution).
 *
 * @throws TensorError when x is no such batch of images.
 */
export function pixelShuffle(x: TensorLike, factor: number): Tensor {
  const t = asTensor(x);
  const channels = t.rank === 4 ? exactDivDims(t.shape[1]!, factor ** 2) : undefined;
  if (!Number.isInteger(factor) || factor < 1 || typeof channels !== 'number') {
    throw new TensorError('pixelShuffle', `${shapeText(t.shape)} is not [N, C · ${factor}², H, W]`);
  }
  return depthToSpace(t, [factor, factor], channels);
}
