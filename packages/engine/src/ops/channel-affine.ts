/**
 * @module x · scale + shift with one number of each per channel: one pass over memory, where a product and a sum are two.
 */
import { float } from '../compile/graph.js';
import { type Dim, sameDim } from '../dim.js';
import { apply, type Op, type Tensor } from '../tensor.js';
import { add, mul } from './elementwise.js';
import { sumTo } from './reduce.js';
import { reshape } from './shape.js';

const channelAffineOp: Op = {
  name: 'channelAffine',
  infer: ([x]) => [x!],
  vjp: ([g], { inputs: [x, scale, shift] }) => {
    if (!g) return [];
    const byShift = shift && toChannels(g);
    return [channelAffine(g, scale!), toChannels(mul(g, x!)), ...(byShift ? [byShift] : [])];
  },
  // The operator for normalising by given statistics, here a mean of 0 and a variance of 1.
  lower: (l, node) => {
    const [{ dtype, shape }] = node.inputs as [Tensor];
    const filled = (value: number) => l.node('Expand', [l.scalar(value, dtype), l.shape([shape[1]!])]);
    const [x, scale, shift = filled(0)] = l.inputs(node) as [string, string, string?];
    return l.node('BatchNormalization', [x, scale, shift, filled(0), filled(1)], { epsilon: float(0) });
  },
  lowerBlocked: (b, node) => b.channelAffine(node),
};

/**
 * x `[N, C, ...]` times `scale` plus `shift`.
 *
 * @param scale - `[C]`
 * @param shift - `[C]`; nothing is added if absent.
 */
export const channelAffine = (x: Tensor, scale: Tensor, shift?: Tensor): Tensor =>
  apply(channelAffineOp, shift ? [x, scale, shift] : [x, scale], {});

/** The sum over all axes but that of channels [C]: a vector's gradient from one that broadcasts along axis 1. */
export const toChannels = (g: Tensor): Tensor =>
  reshape(sumTo(g, [1, g.shape[1]!, ...Array<Dim>(g.rank - 2).fill(1)]), [g.shape[1]!]);

/** x · scale + shift, where both have one shape that broadcasts to that of x. */
export function affineAlong(x: Tensor, scale: Tensor, shift?: Tensor): Tensor {
  const [batch, channels, ...positions] = scale.shape;
  const perChannel =
    scale.rank === x.rank &&
    batch === 1 &&
    channels !== undefined &&
    sameDim(channels, x.shape[1]!) &&
    positions.every((d) => d === 1);
  if (perChannel) return channelAffine(x, reshape(scale, [channels]), shift && reshape(shift, [channels]));
  return shift ? add(mul(x, scale), shift) : mul(x, scale);
}
