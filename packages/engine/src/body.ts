/**
 * @module Functions as closed graphs: what loops repeat and checkpoints recompute.
 */
import {
  apply,
  applyMany,
  constantValue,
  type Node,
  placeholder,
  reachable,
  type Tensor,
  type TensorSpec,
} from './tensor.js';

/** A recorded function: results in terms of parameters, and of nothing else but constants. */
export interface Body {
  readonly parameters: readonly Tensor[];
  readonly results: readonly Tensor[];
}

/** The tensors on `results`' way back that do not depend on `parameters`, where what does depend uses them. */
function captures(results: readonly Tensor[], parameters: readonly Tensor[]): Tensor[] {
  const varying = new Set<Node>(parameters.map((p) => p.node));
  const captured = new Set<Tensor>();
  for (const node of reachable(results)) {
    if (node.inputs.some((t) => varying.has(t.node))) varying.add(node);
    if (!varying.has(node)) continue;
    for (const t of node.inputs) if (!varying.has(t.node)) captured.add(t);
  }
  for (const t of results) if (!varying.has(t.node)) captured.add(t);
  return [...captured].filter((t) => constantValue(t) === undefined);
}

/**
 * Closes recorded results over their parameters: what they use from outside becomes further parameters.
 *
 * @returns the closed body, whose parameters are `parameters` then one for each of `captured`.
 */
export function closeBody(
  parameters: readonly Tensor[],
  results: readonly Tensor[],
): { body: Body; captured: readonly Tensor[] } {
  const captured = captures(results, parameters);
  const stand = captured.map((t, i) => placeholder(`captured${i}`, t));
  const closed = substitute(results, new Map(captured.map((t, i) => [t, stand[i]!])));
  return { body: { parameters: [...parameters, ...stand], results: closed }, captured };
}

/** Records `fn` on fresh parameters of the given specs and closes it. */
export function recordBody(
  specs: readonly TensorSpec[],
  fn: (...parameters: Tensor[]) => readonly Tensor[],
): { body: Body; captured: readonly Tensor[] } {
  const parameters = specs.map((spec, i) => placeholder(`argument${i}`, spec));
  return closeBody(parameters, fn(...parameters));
}

/** A body's results for given arguments. */
export const callBody = (body: Body, args: readonly Tensor[]): Tensor[] =>
  substitute(body.results, new Map(body.parameters.map((p, i) => [p, args[i]!])));

/** The same expressions with some tensors replaced. */
export function substitute(results: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  const renewed = new Map<Tensor, Tensor>(replacements);
  const now = (t: Tensor): Tensor => renewed.get(t) ?? t;
  for (const node of reachable(results)) {
    if (node.outputs.every((t) => renewed.has(t))) continue;
    const inputs = node.inputs.map(now);
    if (inputs.every((t, i) => t === node.inputs[i])) continue;
    const outputs =
      node.outputs.length === 1
        ? [apply(node.op, inputs, node.attrs)]
        : applyMany(node.op, inputs, node.attrs);
    for (const [i, t] of node.outputs.entries()) if (!renewed.has(t)) renewed.set(t, outputs[i]!);
  }
  return results.map(now);
}
