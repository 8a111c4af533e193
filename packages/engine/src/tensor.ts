/**
 * @module Symbolic tensors: what a traced function computes with.
 *
 * Recording an operation only makes a node of a graph. Nothing is computed or allocated until a
 * `program` that contains it runs, so tensors need no disposing, no reference counts and no `await`.
 */

import type { BlockedLayout } from './compile/blocked.js';
import type { Lowering } from './compile/lowering.js';
import { type Shape, sameShape, shapeText } from './dim.js';
import { callSite, TensorError } from './errors.js';
import { array, type DType, isFloat, NDArray, type NestedNumbers } from './ndarray.js';
import { currentScope, withScope } from './scope.js';

/** What is known of a value before it is computed. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Declared as a method, so that an `Op` of particular attributes is an `Op`. */
interface Vjp<A extends object> {
  rule(gradients: readonly (Tensor | undefined)[], node: Node<A>): readonly (Tensor | undefined)[];
}

/**
 * An operation: everything that is known about it, in one object.
 *
 * `A` are its attributes (axes, strides, …): plain data that JSON can express, since equal operations are
 * recognised by their JSON.
 */
export interface Op<A extends object = object> {
  readonly name: string;
  /** Shape and dtype of each output. @throws TensorError where the inputs do not fit. */
  infer(inputs: readonly Tensor[], attrs: A): readonly TensorSpec[];
  /** A cheaper equal expression (algebraic identities), or undefined to record the node as it is. */
  simplify?(inputs: readonly Tensor[], attrs: A): Tensor | undefined;
  /**
   * Gradients by the inputs from the gradients by the outputs, written with operations, so that gradients
   * of gradients exist. `undefined` means zero. `null` in place of the function: the operation is locally
   * constant or not differentiable, and gradients stop there.
   */
  readonly vjp: Vjp<A>['rule'] | null;
  /** Writes the node as ONNX; returns the names of its outputs. */
  lower(lowering: Lowering, node: Node<A>): string | readonly string[];
  /**
   * Writes the node on values in the blocked layout and returns its only output's blocked value; undefined
   * to have it lowered plainly. Asked where the target has such a layout.
   */
  lowerBlocked?(blocked: BlockedLayout, node: Node<A>): string | undefined;
}

let nodeCount = 0;
/** The node whose gradient is being recorded. */
let derivedFrom: Node | undefined;

/** One recorded operation. Nodes are numbered in the order they are made, which is a topological order. */
export class Node<A extends object = object> {
  readonly id = nodeCount++;
  readonly outputs: readonly Tensor[];
  /** Where the user recorded it; formatted only when an error needs it. */
  private readonly origin: Error;

  constructor(
    readonly op: Op<A>,
    readonly inputs: readonly Tensor[],
    readonly attrs: A,
    specs: readonly TensorSpec[],
    readonly scope: string,
  ) {
    this.outputs = specs.map((spec, index) => new Tensor(this as unknown as Node, index, spec));
    this.origin = derivedFrom?.origin ?? new Error();
  }

  /** `file:line:column` of the call that recorded this node. */
  get callSite(): string | undefined {
    return callSite(this.origin);
  }
}

/** The method that Node's `console.log` asks for a text; without it the whole graph would be printed. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

/** An immutable symbolic value: one output of a recorded operation. */
export class Tensor {
  readonly dtype: DType;
  readonly shape: Shape;

  constructor(
    readonly node: Node,
    readonly index: number,
    spec: TensorSpec,
  ) {
    this.dtype = spec.dtype;
    this.shape = spec.shape;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `Tensor(${this.dtype}, ${shapeText(this.shape)}, ${this.node.op.name})`;
  }

  [inspect](): string {
    return this.toString();
  }
}

/** Anything that stands for a tensor while tracing, such as a `Variable` (its present value). */
export interface TensorSource {
  toTensor(): Tensor;
}

/** The structure of `T` with a tensor for every tensor or variable in it. */
export type Tensors<T> = T extends Tensor | TensorSource ? Tensor : { [K in keyof T]: Tensors<T[K]> };

/** What every operation accepts: a tensor, a variable, or numbers (which take the dtype of their company). */
export type TensorLike = Tensor | TensorSource | NDArray | NestedNumbers;

/**
 * Turns an argument of an operation into a tensor. Numbers become constants of `dtype`.
 *
 * @throws TensorError for a number with a fraction (or NaN, or an infinity) where `dtype` is of integers.
 */
