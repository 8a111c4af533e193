/**
 * @module Constant folding: what depends on constants alone is computed once, by the runtime itself.
 */
import { substitute } from '../body.js';
import { isStatic } from '../dim.js';
import { sizeOf } from '../ndarray.js';
import type { Runtime } from '../runtime/runtime.js';
import { constant, constantValue, type Node, reachable, type Tensor } from '../tensor.js';
import { buildModel } from './model.js';

/** Results of at most this many elements are folded whatever they are made of. */
const SMALL = 1024;

const elements = (t: Tensor): number => (isStatic(t.shape) ? sizeOf(t.shape) : Number.POSITIVE_INFINITY);

/** Whether a node of constant inputs is worth storing: not what repeats a small constant many times. A widened kernel is. */
function storable({ inputs, outputs }: Node): boolean {
  const given = inputs.reduce((n, t) => n + elements(t), 0);
  return inputs.length > 0 && outputs.every((t) => elements(t) <= Math.max(SMALL, 2 * given));
}

/** The same outputs with constant subexpressions (normalised weights, filters) replaced by their values. */
export async function foldConstants(outputs: readonly Tensor[], runtime: Runtime): Promise<Tensor[]> {
  const folded = new Set<Node>();
  const isKnown = (t: Tensor): boolean => folded.has(t.node) || constantValue(t) !== undefined;
  const wanted = new Set<Tensor>();
  for (const node of reachable(outputs)) {
    if (node.inputs.every(isKnown) && storable(node)) folded.add(node);
    else for (const t of node.inputs) if (folded.has(t.node)) wanted.add(t);
  }
  for (const t of outputs) if (folded.has(t.node)) wanted.add(t);
  if (wanted.size === 0) return [...outputs];

  const ports = [...wanted].map((tensor, i) => ({ name: `folded.${i}`, tensor }));
  const model = buildModel([], ports, await runtime.target(), { name: 'constants' });
  const session = await runtime.createSession(model, 'constants');
  const values = await session.run(new Map(), new Map(ports.map(({ name }) => [name, undefined])));
  await session.release();
  const constants = ports.map(({ name, tensor }) => [tensor, constant(values.get(name)!)] as const);
  return substitute(outputs, new Map(constants));
}
