/**
 * @module Loops over the first axis of tensors.
 *
 * A loop is one ONNX node whose body is a graph: an iteration costs about 2 µs, where a run from JavaScript
 * costs 25.
 */
import { bodyGradient } from '../backward.js';
import { type Body, recordBody, tensorsOf, withTensors } from '../body.js';
import { type Dim, sameDim, shapeText } from '../dim.js';
import { TensorError } from '../errors.js';
import { isFloat } from '../ndarray.js';
import { applyMany, expectShape, type Node, type Op, type Tensor, type TensorSpec } from '../tensor.js';
import { add } from './elementwise.js';
import { arange, zerosLike } from './shape.js';

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
      const seeds: (Tensor | undefined)[] = body.results.map(() => undefined);
      for (const [k, i] of floatCarries.entries()) seeds[i] = carried[k];
      for (const [k, i] of floatOutputs.entries()) seeds[i] = ofOutputs[k];
      const ofArguments = bodyGradient(body, [...before, ...element, ...captured], seeds);
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

type Step = (carry: Tensor[], element: Tensor[]) => { carry: readonly Tensor[]; ys: readonly Tensor[] };

function scanFlat(init: readonly Tensor[], xs: readonly Tensor[], step: Step, reverse: boolean) {
  const carries = init.length;
  const specs = [...init, ...xs.map((t): TensorSpec => ({ dtype: t.dtype, shape: t.shape.slice(1) }))];
  const { body, captured } = recordBody('scan', specs, (...parameters) => {
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
 * order; the step may use tensors and variables from outside, but not assign variables.
 *
 * @param step - from the carry and one element of `xs` (the first axis removed) to the next carry, of the
 *   same shapes, and this step's output (`null` where there is none).
 * @param xs - `undefined` where the steps differ in their carry only: then `length` says how many there are.
 * @returns the final carry, and the outputs stacked along a new first axis.
 * @throws TensorError when the carry changes shape, the lengths of `xs` differ, or the step assigns a variable.
 */
export function scan<C, X, Y>(
  step: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  { length, reverse = false }: ScanOptions = {},
): readonly [carry: C, ys: Y] {
  const elements = tensorsOf(xs);
  const steps = elements[0]?.shape[0] ?? length;
  if (steps === undefined) throw new TensorError('scan', 'needs xs or a length');
  for (const t of elements) {
    if (t.rank === 0 || !sameDim(t.shape[0]!, steps)) {
      throw new TensorError('scan', `xs of ${shapeText(t.shape)} do not have ${steps} elements`);
    }
  }
  let outputs: Y | undefined;
  const { carry, ys } = scanFlat(
    tensorsOf(init),
    elements.length > 0 ? elements : [arange(steps)],
    (carried, seen) => {
      const [next, y] = step(withTensors(init, carried) as C, withTensors(xs, seen) as X);
      outputs = y;
      return { carry: tensorsOf(next), ys: tensorsOf(y) };
    },
    reverse,
  );
  return [withTensors(init, carry) as C, withTensors(outputs, ys) as Y];
}
