/**
 * @module Loops inside a program, recomputation, and functions with gradients of their own.
 *
 * A loop is one ONNX node whose body is a graph: an iteration costs about 2 µs, where a run from JavaScript
 * costs 25.
 */
import { vjp } from '../autodiff.js';
import { type Body, callBody, closeBody, recordBody } from '../body.js';
import type { Lowering } from '../compile/lowering.js';
import { type Dim, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { isFloat } from '../ndarray.js';
import {
  apply,
  applyMany,
  asTensor,
  expectShape,
  type Node,
  type Op,
  placeholder,
  type Tensor,
  type TensorLike,
  type TensorSpec,
} from '../tensor.js';
import { leavesOf, mapTree } from '../tree.js';
import { add, cast } from './elementwise.js';
import { arange, zerosLike } from './shape.js';

const flatten = (tree: unknown): Tensor[] => leavesOf(tree).map((leaf) => asTensor(leaf as TensorLike));

/** Puts tensors in the structure of `tree`, in order. */
function unflatten<T>(tree: T, tensors: readonly Tensor[]): T {
  let i = 0;
  return mapTree(tree, () => tensors[i++]) as T;
}

// ---------------------------------------------------------------------------------------------------------
// scan

interface ScanAttrs {
  /** Parameters: carries, elements, captured. Results: carries, outputs. */
  readonly body: Body;
  readonly carries: number;
  readonly elements: number;
  /** Walk from the last element to the first; outputs stay at their elements' places. */
  readonly reverse: boolean;
}

/** Outputs of a scan node: final carries, stacked outputs, and the carries as each step found them. */
const scanOp: Op<ScanAttrs> = {
  name: 'scan',
  infer: (inputs, { body, carries }) => {
    const length = inputs[carries]!.shape[0]!;
    const stacked = (t: TensorSpec): TensorSpec => ({ dtype: t.dtype, shape: [length, ...t.shape] });
    const results = body.results.map((t, i): TensorSpec => (i < carries ? t : stacked(t)));
    return [...results, ...body.parameters.slice(0, carries).map(stacked)];
  },
  vjp: (gradients, node) => scanGradient(gradients, node),
  lower: (l, node) => {
    const { body, carries, elements, reverse } = node.attrs;
    const names = l.inputs(node);
    const results = body.results.length;
    // The history is written only where a gradient reads it.
    const history = node.outputs.slice(results).some((t) => l.uses(t) > 0);
    const graph = l.subgraph('scan', {
      args: body.parameters
        .slice(0, carries + elements)
        .map((tensor, i) => ({ name: l.graph.name(`step${i}`), tensor })),
      captured: body.parameters
        .slice(carries + elements)
        .map((tensor, i) => ({ name: names[carries + elements + i]!, tensor })),
      results: history ? [...body.results, ...body.parameters.slice(0, carries)] : body.results,
    });
    const directions = reverse ? 1 : 0;
    const outputs = results - carries + (history ? carries : 0);
    return l.nodes(
      'Scan',
      names.slice(0, carries + elements),
      {
        body: { graph },
        num_scan_inputs: elements,
        scan_input_directions: Array.from({ length: elements }, () => directions),
        ...(outputs > 0 ? { scan_output_directions: Array.from({ length: outputs }, () => directions) } : {}),
      },
      { outputs: carries + outputs },
    );
  },
};

/** Back-propagation through time: a scan in the other direction that recomputes each step from its carries. */
function scanGradient(
  gradients: readonly (Tensor | undefined)[],
  node: Node<ScanAttrs>,
): (Tensor | undefined)[] {
  const { body, carries, elements, reverse } = node.attrs;
  const results = body.results.length;
  const history = node.outputs.slice(results);
  const xs = node.inputs.slice(carries, carries + elements);
  const captured = node.inputs.slice(carries + elements);
  const gradientOf = (i: number): Tensor => gradients[i] ?? zerosLike(node.outputs[i]!);
  if (gradients.slice(results).some((g) => g !== undefined)) return historyGradient();

  const floatCarries = body.results.slice(0, carries).flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const floatOutputs = body.results.flatMap((t, i) => (i >= carries && isFloat(t.dtype) ? [i] : []));
  const floatXs = xs.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const floatCaptured = captured.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));

  const { carry, ys } = scanFlat(
    [...floatCarries.map(gradientOf), ...floatCaptured.map((i) => zerosLike(captured[i]!))],
    [...history, ...xs, ...floatOutputs.map(gradientOf)],
    (carried, seen) => {
      const before = seen.slice(0, carries);
      const element = seen.slice(carries, carries + elements);
      const ofOutputs = seen.slice(carries + elements);
      const seeds = [...carried.slice(0, floatCarries.length), ...ofOutputs];
      const ofArguments = bodyGradient(
        body,
        [...before, ...element, ...captured],
        new Map([...floatCarries, ...floatOutputs].map((i, k) => [i, seeds[k]!])),
      );
      const by = [
        ...floatCarries,
        ...floatXs.map((i) => carries + i),
        ...floatCaptured.map((i) => carries + elements + i),
      ];
      const ofInputs = by.map((i) => ofArguments[i]!);
      const [c, x] = [floatCarries.length, floatXs.length];
      const sums = carried.slice(c).map((sofar, i) => add(sofar, ofInputs[c + x + i]!));
      return { carry: [...ofInputs.slice(0, c), ...sums], ys: ofInputs.slice(c, c + x) };
    },
    !reverse,
  );
  const result: (Tensor | undefined)[] = node.inputs.map(() => undefined);
  for (const [k, i] of floatCarries.entries()) result[i] = carry[k];
  for (const [k, i] of floatXs.entries()) result[carries + i] = ys[k];
  for (const [k, i] of floatCaptured.entries())
    result[carries + elements + i] = carry[floatCarries.length + k];
  return result;

  /** A gradient's gradient reaches the history too: an equal scan that has it among its outputs. */
  function historyGradient(): (Tensor | undefined)[] {
    const exposed: Body = {
      parameters: body.parameters,
      results: [...body.results, ...body.parameters.slice(0, carries)],
    };
    const outputs = applyMany(scanOp, node.inputs, { ...node.attrs, body: exposed });
    return [
      ...scanGradient(
        outputs.map((_, i) => gradients[i]),
        outputs[0]!.node as Node<ScanAttrs>,
      ),
    ];
  }
}

