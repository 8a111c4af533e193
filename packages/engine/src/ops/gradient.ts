/**
 * @module Operations that exist for the sake of gradients.
 */
import { apply, asTensor, type Op, type Tensor, type TensorLike } from '../tensor.js';

const stopGradientOp: Op = {
  name: 'stopGradient',
  infer: ([x]) => [x!],
  vjp: null,
  lower: (l, node) => l.value(node.inputs[0]!),
  lowerBlocked: (b, { inputs: [x] }) => (b.has(x!) ? b.value(x!) : undefined),
};
/** The same value, through which no gradient passes (PyTorch's `detach`). */
export const stopGradient = (x: TensorLike): Tensor => apply(stopGradientOp, [asTensor(x)], {});
