/**
 * @module Loops that end on a condition.
 */
import { type Body, recordBody, tensorsOf, withTensors } from '../body.js';
import { shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { applyMany, asTensor, expectShape, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { cast } from './functions.js';

interface WhileAttrs {
  /** Parameters: states, captured. Results: condition, states. */
  readonly body: Body;
  readonly states: number;
}

const whileOp: Op<WhileAttrs> = {
  name: 'whileLoop',
  infer: (inputs, { states }) => inputs.slice(2, 2 + states),
  vjp: () => {
    throw new TensorError('whileLoop', 'has no gradient: use scan, or give it one with customVjp');
  },
  lower: (l, node) => {
    const { body, states } = node.attrs;
    const names = l.inputs(node);
    const iteration = { name: l.graph.name('iteration'), dtype: 'int64' as const, shape: [] };
    const condition = { name: l.graph.name('condition'), dtype: 'bool' as const, shape: [] };
    const graph = l.subgraph('while', {
      args: [
        iteration,
        condition,
        ...body.parameters.slice(0, states).map((tensor, i) => ({ name: l.graph.name(`state${i}`), tensor })),
      ],
      captured: body.parameters.slice(states).map((tensor, i) => ({ name: names[2 + states + i]!, tensor })),
      results: body.results,
    });
    const limit = l.cast(names[0]!, 'int64');
    return l.nodes('Loop', [limit, ...names.slice(1, 2 + states)], { body: { graph } }, { outputs: states });
  },
};

/**
 * Repeats `body` on a state while `condition` holds, at most `maxIterations` times. For inference: decoders,
 * adaptive solvers.
 *
 * @param condition - from the state to a bool scalar. One that never fails hangs the process: where that can
 *   happen, set `maxIterations`.
 * @returns the final state. Asking for its gradient throws.
 * @throws TensorError when the state changes its shape, dtype or structure, or the condition is not a bool scalar.
 */
export function whileLoop<S>(
  condition: (state: S) => Tensor,
  body: (state: S) => S,
  init: S,
  { maxIterations = 2 ** 31 - 1 }: { maxIterations?: TensorLike } = {},
): S {
  const start = tensorsOf(init);
  const holds = (state: readonly Tensor[]): Tensor => {
    const t = condition(withTensors(init, state) as S);
    if (t.dtype === 'bool' && t.rank === 0) return t;
    throw new TensorError(
      'whileLoop',
      `the condition is ${t.dtype} ${shapeText(t.shape)}, expected a bool scalar`,
    );
  };
  const { body: recorded, captured } = recordBody('whileLoop', start, (...parameters) => {
    const next = tensorsOf(body(withTensors(init, parameters) as S));
    if (next.length !== start.length) {
      throw new TensorError('whileLoop', `the body returns ${next.length} tensors, got ${start.length}`);
    }
    for (const [i, t] of next.entries()) {
      expectShape('whileLoop', `state ${i} after a step`, t, start[i]!.shape);
      if (t.dtype !== start[i]!.dtype)
        throw new TensorError('whileLoop', `state ${i} turns from ${start[i]!.dtype} into ${t.dtype}`);
    }
    return [holds(next), ...next];
  });
  const limit = cast(asTensor(maxIterations, 'int32'), 'int32');
  const outputs = applyMany(whileOp, [limit, holds(start), ...start, ...captured], {
    body: recorded,
    states: start.length,
  });
  return withTensors(init, outputs) as S;
}