/**
 * Gradients by a body's arguments (undefined for those that are not floats), from gradients by some of its
 * results. The body's own parameters are differentiated by: arguments may depend on one another.
 */
function bodyGradient(
  body: Body,
  args: readonly Tensor[],
  gradients: ReadonlyMap<number, Tensor>,
): (Tensor | undefined)[] {
  const by = body.parameters.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const found = vjp(
    [...gradients.keys()].map((i) => body.results[i]!),
    by.map((i) => body.parameters[i]!),
    [...gradients.values()],
  ) as Tensor[];
  const called = callBody({ parameters: body.parameters, results: found }, args);
  return args.map((_, i) => (by.includes(i) ? called[by.indexOf(i)] : undefined));
}

type Step = (carry: Tensor[], element: Tensor[]) => { carry: readonly Tensor[]; ys: readonly Tensor[] };

function scanFlat(init: readonly Tensor[], xs: readonly Tensor[], step: Step, reverse: boolean) {
  const carries = init.length;
  const specs = [...init, ...xs.map((t): TensorSpec => ({ dtype: t.dtype, shape: t.shape.slice(1) }))];
  const { body, captured } = recordBody(specs, (...parameters) => {
    const { carry, ys } = step(parameters.slice(0, carries), parameters.slice(carries));
    if (carry.length !== carries)
      throw new TensorError('scan', `the step returns ${carry.length} carries, got ${carries}`);
    for (const [i, t] of carry.entries()) {
      expectShape('scan', `carry ${i} after a step`, t, init[i]!.shape);
      if (t.dtype !== init[i]!.dtype)
        throw new TensorError('scan', `carry ${i} turns from ${init[i]!.dtype} into ${t.dtype}`);
    }
    return [...carry, ...ys];
  });
  const attrs = { body, carries, elements: xs.length, reverse };
  const outputs = applyMany(scanOp, [...init, ...xs, ...captured], attrs);
  return { carry: outputs.slice(0, carries), ys: outputs.slice(carries, body.results.length) };
}

export interface ScanOptions {
  /** Number of steps, needed when there are no `xs`. */
  readonly length?: Dim;
  /** Walk from the last element to the first. */
  readonly reverse?: boolean;
}

