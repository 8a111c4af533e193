/**
 * @module Differentiation. Gradients are graphs, so gradients of gradients work everywhere.
 *
 * `grad` differentiates a value that has been recorded; `vjp` and `jvp` differentiate a function, by arguments that
 * are independent of one another whatever they are made of.
 */
import { backward, gradientsBy } from './backward.js';
import { record, replay, substitute, type TensorArgs, tensorsOf, withTensors } from './body.js';
import { shapeText } from './dim.js';
import { TensorError } from './errors.js';
import { stopGradient } from './ops/gradient.js';
import { onesLike, zerosLike } from './ops/shape.js';
import { asTensor, expectShape, placeholder, type Tensor, type TensorLike, type Tensors } from './tensor.js';
import { forEachLeaf, isPresent, mapTree } from './tree.js';
import { currentTrace, Variable, withValues } from './variable.js';

export interface GradOptions {
  /** Give zeros for what the scalar does not depend on, instead of throwing. */
  readonly allowUnused?: boolean;
}

/**
 * Gradient of a scalar by any tensors or variables, in the structure they are given in.
 *
 * It is the total derivative, along every path: where one of `wrt` depends on another, that path counts too (use
 * {@link vjp} to hold one fixed). Of a variable that has been assigned, the latest value that the scalar depends on
 * counts.
 *
 * @throws TensorError when `y` is not a scalar, and naming what it does not depend on through differentiable
 *   operations, unless that is allowed.
 */
export function grad<T>(y: TensorLike, wrt: T, { allowUnused = false }: GradOptions = {}): Tensors<T> {
  const loss = asTensor(y);
  if (loss.rank !== 0) {
    throw new TensorError(
      'grad',
      `the gradient of ${shapeText(loss.shape)} needs a scalar: use vjp, or sum first`,
    );
  }
  const used = influences(loss);
  const sources = new Map<unknown, Tensor | undefined>();
  forEachLeaf(wrt, (leaf) => {
    if (leaf instanceof Variable)
      sources.set(
        leaf,
        currentTrace('grad')
          .values(leaf)
          .findLast((t) => used.has(t)),
      );
    else if (isPresent(leaf)) sources.set(leaf, asTensor(leaf as TensorLike));
  });
  const found = backward(
    [loss],
    [onesLike(loss)],
    [...sources.values()].filter((t) => t !== undefined),
  );
  return mapTree(wrt, (leaf, path) => {
    if (!isPresent(leaf)) return leaf;
    const source = sources.get(leaf);
    const gradient = source && found.get(source);
    if (gradient) return gradient;
    if (allowUnused) return zerosLike(leaf instanceof Variable ? leaf : source!);
    const place = path ? `wrt.${path}` : 'wrt';
    const name = leaf instanceof Variable && leaf.name ? `${leaf.name} (${place})` : place;
    throw new TensorError(
      'grad',
      `the scalar does not depend on ${name} through differentiable operations: leave it out, or pass { allowUnused: true } to have zeros`,
    );
  }) as Tensors<T>;
}

/** Everything that a tensor depends on through differentiable operations, and itself. */
function influences(y: Tensor): ReadonlySet<Tensor> {
  const found = new Set([y]);
  for (const t of found) if (t.node.op.vjp) for (const input of t.node.inputs) found.add(input);
  return found;
}

/**
 * A function's results and its vector-Jacobian product, Σᵢ cotangentᵢᵀ ∂resultᵢ/∂arg for every argument.
 *
 * The arguments are independent: a path from one to another outside `fn` does not count. A variable among them has
 * its argument's value inside `fn`, so that a layer is differentiated by its parameters:
 * `vjp((x) => layer.forward(x), [x, ...layer.parameters()], g)`.
 *
 * @param fn - from tensors in the structure of `args` to tensors in any structure.
 * @param cotangents - in the structure of the results.
 * @throws TensorError when a cotangent's shape is not its result's.
 */
export function vjp<Args extends readonly unknown[], R>(
  fn: (...args: TensorArgs<Args>) => R,
  args: readonly [...Args],
  cotangents: NoInfer<Tensors<R>>,
): readonly [results: Tensors<R>, gradients: Tensors<Args>] {
  const recording = record<Args, R>(fn, args as unknown as Args);
  const { parameters, result } = recording;
  const outputs = tensorsOf(result);
  const seeds = tensorsOf(cotangents);
  checkDirections('vjp', 'cotangent', seeds, outputs);
  const gradients = gradientsBy(parameters, outputs, seeds);
  const renewed = replay(recording, [...outputs, ...gradients], tensorsOf(args));
  return [
    withTensors(result, renewed.slice(0, outputs.length)),
    withTensors(args as unknown as Args, renewed.slice(outputs.length)),
  ];
}

/**
 * A function's results and its Jacobian-vector product (forward mode), Σ ∂result/∂argᵢ tangentᵢ for every result.
 *
 * The arguments are as in {@link vjp}. With a gradient inside it is a Hessian's product with a vector:
 * `jvp((x) => grad(f(x), x), [x], [v])`.
 *
 * @param tangents - in the structure of `args`.
 * @throws TensorError when a tangent's shape is not its argument's.
 */
export function jvp<Args extends readonly unknown[], R>(
  fn: (...args: TensorArgs<Args>) => R,
  args: readonly [...Args],
  tangents: NoInfer<TensorArgs<Args>>,
): readonly [results: Tensors<R>, tangents: Tensors<R>] {
  const recording = record<Args, R>(fn, args as unknown as Args);
  const { parameters, result } = recording;
  const outputs = tensorsOf(result);
  const directions = tensorsOf(tangents);
  checkDirections('jvp', 'tangent', directions, parameters);
  // The derivative of the vector-Jacobian product by its cotangents, in which it is linear: it is the same for all
  // cotangents, though its graph (a loop that computes the product on the way) may name them.
  const cotangents = outputs.map((y) => placeholder('cotangent', y));
  const products = gradientsBy(parameters, outputs, cotangents);
  const derivatives = substitute(
    gradientsBy(cotangents, products, directions),
    new Map(cotangents.map((c) => [c, zerosLike(c)])),
  );
  const renewed = replay(recording, [...outputs, ...derivatives], tensorsOf(args));
  return [
    withTensors(result, renewed.slice(0, outputs.length)),
    withTensors(result, renewed.slice(outputs.length)),
  ];
}

function checkDirections(op: string, what: string, given: readonly Tensor[], of: readonly Tensor[]): void {
  if (given.length !== of.length)
    throw new TensorError(op, `${given.length} ${what}s, expected ${of.length}`);
  for (const [i, t] of given.entries()) expectShape(op, `${what} ${i}`, t, of[i]!.shape);
}

/**
 * Runs `fn`, in which no gradient reaches the variables (PyTorch's `requires_grad` turned off): a loss has no gradient by
 * them but by other uses. Variables that `fn` assigns, such as running statistics, are assigned.
 */
export function withoutGradient<T>(variables: Iterable<Variable>, fn: () => T): T {
  const held = new Map([...variables].map((variable) => [variable, stopGradient(variable)]));
  const { result, assigned } = withValues(held, fn);
  for (const [variable, value] of assigned) variable.assign(value);
  return result;
}
