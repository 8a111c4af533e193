/**
 * @module Functions as closed graphs: what loops repeat and checkpoints recompute.
 */
import { TensorError } from './errors.js';
import {
  apply,
  applyMany,
  asTensor,
  constantValue,
  type Node,
  placeholder,
  reachable,
  type Tensor,
  type TensorLike,
  type TensorSpec,
  type Tensors,
} from './tensor.js';
import { isPresent, leavesOf, mapTree } from './tree.js';
import { type Assignments, refusingAssignments, Variable, withValues } from './variable.js';

/** The tensors of a structure, in order. */
export const tensorsOf = (tree: unknown): Tensor[] =>
  leavesOf(tree)
    .filter(isPresent)
    .map((leaf) => asTensor(leaf as TensorLike));

/** The structure of `tree` with other tensors, in order. */
export function withTensors<T>(tree: T, tensors: readonly Tensor[]): Tensors<T> {
  let i = 0;
  return mapTree(tree, (leaf) => (isPresent(leaf) ? tensors[i++] : leaf)) as Tensors<T>;
}

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

/** Records what `loop` repeats on fresh parameters of the given specs and closes it. */
export function recordBody(
  loop: string,
  specs: readonly TensorSpec[],
  fn: (...parameters: Tensor[]) => readonly Tensor[],
): { body: Body; captured: readonly Tensor[] } {
  const parameters = specs.map((spec, i) => placeholder(`argument${i}`, spec));
  const refusal = `cannot be assigned inside ${loop}: carry its value and assign it after the loop; where it counts random keys, give each step a key (foldIn)`;
  return closeBody(
    parameters,
    refusingAssignments(refusal, () => fn(...parameters)),
  );
}

/** A body's results for given arguments. */
export const callBody = (body: Body, args: readonly Tensor[]): Tensor[] =>
  substitute(body.results, new Map(body.parameters.map((p, i) => [p, args[i]!])));

/** A function of tensors as it was called once, on parameters that depend on nothing and on one another neither. */
export interface Recording<R> {
  readonly parameters: readonly Tensor[];
  readonly result: R;
  /** What it assigned to variables. */
  readonly assigned: ReadonlyMap<Variable, Tensor>;
}

/** A function's parameters where its arguments have the structure `Args`. */
export type TensorArgs<Args extends readonly unknown[]> = { [K in keyof Args]: Tensors<Args[K]> };

/**
 * Records `fn` on a parameter for every tensor and variable in `args`. Meanwhile such a variable's value is its
 * parameter, whoever reads it.
 *
 * @param from - what other variables have been assigned; what they have at present, if absent.
 */
export function record<Args extends readonly unknown[], R>(
  fn: (...args: TensorArgs<Args>) => R,
  args: Args,
  from?: Assignments,
): Recording<R> {
  if (!Array.isArray(args)) {
    throw new TensorError(
      'vjp, jvp and customVjp',
      "a function's arguments are given as a list, such as [x]",
    );
  }
  const leaves = leavesOf(args).filter(isPresent);
  const parameters = leaves.map((leaf, i) =>
    placeholder(`argument${i}`, leaf instanceof Variable ? leaf : asTensor(leaf as TensorLike)),
  );
  const values = new Map(leaves.flatMap((v, i) => (v instanceof Variable ? [[v, parameters[i]!]] : [])));
  const call = () => fn(...(withTensors(args, parameters) as unknown as TensorArgs<Args>));
  return { parameters, ...withValues(values, call, from) };
}

/** Recorded tensors for given arguments; variables are assigned what the recording assigned. */
export function replay(
  { parameters, assigned }: Recording<unknown>,
  tensors: readonly Tensor[],
  args: readonly Tensor[],
): Tensor[] {
  const renewed = callBody({ parameters, results: [...tensors, ...assigned.values()] }, args);
  for (const [i, variable] of [...assigned.keys()].entries()) variable.assign(renewed[tensors.length + i]!);
  return renewed.slice(0, tensors.length);
}

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