/**
 * Repeats a step along the first axis of `xs`, carrying state (JAX's `lax.scan`). Differentiable to every
 * order; the step may use tensors and variables from outside.
 *
 * @param step - from the carry and one element of `xs` (the first axis removed) to the next carry, of the
 *   same shapes, and this step's output.
 * @returns the final carry, and the outputs stacked along a new first axis.
 * @throws TensorError when the carry changes shape or the lengths of `xs` differ.
 */
export function scan<C, X, Y>(
  step: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  { length, reverse = false }: ScanOptions = {},
): readonly [carry: C, ys: Y] {
  const elements = flatten(xs);
  const steps = elements[0]?.shape[0] ?? length;
  if (steps === undefined) throw new TensorError('scan', 'needs xs or a length');
  for (const t of elements) {
    if (t.rank === 0 || !sameDim(t.shape[0]!, steps)) {
      throw new TensorError('scan', `xs of ${shapeText(t.shape)} do not have ${steps} elements`);
    }
  }
  let outputs: Y | undefined;
  const { carry, ys } = scanFlat(
    flatten(init),
    elements.length > 0 ? elements : [arange(steps)],
    (carried, seen) => {
      const [next, y] = step(unflatten(init, carried), unflatten(xs, seen));
      outputs = y;
      return { carry: flatten(next), ys: flatten(y) };
    },
    reverse,
  );
  return [unflatten(init, carry), unflatten(outputs as Y, ys)];
}

// ---------------------------------------------------------------------------------------------------------
// while

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
 * @param condition - from the state to a bool scalar.
 * @returns the final state. Asking for its gradient throws.
 */
export function whileLoop<S>(
  condition: (state: S) => Tensor,
  body: (state: S) => S,
  init: S,
  { maxIterations = 2 ** 31 - 1 }: { maxIterations?: TensorLike } = {},
): S {
  const start = flatten(init);
  const recorded = recordBody(start, (...parameters) => {
    const next = flatten(body(unflatten(init, parameters)));
    for (const [i, t] of next.entries())
      expectShape('whileLoop', `state ${i} after a step`, t, start[i]!.shape);
    return [condition(unflatten(init, next)), ...next];
  });
  const limit = cast(asTensor(maxIterations, 'int32'), 'int32');
  const outputs = applyMany(whileOp, [limit, condition(init), ...start, ...recorded.captured], {
    body: recorded.body,
    states: start.length,
  });
  return unflatten(init, outputs);
}

// ---------------------------------------------------------------------------------------------------------
// Gradients of one's own

interface CustomVjpAttrs {
  readonly results: number;
  readonly rule: (gradients: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[];
}

/** Inputs: a function's results, then what to differentiate by. Outputs: the results. */
const customVjpOp: Op<CustomVjpAttrs> = {
  name: 'customVjp',
  infer: (inputs, { results }) => inputs.slice(0, results),
  vjp: (gradients, { attrs }) => [
    ...Array.from({ length: attrs.results }, () => undefined),
    ...attrs.rule(gradients),
  ],
  lower: (l, node) => l.inputs(node).slice(0, node.attrs.results),
};

/**
 * A function whose gradient is given instead of derived (an adjoint method, a straight-through estimator).
 *
 * @param results - what the function computes from `inputs`.
 * @param rule - from the gradients by the results to the gradients by the inputs (undefined: zero).
 */
export function customVjp(
  results: readonly Tensor[],
  inputs: readonly Tensor[],
  rule: (gradients: readonly Tensor[]) => readonly (Tensor | undefined)[],
): Tensor[] {
  const filled = (gradients: readonly (Tensor | undefined)[]) =>
    rule(results.map((t, i) => gradients[i] ?? zerosLike(t)));
  return [...applyMany(customVjpOp, [...results, ...inputs], { results: results.length, rule: filled })];
}

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
 * for one more forward pass (PyTorch's `checkpoint`). Values and gradients are unchanged.
 */
export function checkpoint<Args extends readonly Tensor[]>(
  fn: (...args: Args) => Tensor,
  ...args: Args
): Tensor {
  const parameters = args.map((t, i) => placeholder(`argument${i}`, t));
  const { body, captured } = closeBody(parameters, [fn(...(parameters as unknown as Args))]);
  const inputs = [...args, ...captured];
  return customVjp(callBody(body, inputs), inputs, ([g]) => {
    const again = inputs.map((t) => barrier(t, g!));
    return bodyGradient(body, again, new Map([[0, g!]]));
  })[0]!;
}
