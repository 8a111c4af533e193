/**
 * @module Writing ONNX graphs: nodes, constants and computed dimensions.
 *
 * Knows the file format, nothing of tensors or gradients; {@link Lowering} walks the traced graph and
 * writes here.
 */
import { create } from '@bufbuild/protobuf';
import { type Dim, dimTerms, isStatic, type Shape, type SymbolicDim } from '../dim.js';
import { array, type DType, type NDArray, type NestedNumbers } from '../ndarray.js';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb.js';

/** `TensorProto.DataType` of each dtype. */
const ELEMENT_TYPES: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
};

export const elementType = (dtype: DType): number => ELEMENT_TYPES[dtype];

/** Marks a number as a FLOAT attribute; plain numbers are INTs. */
export const float = (f: number): { readonly f: number } => ({ f });

/** An attribute's value. Plain numbers and lists of numbers are integers. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly f: number }
  | { readonly fs: readonly number[] }
  | { readonly graph: GraphProto };

export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export interface NodeOptions {
  /** Operator domain; the standard's by default. */
  domain?: string;
  /** Number of outputs; 1 by default. */
  outputs?: number;
}

const text = new TextEncoder();

/** An attribute of a node. */
export function attributeProto(name: string, value: Attribute): AttributeProto {
  const make = (init: Partial<AttributeProto>) => create(AttributeProtoSchema, { name, ...init } as never);
  if (typeof value === 'number') return make({ type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === 'string') return make({ type: AttributeType.STRING, s: text.encode(value) });
  if ('f' in value) return make({ type: AttributeType.FLOAT, f: value.f });
  if ('fs' in value) return make({ type: AttributeType.FLOATS, floats: [...value.fs] });
  if ('graph' in value) return make({ type: AttributeType.GRAPH, g: value.graph });
  return make({ type: AttributeType.INTS, ints: value.map(BigInt) });
}

function tensorProto(name: string, value: NDArray): TensorProto {
  const { buffer, byteOffset, byteLength } = value.data;
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map(BigInt),
    dataType: elementType(value.dtype),
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}

/** Name, dtype and (possibly symbolic) shape of a graph's input or output. */
export function valueInfo(name: string, dtype: DType, shape: Shape): ValueInfoProto {
  const dim = shape.map((d) => ({
    value:
      typeof d === 'number'
        ? { case: 'dimValue' as const, value: BigInt(d) }
        : { case: 'dimParam' as const, value: d.key },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: elementType(dtype), shape: { dim } } } },
  });
}

/** Constants of at most this many elements are looked up by content, so that equal ones are stored once. */
const SHARED_CONSTANT_SIZE = 64;

/**
 * A graph under construction. A subgraph (a loop's body) has a parent, whose values it sees.
 */
export class GraphBuilder {
  readonly graph = create(GraphProtoSchema, {});
  private readonly shared = new Map<string, string>();
  private readonly dims = new Map<string, string>();
  /** Computed values whose shapes are not written yet. */
  private readonly undescribed = new Set<string>();
  /** Node name prefix of what is being written, so that profiles speak of the user's operations. */
  label = '';

  constructor(
    readonly parent: GraphBuilder | undefined = undefined,
    private readonly counter: { value: number } = parent?.counter ?? { value: 0 },
    /** Where each symbol of a dimension can be read: a graph input and its axis. */
    private readonly symbols: Map<string, { input: string; axis: number }> = parent?.symbols ?? new Map(),
    /** Operator domains in use beside the standard one. */
    readonly domains: Set<string> = parent?.domains ?? new Set(),
  ) {}

  /** A new value name, unique in the model. */
  name(hint: string): string {
    return `${hint}_${this.counter.value++}`;
  }

