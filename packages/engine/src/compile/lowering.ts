/**
 * @module From a traced graph to ONNX: visits nodes in topological order, writes equal nodes once.
 */
import { type Dim, isStatic, type Shape, SymbolicDim } from '../dim.js';
import { TensorError } from '../errors.js';
import { type DType, NDArray } from '../ndarray.js';
import { scope } from '../scope.js';
import { type Node, reachable, Tensor } from '../tensor.js';
import { BlockedLayout } from './blocked.js';
import { type Attributes, elementType, GraphBuilder, type NodeOptions, valueInfo } from './graph.js';
import type { GraphProto } from './onnx_pb.js';

/** Where a program is to run. Some operators exist on some devices only, so lowering asks. */
export type Device = 'cpu' | 'wasm' | 'webgpu' | 'cuda' | 'coreml' | 'dml';

/** What lowering needs to know of where a program is to run. */
export interface Target {
  readonly device: Device;
  /** Channels per block of the device's blocked layout, if it has one. */
  readonly channelBlock?: number | undefined;
}

/** What a loop's body consists of, in ONNX's order. */
interface SubgraphParts {
  /** Arguments: their names and the tensors that stand for them, or specs of those that the body ignores. */
  readonly args: readonly ({ name: string; tensor: Tensor } | { name: string; dtype: DType; shape: Shape })[];
  /** Tensors that stand for values of the enclosing graph, and those values' names. */
  readonly captured: readonly { name: string; tensor: Tensor }[];
  readonly results: readonly Tensor[];
}

/**
 * Translates nodes into ONNX. Operations receive it in their `lower`, ask it for the names of their inputs
 * and write nodes through it.
 */
export class Lowering {
  private readonly names = new Map<Tensor, string>();
  /** Representative of each class of equal nodes. */
  private readonly canonical = new Map<Node, Node>();
  private readonly nodesByKey = new Map<string, Node>();
  private readonly written = new Set<Node>();
  private readonly useCounts = new Map<Tensor, number>();
  readonly device: Device;
  /** Values in the blocked layout; undefined where there is none, and in loops' bodies. */
  readonly blocked: BlockedLayout | undefined;

  constructor(
    { device, channelBlock }: Target,
    readonly graph = new GraphBuilder(),
    private readonly parent?: Lowering,
  ) {
    this.device = device;
    this.blocked = channelBlock === undefined ? undefined : new BlockedLayout(this, channelBlock);
  }

  /** Gives a tensor (a program input, a loop argument) its name in the graph. */
  define(t: Tensor, name: string): void {
    this.names.set(t, name);
    this.canonical.set(t.node, t.node);
    this.written.add(t.node);
  }

  /** The ONNX name of a tensor that has been lowered. */
  value(t: Tensor): string {
    const name = this.lookup(t);
    if (name !== undefined) return name;
    const tensor = this.canonicalTensor(t);
    if (!this.blocked?.has(tensor)) {
      throw new TensorError(t.node.op.name, 'used before it was lowered', t.node);
    }
    const plain = this.blocked.plain(tensor);
    this.names.set(tensor, plain);
    return plain;
  }

  /** The tensor that stands for all equal ones. */
  canonicalTensor(t: Tensor): Tensor {
    return this.find(t.node)?.outputs[t.index] ?? t;
  }

  /** The names of a node's inputs. */
  inputs(node: Pick<Node, 'inputs'>): string[] {
    return node.inputs.map((t) => this.value(t));
  }

  /** Writes everything that `outputs` depend on and is not written yet. */
  lower(outputs: readonly Tensor[]): void {
    this.lowerNodes(reachable(outputs), outputs);
  }

  /** Writes an expression of a node's inputs that equals the node's result, and returns it. */
  compose(node: Pick<Node, 'scope'>, expression: () => Tensor): Tensor {
    const { label } = this.graph;
    const t = scope(node.scope, expression);
    const known = (n: Node) => this.find(n) !== undefined;
    this.lowerNodes(reachable([t], known), [t]);
    this.graph.label = label;
    return t;
  }

  /** Equal nodes are found before any is written, so that it is known how often each value is read. */
  private lowerNodes(nodes: readonly Node[], outputs: readonly Tensor[]): void {
    const fresh = nodes.filter((node) => this.find(node) === undefined && this.merge(node) === node);
    for (const t of [...outputs, ...fresh.flatMap((node) => node.inputs)]) {
      this.useCounts.set(this.canonicalTensor(t), this.uses(t) + 1);
    }
    for (const node of nodes) this.ensureWritten(node);
  }

  /** Writes a node's representative where it belongs; a loop's body may need one before its own turn. */
  private ensureWritten(node: Node): void {
    const representative = this.canonical.get(node);
    if (!representative) this.parent?.ensureWritten(node);
    else if (representative !== node) this.ensureWritten(representative);
    else if (!this.written.has(node)) this.write(node);
  }

