/**
 * @module Weight gradients as convolutions whose channels are the batch: the input of each channel is an image, the
 * gradient its filter, and the result's positions are the taps. In blocks this is faster than products by taps, and
 * copies the input a few times instead of once for each tap.
 */
import type { BlockedLayout } from '../compile/blocked.js';
import type { Node, Tensor } from '../tensor.js';
import { type WeightGradientAttrs, whatIsRead } from './convolution-forms.js';

type WeightGradientNode = Pick<Node<WeightGradientAttrs>, 'inputs' | 'attrs' | 'outputs' | 'scope'>;

/**
 * The weight gradient of a convolution in blocks.
 *
 * @returns undefined where batch or channels are not multiples of blocks, or products by taps are as fast.
 */
export const batchAsChannels = (b: BlockedLayout, node: WeightGradientNode): string | undefined =>
  node.attrs.kernel.length === 2 ? ofImages(b, node) : ofGroups(b, node);

/**
 * Of a 2-D convolution without groups: 3 × 3 taps of 64 to 512 channels reach 76 to 103 GFLOP/s where products by taps,
 * of inputs that lie ready, reach 63 to 80 (one thread).
 */
function ofImages(
  b: BlockedLayout,
  { inputs, attrs, outputs, scope }: WeightGradientNode,
): string | undefined {
  const [g, x] = inputs as [Tensor, Tensor];
  const { stride, dilation, groups, kernel } = attrs;
  const [n, o, ...positions] = g.shape as readonly number[];
  const c = x.shape[1] as number;
  const fits =
    groups === 1 &&
    typeof n === 'number' &&
    n % b.block === 0 &&
    positions.every((d) => typeof d === 'number') &&
    b.fits(g) &&
    kernel.some((k) => k > 1);
  if (!fits) return undefined;
  const l = b.lowering;
  const images = n / b.block;
  const spans = kernel.map((k, i) => dilation[i]! * (k - 1) + 1);
  const read = l.compose({ scope }, () => whatIsRead(x, positions, spans, attrs));
  const [height, width] = read.shape.slice(2) as [number, number];
  const [area, taken] = [height * width, positions.reduce((a, d) => a * d, 1)];
  /** [n/b, m, size] → [m, n/b, size]: blocks of the batch behind channels. */
  const inner = (y: string, m: number, size: number) =>
    images === 1 ? y : l.node('Transpose', [l.reshape(y, [images, m, size])], { perm: [1, 0, 2] });
  const blocked = b.has(x);
  const rows = l.reshape(blocked ? b.value(read) : l.value(read), [images, b.block, 1, c * area]);
  const byBatch = b.toBlocks(rows);
  // Of a blocked input, channels still stand behind positions.
  const image = blocked ? b.swapRows(byBatch, images * (c / b.block), area, b.block) : byBatch;
  const filter = b.swapRows(b.value(g), images, b.block, (o! / b.block) * taken);
  const strips = stripsOf(positions as [number, number], b.block);
  /** Of one strip: its rows of positions, and the rows of the image that they read. */
  const rowsOut = positions[0]! / strips;
  const rowsIn = (rowsOut - 1) * stride[0]! + spans[0]!;
  const whole = inner(image, c, area * b.block);
  const cut = () => {
    const rows = Array.from({ length: strips * rowsIn }, (_, i) => {
      return Math.floor(i / rowsIn) * rowsOut * stride[0]! + (i % rowsIn);
    });
    return l.node('Gather', [l.reshape(whole, [c * images, height, width * b.block]), l.ints(rows)], {
      axis: 1,
    });
  };
  const kernelShape = [rowsOut, positions[1]!];
  const product = b.rawConv(
    l.reshape(strips === 1 ? whole : cut(), [c, strips * n, rowsIn, width]),
    l.reshape(inner(filter, o! / b.block, taken * b.block ** 2), [o!, strips * n, ...kernelShape]),
    { group: 1, kernel_shape: kernelShape, strides: dilation, dilations: stride },
    o!,
  );
  return l.reshape(l.node('Transpose', [product], { perm: [1, 0, 2, 3] }), outputs[0]!.shape);
}

/** Bytes of filters that a convolution in blocks goes through for each position, and that should stay near the processor. */
const NEAR = 2 ** 19;

/**
 * How many strips of rows a gradient is cut into, each a channel of its own like another image: its filter of 4 blocks of outputs (as many
 * as are made together) and one of inputs then fits the second cache.
 */
function stripsOf([height, width]: readonly [number, number], block: number): number {
  const fits = (strips: number) => (height / strips) * width * 4 * block ** 2 * 4 <= NEAR;
  for (let strips = 1; strips <= height; strips++) if (height % strips === 0 && fits(strips)) return strips;
  return height;
}

/** Of a grouped 1-D convolution: half the time of products by taps, which are small for few channels per group. */
function ofGroups(
  b: BlockedLayout,
  { inputs, attrs, outputs, scope }: WeightGradientNode,
): string | undefined {
  const [g, x] = inputs as [Tensor, Tensor];
  const { stride, dilation, groups, kernel } = attrs;
  const [n, o, t] = g.shape as readonly number[];
  const [perGroup, outputsPerGroup] = [outputs[0]!.shape[1] as number, o! / groups];
  /** Groups that share a block of outputs. */
  const sharing = Math.max(1, b.block / outputsPerGroup);
  const fits =
    kernel.length === 1 &&
    groups > 1 &&
    typeof n === 'number' &&
    n % b.block === 0 &&
    typeof t === 'number' &&
    b.fits(g) &&
    (sharing === 1 ? outputsPerGroup % b.block === 0 : Number.isInteger(sharing) && groups % sharing === 0);
  if (!fits) return undefined;
  const l = b.lowering;
  const [images, sets] = [n / b.block, o! / b.block];
  const padded = l.compose({ scope }, () => whatIsRead(x, [t], [dilation[0]! * (kernel[0]! - 1) + 1], attrs));
  const length = padded.shape[2] as number;
  const [rows, convGroups] = [perGroup * sharing, groups / sharing];
  /** [n/b, m, ...] → [m, n/b, ...]: blocks of the batch behind the groups or filters. */
  const inner = (y: string, m: number, size: number) =>
    images === 1 ? y : l.node('Transpose', [l.reshape(y, [images, m, size])], { perm: [1, 0, 2] });
  const image = b.toBlocks(l.reshape(l.value(padded), [images, b.block, 1, groups * perGroup * length]));
  const filter = b.swapRows(b.value(g), images, b.block, sets * t);
  const product = b.rawConv(
    l.reshape(inner(image, convGroups, rows * length * b.block), [1, convGroups * n, rows, length]),
    l.reshape(inner(filter, sets, t * b.block ** 2), [o!, n, 1, t]),
    { group: convGroups, kernel_shape: [1, t], strides: [1, ...dilation], dilations: [1, ...stride] },
    o!,
  );
  if (sharing === 1) return l.reshape(product, outputs[0]!.shape);
  // Outputs met the inputs of all groups of their block: [blocks, (group, O/g, group'), C/g · k], keep group' = group.
  const cut = l.reshape(product, [sets, b.block * sharing, perGroup * kernel[0]!]);
  const own = Array.from({ length: b.block }, (_, i) => i * sharing + Math.floor(i / outputsPerGroup));
  return l.reshape(l.node('Gather', [cut, l.ints(own)], { axis: 1 }), outputs[0]!.shape);
}