export function asTensor(value: TensorLike, dtype: DType = 'float32'): Tensor {
  if (value instanceof Tensor) return value;
  if (value instanceof NDArray) return constant(value);
  if (typeof value !== 'number' && !Array.isArray(value)) return (value as TensorSource).toTensor();
  const broken = isFloat(dtype) ? undefined : [value].flat(Infinity).find((v) => !Number.isInteger(v));
  if (broken !== undefined) {
    throw new TensorError(
      'asTensor',
      `${broken} is not an integer, and its company is ${dtype}: cast that to float32 first`,
    );
  }
  return constant(array(value, { dtype }));
}

/** Like {@link asTensor} for operands that must share a dtype: numbers take it from the tensors among them. */
export function asTensors(...values: readonly TensorLike[]): Tensor[] {
  const typed = values.map((v) => (typeof v === 'number' || Array.isArray(v) ? undefined : asTensor(v)));
  const dtype = typed.find((t) => t !== undefined)?.dtype ?? 'float32';
  return values.map((v, i) => typed[i] ?? asTensor(v, dtype));
}

/**
 * Calls `fn`, which records the gradient of `node`: what it records has the call site of `node`, and its scope
 * after `grad`.
 */
export function recordGradient<T>(node: Node, fn: () => T): T {
  const outer = derivedFrom;
  derivedFrom = node;
  try {
    return withScope(node.scope ? `grad/${node.scope}` : 'grad', fn);
  } finally {
    derivedFrom = outer;
  }
}

/** Records an operation of several outputs. */
export function applyMany<A extends object>(
  op: Op<A>,
  inputs: readonly Tensor[],
  attrs: A,
): readonly Tensor[] {
  return new Node(op, inputs, attrs, op.infer(inputs, attrs), currentScope()).outputs;
}

/** Records an operation of one output, or returns the simpler expression it equals. */
export function apply<A extends object>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  return op.simplify?.(inputs, attrs) ?? applyMany(op, inputs, attrs)[0]!;
}

const constantOp: Op<{ value: NDArray }> = {
  name: 'constant',
  infer: (_, { value }) => [value],
  vjp: null,
  lower: (lowering, node) => lowering.initializer(node.attrs.value),
};

/** A tensor of known value. */
export const constant = (value: NDArray | NestedNumbers): Tensor =>
  apply(constantOp, [], { value: value instanceof NDArray ? value : array(value) });

/** The value of a constant tensor; undefined for any other. */
export const constantValue = (t: Tensor): NDArray | undefined =>
  t.node.op === (constantOp as Op) ? (t.node.attrs as { value: NDArray }).value : undefined;

/** Whether `t` is a constant whose elements all equal `value`; looks at small constants only. */
export function isConstant(t: Tensor, value: number): boolean {
  const c = constantValue(t);
  return (
    c !== undefined && c.size > 0 && c.size <= 16 && c.data.every((v: number | bigint) => Number(v) === value)
  );
}

const placeholderOp: Op<TensorSpec & { label: string }> = {
  name: 'placeholder',
  infer: (_, spec) => [spec],
  vjp: null,
  lower: (_, node) => {
    throw new TensorError('placeholder', `${node.attrs.label} is used outside the function that received it`);
  },
};

/** A value that is supplied from outside: a program's input, or a loop body's argument. */
export const placeholder = (label: string, spec: TensorSpec): Tensor =>
  apply(placeholderOp, [], { label, dtype: spec.dtype, shape: spec.shape });

/** Sees to it that shapes agree. @throws TensorError naming both. */
export function expectShape(op: string, what: string, t: Tensor, shape: Shape): void {
  if (!sameShape(t.shape, shape)) {
    throw new TensorError(op, `${what} has shape ${shapeText(t.shape)}, expected ${shapeText(shape)}`);
  }
}

/** Turns a possibly negative axis into 0..rank-1. @throws TensorError when out of range. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new TensorError(op, `axis ${axis} is out of range for a tensor of ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** All nodes that `roots` depend on, in topological order; none that `known` holds for, nor what only they need. */
export function reachable(roots: Iterable<Tensor>, known: (node: Node) => boolean = () => false): Node[] {
  const seen = new Set<Node>();
  const stack = [...roots].map((t) => t.node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node) || known(node)) continue;
    seen.add(node);
    for (const input of node.inputs) if (!seen.has(input.node)) stack.push(input.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