  node(opType: string, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string {
    return this.graph.node(opType, inputs, attributes, options);
  }

  nodes(opType: string, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string[] {
    return this.graph.nodes(opType, inputs, attributes, options);
  }

  initializer(value: NDArray): string {
    return this.graph.initializer(value);
  }

  ints(values: readonly number[]): string {
    return this.graph.ints(values);
  }

  scalar(value: number, dtype: DType): string {
    return this.graph.constant(value, dtype);
  }

  shape(shape: Shape): string {
    return this.graph.shape(shape);
  }

  dim(d: Dim): string {
    return this.graph.dim(d);
  }

  /** Reshape to a possibly symbolic shape. */
  reshape(x: string, shape: Shape): string {
    return this.node('Reshape', [x, this.graph.reshapeTarget(shape)], {
      allowzero: isStatic(shape) && shape.includes(0) ? 1 : undefined,
    });
  }

  cast(x: string, dtype: DType): string {
    return this.node('Cast', [x], { to: elementType(dtype) });
  }

  /** How often what is being lowered reads this tensor. */
  uses(t: Tensor): number {
    return this.useCounts.get(this.canonicalTensor(t)) ?? 0;
  }

  /** A loop's body as a graph of its own. What does not depend on its arguments is written outside, once. */
  subgraph(name: string, { args, captured, results }: SubgraphParts): GraphProto {
    for (const { tensor, name } of captured) this.define(tensor, name);
    const nodes = reachable(results);
    const varying = new Set<Node>(args.flatMap((a) => ('tensor' in a ? [a.tensor.node] : [])));
    for (const node of nodes) if (node.inputs.some((t) => varying.has(t.node))) varying.add(node);
    const { label } = this.graph;
    this.lowerNodes(
      nodes.filter((node) => !varying.has(node)),
      [],
    );
    this.graph.label = label;
    const body = new Lowering({ device: this.device }, new GraphBuilder(this.graph), this);
    const specs = args.map((a) => ('tensor' in a ? { ...a.tensor, ...a } : a));
    for (const a of args) if ('tensor' in a) body.define(a.tensor, a.name);
    body.lower(results);
    body.graph.label = label;
    const { graph } = body.graph;
    graph.name = this.graph.name(name);
    graph.input = specs.map((a) => valueInfo(a.name, a.dtype, a.shape));
    // A result must be computed inside the body, and once: Identity passes through what is not.
    graph.output = results.map((t) => valueInfo(body.node('Identity', [body.value(t)]), t.dtype, t.shape));
    return graph;
  }

  private lookup(t: Tensor): string | undefined {
    const own = this.canonical.get(t.node)?.outputs[t.index] ?? t;
    return this.names.get(own) ?? this.parent?.lookup(own);
  }

  /** The representative of a node that has been lowered here or in an enclosing graph. */
  private find(node: Node): Node | undefined {
    return this.canonical.get(node) ?? this.parent?.find(node);
  }

  /** The representative of a new node: an equal one, if there is any, or itself. */
  private merge(node: Node): Node {
    const inputs = node.inputs.map((t) => `${this.find(t.node)?.id}.${t.index}`);
    const key = `${identity(node.op)} ${attributesKey(node.attrs)} ${inputs}`;
    const equal = node.op.name === 'placeholder' ? undefined : this.findByKey(key);
    this.canonical.set(node, equal ?? node);
    if (!equal) this.nodesByKey.set(key, node);
    return equal ?? node;
  }

  private write(node: Node): void {
    this.written.add(node);
    this.graph.label = node.scope ? `${node.scope}/${node.op.name}` : node.op.name;
    const inBlocks = this.blocked && node.op.lowerBlocked?.(this.blocked, node);
    if (inBlocks) {
      this.blocked!.define(node.outputs[0]!, inBlocks);
      return;
    }
    const lowered = node.op.lower(this, node);
    const names = typeof lowered === 'string' ? [lowered] : lowered;
    node.outputs.forEach((t, i) => {
      if (!names[i]) return;
      this.names.set(t, names[i]);
      this.graph.describe(names[i], t.dtype, t.shape);
    });
  }

  private findByKey(key: string): Node | undefined {
    return this.nodesByKey.get(key) ?? this.parent?.findByKey(key);
  }
}

const objectIds = new WeakMap<object, number>();
let objectCount = 0;

/** The same text for the same object, another for every other. */
function identity(object: object): string {
  let id = objectIds.get(object);
  if (id === undefined) {
    id = objectCount++;
    objectIds.set(object, id);
  }
  return `#${id}`;
}

/** Equal attributes give equal text. Arrays of data, functions and tensors count by identity. */
function attributesKey(attrs: object): string {
  return JSON.stringify(attrs, (_, value: unknown) => {
    if (typeof value === 'number')
      return Number.isFinite(value) && !Object.is(value, -0) ? value : numberKey(value);
    if (value instanceof SymbolicDim) return value.key;
    if (value instanceof NDArray && value.size <= 16) {
      return `${value.dtype}[${value.shape}]${Array.from<number | bigint>(value.data).map(numberKey)}`;
    }
    const byIdentity = typeof value === 'function' || value instanceof NDArray || value instanceof Tensor;
    return byIdentity ? identity(value) : value;
  });
}

/** Unlike String, tells -0 from 0: their reciprocals differ. */
const numberKey = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : String(value));