  /** Appends a node of one output and returns the output's name. An input '' is an absent optional input. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    options: NodeOptions = {},
  ): string {
    return this.nodes(opType, inputs, attributes, options)[0]!;
  }

  /** Appends a node of `options.outputs` outputs and returns their names. */
  nodes(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    { domain = '', outputs = 1 }: NodeOptions = {},
  ): string[] {
    if (domain) this.domains.add(domain);
    // Nodes carry the user's names, which profiles and errors show; values, named more often, short ones.
    const value = this.name(opType);
    const name = this.label ? `${this.label}.${value}` : value;
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? value : `${value}.${i}`));
    const attribute = Object.entries(attributes).flatMap(([k, v]) =>
      v === undefined ? [] : attributeProto(k, v),
    );
    this.graph.node.push(
      create(NodeProtoSchema, { name, opType, domain, input: [...inputs], output, attribute }),
    );
    for (const o of output) this.undescribed.add(o);
    return output;
  }

  /**
   * Writes the shape of a computed value. ONNX Runtime can reuse a buffer just for values whose shapes it knows to be
   * equal, and searches all it may not reuse for each new value: with shapes that it cannot infer, 11,000 nodes took
   * 20 s to load.
   */
  describe(name: string, dtype: DType, shape: Shape): void {
    if (this.undescribed.delete(name)) this.graph.valueInfo.push(valueInfo(name, dtype, shape));
  }

  /** Stores a constant and returns its name; equal small constants share one. */
  initializer(value: NDArray): string {
    if (value.size > SHARED_CONSTANT_SIZE) return this.store(value);
    const key = `${value.dtype}[${value.shape}]${Array.from(value.data as ArrayLike<number | bigint>, (v) =>
      Object.is(v, -0) ? '-0' : String(v),
    )}`;
    for (let scope: GraphBuilder | undefined = this; scope; scope = scope.parent) {
      const known = scope.shared.get(key);
      if (known) return known;
    }
    const name = this.store(value);
    this.shared.set(key, name);
    return name;
  }

  private store(value: NDArray): string {
    const name = this.name('const');
    this.graph.initializer.push(tensorProto(name, value));
    return name;
  }

  /** A constant of the given numbers. */
  constant(values: NestedNumbers, dtype: DType): string {
    return this.initializer(array(values, { dtype }));
  }

  /** A 1-D int64 constant, as ONNX wants axes, pads and sizes. */
  ints(values: readonly number[]): string {
    return this.initializer(array(values, { dtype: 'int64', shape: [values.length] }));
  }

  /** Says that a symbol's value is the size of `input` along `axis`. The first binding of a symbol counts. */
  bindSymbol(symbol: string, input: string, axis: number): void {
    if (!this.symbols.has(symbol)) this.symbols.set(symbol, { input, axis });
  }

  /** A 1-D int64 value of the shape's sizes, computed in the graph where symbols are involved. */
  shape(shape: Shape): string {
    if (isStatic(shape)) return this.ints(shape);
    return this.node(
      'Concat',
      shape.map((d) => this.dim(d)),
      { axis: 0 },
    );
  }

  /**
   * The target of a Reshape. One symbolic size can be left to ONNX Runtime as -1, which needs no arithmetic.
   */
  reshapeTarget(shape: Shape): string {
    const symbolic = shape.filter((d) => typeof d !== 'number');
    if (symbolic.length !== 1 || shape.includes(0)) return this.shape(shape);
    return this.ints(shape.map((d) => (typeof d === 'number' ? d : -1)));
  }

  /** A one-element int64 value of a dimension. */
  dim(d: Dim): string {
    if (typeof d === 'number') return this.ints([d]);
    for (let scope: GraphBuilder | undefined = this; scope; scope = scope.parent) {
      const known = scope.dims.get(d.key);
      if (known) return known;
    }
    const label = this.label;
    this.label = 'shape';
    const name = this.computeDim(d);
    this.label = label;
    this.dims.set(d.key, name);
    return name;
  }

  private computeDim(d: SymbolicDim): string {
    const sum = dimTerms(d).map(({ coefficient, factors }) => {
      const values = factors.map((factor) =>
        typeof factor === 'string'
          ? this.symbolValue(factor)
          : this.floorDiv(this.dim(factor.numerator), factor.divisor),
      );
      if (coefficient !== 1 || values.length === 0) values.push(this.ints([coefficient]));
      return values.reduce((a, b) => this.node('Mul', [a, b]));
    });
    return sum.reduce((a, b) => this.node('Add', [a, b]));
  }

  private symbolValue(symbol: string): string {
    const source = this.symbols.get(symbol);
    if (!source) throw new Error(`dimension ${symbol} is not a dimension of any input`);
    return this.node('Shape', [source.input], { start: source.axis, end: source.axis + 1 });
  }

  /** ONNX integer division truncates; n - mod(n, d) is what floors for negative numerators. */
  private floorDiv(numerator: string, divisor: number): string {
    const by = this.ints([divisor]);
    const remainder = this.node('Mod', [numerator, by]);
    return this.node('Div', [this.node('Sub', [numerator, remainder]), by]);
  }
}
