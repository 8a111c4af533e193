/**
 * @module The walk back through a graph that accumulates gradients.
 */
import { type Body, callBody } from './body.js';
import type { Shape } from './dim.js';
import { isFloat } from './ndarray.js';
import { add } from './ops/elementwise.js';
import { zerosLike } from './ops/shape.js';
import { expectShape, type Node, recordGradient, type Tensor } from './tensor.js';

/**
 * Total derivatives: accumulates gradients from `outputs` back to `sources`, visiting nodes from the latest to the
 * earliest. Sources that no gradient reaches are absent.
 */
export function backward(
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
    // What is differentiated by need not be differentiable itself.
    if (!op.vjp || !inputs.some(leads)) continue;
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

/** Gradients by `sources` from gradients by `outputs` (undefined: zero), zeros where none arrives. */
export function gradientsBy(
  sources: readonly Tensor[],
  outputs: readonly Tensor[],
  gradients: readonly (Tensor | undefined)[],
): Tensor[] {
  const seeded = outputs.flatMap((y, i) => (gradients[i] ? [[y, gradients[i]] as const] : []));
  const found = backward(
    seeded.map(([y]) => y),
    seeded.map(([, g]) => g),
    sources,
  );
  return sources.map((t) => found.get(t) ?? zerosLike(t));
}

/**
 * Gradients by a body's arguments (undefined for those that are not floats), from gradients by its results. The
 * body's own parameters are differentiated by: arguments may depend on one another.
 */
export function bodyGradient(
  body: Body,
  args: readonly Tensor[],
  gradients: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const { parameters, results } = body;
  const by = parameters.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const found = gradientsBy(
    by.map((i) => parameters[i]!),
    results,
    gradients,
  );
  const called = callBody({ parameters, results: found }, args);
  const ofArguments: (Tensor | undefined)[] = args.map(() => undefined);
  for (const [k, i] of by.entries()) ofArguments[i] = called[k];
  return ofArguments;
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
