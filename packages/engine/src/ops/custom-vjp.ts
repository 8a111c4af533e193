/**
 * @module Functions with gradients of their own.
 */
import { record, replay, type TensorArgs, tensorsOf, withTensors } from '../body.js';
import { TensorError } from '../errors.js';
import {
  applyMany,
  asTensor,
  expectShape,
  type Op,
  type Tensor,
  type TensorLike,
  type Tensors,
} from '../tensor.js';
import { forEachLeaf, isPresent } from '../tree.js';
import { presentAssignments, refusingAssignments } from '../variable.js';
import { zerosLike } from './shape.js';

/** From the gradients by the results (undefined: zero), the arguments and the results to the gradients by the arguments. */
type Rule = (
  gradients: readonly (Tensor | undefined)[],
  args: readonly Tensor[],
  results: readonly Tensor[],
) => readonly (Tensor | undefined)[];

interface CustomVjpAttrs {
  readonly results: number;
  readonly rule: Rule;
}

/** Inputs: a function's results, then its arguments. Outputs: the results. */
const customVjpOp: Op<CustomVjpAttrs> = {
  name: 'customVjp',
  infer: (inputs, { results }) => inputs.slice(0, results),
  // The rule gets the outputs: gradients of its gradients go by it again.
  vjp: (gradients, { inputs, outputs, attrs: { results, rule } }) => [
    ...Array.from({ length: results }, () => undefined),
    ...rule(gradients, inputs.slice(results), outputs),
  ],
  lower: (l, node) => l.inputs(node).slice(0, node.attrs.results),
};

/** The results of a function of `args`, with a gradient by `args` that the rule gives and none by anything else. */
export const withGradient = (
  results: readonly Tensor[],
  args: readonly Tensor[],
  rule: Rule,
): readonly Tensor[] => applyMany(customVjpOp, [...results, ...args], { results: results.length, rule });

/** Gradients in the structure of `T`; undefined stands for zero. */
export type GivenGradients<T> = {
  [K in keyof T]: T[K] extends Tensor ? Tensor | undefined : GivenGradients<T[K]>;
};

/**
 * A function whose gradient is given instead of derived (an adjoint method, a straight-through estimator).
 *
 * Only `args` get gradients: what `fn` uses besides gets none. Variables among them have, inside the rule, the value
 * of their argument, others the value they had at the call.
 *
 * @param fn - from tensors in the structure of `args` to tensors in any structure.
 * @param rule - from the gradients by the results, the arguments and the results to the gradients by the arguments
 *   (undefined: zero). Its arguments are independent tensors, so `grad` by one holds the others fixed. It is called
 *   where a gradient is asked for, and must use no tensor that depends on the arguments but those it is given.
 * @throws TensorError, when the gradient is recorded, where a gradient does not have its argument's place and shape.
 *
 * @example
 * const roundStraightThrough = (x: Tensor) => customVjp(round, [x], (g) => [g]);
 */
export function customVjp<Args extends readonly unknown[], R>(
  fn: (...args: TensorArgs<Args>) => R,
  args: readonly [...Args],
  rule: (
    gradients: Tensors<R>,
    args: TensorArgs<Args>,
    results: Tensors<R>,
  ) => GivenGradients<TensorArgs<Args>>,
): Tensors<R> {
  const from = presentAssignments();
  const inputs = tensorsOf(args);
  const result = fn(...(withTensors(args, inputs) as unknown as TensorArgs<Args>));
  const results = tensorsOf(result);
  const places = placesOf(withTensors(args, inputs));
  const outputs = withGradient(results, inputs, (gradients, ...values) => {
    const filled = results.map((t, i) => gradients[i] ?? zerosLike(t));
    const recording = refusingAssignments("cannot be assigned in customVjp's rule", () =>
      record(
        (g, a, y) => rule(g as Tensors<R>, a as unknown as TensorArgs<Args>, y as Tensors<R>),
        [withTensors(result, filled), args, withTensors(result, results)],
        from,
      ),
    );
    const given = recording.result as readonly unknown[];
    if (given.length < args.length) {
      throw new TensorError(
        'customVjp',
        `the rule gives ${given.length} gradients for ${args.length} arguments (undefined stands for zero)`,
      );
    }
    const found = placesOf(given);
    for (const place of found.keys()) {
      if (!places.has(place))
        throw new TensorError('customVjp', `the rule gives a gradient by ${place}, which is no argument`);
    }
    const known = [...places.keys()].filter((place) => found.has(place));
    const renewed = replay(
      recording,
      known.map((place) => found.get(place)!),
      [filled, ...values].flat(),
    );
    known.forEach((place, i) => {
      expectShape(
        'customVjp',
        `the rule's gradient by argument ${place}`,
        renewed[i]!,
        places.get(place)!.shape,
      );
    });
    return [...places.keys()].map((place) => renewed[known.indexOf(place)]);
  });
  return withTensors(result, outputs);
}

/** Tensors by their paths in a structure. */
function placesOf(tree: unknown): Map<string, Tensor> {
  const places = new Map<string, Tensor>();
  forEachLeaf(tree, (leaf, path) => {
    if (isPresent(leaf)) places.set(path, asTensor(leaf as TensorLike));
  });
  return places;
}
