/**
 * @module Reverse-mode differentiation. Gradients are graphs, so gradients of gradients work everywhere.
 */
import { type Shape, shapeText } from './dim.js';
import { TensorError } from './errors.js';
import { isFloat } from './ndarray.js';
import { add } from './ops/elementwise.js';
import { onesLike, zerosLike } from './ops/shape.js';
import {
  asTensor,
  expectShape,
  type Node,
  placeholder,
  recordGradient,
  type Tensor,
  type TensorLike,
  type TensorSource,
} from './tensor.js';
import { leavesOf, mapTree } from './tree.js';

/** What one can differentiate by: a tensor, or a variable (its present value). */
export type Differentiable = Tensor | TensorSource;

/** The structure of `T` with a gradient for each tensor or variable in it. */
export type Gradients<T> = T extends Differentiable ? Tensor : { [K in keyof T]: Gradients<T[K]> };

/**
 * Gradient of a scalar by any tensors or variables, in the structure they are given in. What the scalar
 * does not depend on has a gradient of zeros.
 *
 * @throws TensorError when `y` is not a scalar.
 */
export function grad<T>(y: TensorLike, wrt: T): Gradients<T> {
  const loss = asTensor(y);
  if (loss.rank !== 0) {
    throw new TensorError(
      'grad',
      `the gradient of ${shapeText(loss.shape)} needs a scalar: use vjp, or sum first`,
    );
  }
  return vjp([loss], wrt, [onesLike(loss)]);
}

/**
 * Vector-Jacobian product: Σᵢ cotangentᵢᵀ ∂yᵢ/∂x for every x in `wrt`.
 *
 * @throws TensorError when a cotangent's shape is not its output's.
 */
export function vjp<T>(ys: readonly TensorLike[], wrt: T, cotangents: readonly TensorLike[]): Gradients<T> {
  const outputs = ys.map((y) => asTensor(y));
  const seeds = cotangents.map((c) => asTensor(c));
  outputs.forEach((y, i) => {
    const seed = seeds[i];
    if (!seed) throw new TensorError('vjp', `${outputs.length} outputs but ${seeds.length} cotangents`);
    expectShape('vjp', `cotangent ${i}`, seed, y.shape);
  });
  const sources = leavesOf(wrt).map((leaf) => asTensor(leaf as TensorLike));
  const gradients = backward(outputs, seeds, sources);
  return mapTree(wrt, (leaf) => {
    const source = asTensor(leaf as TensorLike);
    return gradients.get(source) ?? zerosLike(source);
  }) as Gradients<T>;
}

/**
 * Jacobian-vector product (forward mode): Σᵢ ∂y/∂xᵢ tangentᵢ for every y, as the derivative of a
 * vector-Jacobian product by its (linear) cotangent. What that product alone computes is dropped.
 */
export function jvp(
  ys: readonly TensorLike[],
  wrt: readonly Differentiable[],
  tangents: readonly TensorLike[],
): Tensor[] {
  const outputs = ys.map((y) => asTensor(y));
  const seeds = outputs.map((y) => placeholder('cotangent', y));
  const products = vjp(outputs, wrt, seeds) as readonly Tensor[];
  return vjp(products, seeds, tangents) as Tensor[];
}

/** Accumulates gradients from `outputs` back to `sources`, visiting nodes from the latest to the earliest. */
function backward(
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  sources: readonly Tensor[],
): ReadonlyMap<Tensor, Tensor> {
  const wanted = new Set(sources);
  const gradients = new Map<Tensor, Tensor>();
  const pending = new NodeQueue();
  const leads = dependence(wanted);

  const accumulate = (t: Tensor, g: Tensor) => {
    if (!isFloat(t.dtype) || !leads(t)) return;
    const sofar = gradients.get(t);
    gradients.set(t, sofar ? add(sofar, g) : g);
    pending.push(t.node);
  };

  for (const [i, y] of outputs.entries()) accumulate(y, seeds[i]!);
  for (let node = pending.pop(); node; node = pending.pop()) {
    const { op, inputs } = node;
    if (!op.vjp || inputs.length === 0) continue;
    const ofOutputs = node.outputs.map((t) => gradients.get(t));
    recordGradient(node, () => {
      op.vjp!(ofOutputs, node).forEach((g, i) => {
        const input = inputs[i];
        if (!g || !input) return;
        checkGradient(node, input.shape, g);
        accumulate(input, g);
      });
    });
    // Gradients of what lies between are not needed once they are passed on.
    for (const t of node.outputs) if (!wanted.has(t)) gradients.delete(t);
  }
  return gradients;
}

function checkGradient(node: Node, shape: Shape, g: Tensor): void {
  expectShape(node.op.name, 'internal error: a gradient', g, shape);
}

/** Tells whether a tensor depends on any of `wanted` through differentiable operations. */
function dependence(wanted: ReadonlySet<Tensor>): (t: Tensor) => boolean {
  const known = new Map<Node, boolean>();
  const nodes = new Set([...wanted].map((t) => t.node));
  const earliest = Math.min(...[...nodes].map((n) => n.id));

  const visit = (root: Node): boolean => {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (known.has(node)) {
        stack.pop();
        continue;
      }
      const leaf = nodes.has(node) || node.id < earliest || node.op.vjp === null;
      const unknown = leaf ? [] : node.inputs.filter((t) => !known.has(t.node));
      if (unknown.length > 0) {
        stack.push(...unknown.map((t) => t.node));
        continue;
      }
      known.set(node, nodes.has(node) || (!leaf && node.inputs.some((t) => known.get(t.node))));
      stack.pop();
    }
    return known.get(root)!;
  };
  return (t) => wanted.has(t) || visit(t.node);
}

/** A priority queue of nodes, latest first. Operations may add nodes (recomputation) while it drains. */
class NodeQueue {
  private readonly heap: Node[] = [];
  private readonly queued = new Set<Node>();

  push(node: Node): void {
    if (this.queued.has(node)) return;
    this.queued.add(node);
    const { heap } = this;
    let i = heap.push(node) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.id >= node.id) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = node;
  }

  pop(): Node | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last) return undefined;
    this.queued.delete(top);
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.id > heap[child]!.id) child++;
      if (heap[child]!.id <= last.id) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}
