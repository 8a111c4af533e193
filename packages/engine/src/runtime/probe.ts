/**
 * @module What the processor's blocked layout is, found out by asking ONNX Runtime to reorder something.
 */

import { buildModel } from '../compile/model.js';
import { array } from '../ndarray.js';
import { apply, type Op, placeholder } from '../tensor.js';
import type { Session } from './runtime.js';

/** More channels than any block has. */
const CHANNELS = 64;

const reorderOp: Op = {
  name: 'reorderInput',
  infer: ([x]) => [x!],
  vjp: null,
  lower: (l, node) => l.node('ReorderInput', l.inputs(node), {}, { domain: 'com.microsoft.nchwc' }),
};

/**
 * Channels per block, or undefined where ONNX Runtime has no blocked layout.
 *
 * An image of one row and two columns is numbered through and reordered: its second column, which lies
 * behind the first in memory, then lies behind a whole block of channels.
 */
export async function probeChannelBlock(
  load: (model: Uint8Array) => Promise<Session>,
): Promise<number | undefined> {
  const x = placeholder('x', { dtype: 'float32', shape: [1, CHANNELS, 1, 2] });
  const y = apply(reorderOp, [x], {});
  const model = buildModel(
    [{ name: 'x', tensor: x }],
    [{ name: 'y', tensor: y }],
    { device: 'cpu' },
    { name: 'probe' },
  );
  try {
    const session = await load(model);
    const image = array(Array.from({ length: 2 * CHANNELS }, (_, i) => i)).reshape([1, CHANNELS, 1, 2]);
    const results = await session.run(new Map([['x', image]]), new Map([['y', undefined]]));
    await session.release();
    const block = results.get('y')!.data.indexOf(1 as never);
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}
