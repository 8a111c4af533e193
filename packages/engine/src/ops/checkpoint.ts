/**
 * @module Recomputation: less memory for one more forward pass.
 */
import { bodyGradient } from '../backward.js';
import { callBody, closeBody, record, type TensorArgs, tensorsOf, withTensors } from '../body.js';
import type { Lowering } from '../compile/lowering.js';
import { isFloat } from '../ndarray.js';
import { apply, type Op, type Tensor, type Tensors } from '../tensor.js';
import { withGradient } from './custom-vjp.js';

const barrierOp: Op = {
  name: 'barrier',
  infer: ([x]) => [x!],
  vjp: ([g]) => [g, undefined],
  lower: (l: Lowering, node) => {
    const [x, after] = l.inputs(node) as [string, string];
    const { dtype } = node.inputs[0]!;
    const first = l.node('Slice', [l.reshape(after, [-1]), l.ints([0]), l.ints([1])]);
    const zero = l.node('Mul', [first, l.scalar(0, node.inputs[1]!.dtype)]);
    return l.node('Add', [x, l.reshape(l.cast(zero, dtype), [])]);
  },
};

/** x, available only once `after` is: keeps recomputation from being done early or merged with the original. */
const barrier = (x: Tensor, after: Tensor): Tensor =>
  isFloat(x.dtype) ? apply(barrierOp, [x, after], {}) : x;

/**
 * Calls `fn` so that its intermediate values are not kept for the gradient but computed again: less memory
 * for one more forward pass (PyTorch's `checkpoint`). Values, gradients and assigned variables are the same.
 */
export function checkpoint<Args extends readonly unknown[], R>(
  fn: (...args: TensorArgs<Args>) => R,
  ...args: Args
): Tensors<R> {
  const { parameters, result, assigned } = record(fn, args);
  const { body, captured } = closeBody(parameters, [...tensorsOf(result), ...assigned.values()]);
  const inputs = [...tensorsOf(args), ...captured];
  const outputs = withGradient(callBody(body, inputs), inputs, (gradients, again) => {
    const after = gradients.find((g) => g !== undefined)!;
    return bodyGradient(
      body,
      again.map((t) => barrier(t, after)),
      gradients,
    );
  });
  const first = outputs.length - assigned.size;
  for (const [i, variable] of [...assigned.keys()].entries()) variable.assign(outputs[first + i]!);
  return withTensors(result, outputs);
}
