/**
 * @module A traced function as an ONNX model.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { SymbolicDim } from '../dim.js';
import type { Tensor } from '../tensor.js';
import { valueInfo } from './graph.js';
import { Lowering, type Target } from './lowering.js';
import { type GraphProto, ModelProtoSchema } from './onnx_pb.js';

/** The standard's operator set that lowerings are written for. 18: GridSample of 16 is native on WebGPU, that of 20 is not. */
const OPSET = 18;
const IR_VERSION = 8;

export interface ModelInfo {
  /** Name of the graph. */
  readonly name: string;
  /** Stored as metadata properties. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A named input or output. */
export interface Port {
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * Writes the model that computes `outputs` from `inputs`. Inputs that no output depends on are kept, so that
 * the model's interface is what the caller declared.
 */
export function buildModel(
  inputs: readonly Port[],
  outputs: readonly Port[],
  target: Target,
  { name, metadata = {} }: ModelInfo,
): Uint8Array {
  const lowering = new Lowering(target);
  const { graph } = lowering.graph;
  for (const { name, tensor } of inputs) {
    lowering.define(tensor, name);
    graph.input.push(valueInfo(name, tensor.dtype, tensor.shape));
    tensor.shape.forEach((d, axis) => {
      if (d instanceof SymbolicDim && /^[A-Za-z_]\w*$/.test(d.key))
        lowering.graph.bindSymbol(d.key, name, axis);
    });
  }
  lowering.lower(outputs.map((o) => o.tensor));
  lowering.graph.label = 'output';
  const values = outputs.map((o) => lowering.value(o.tensor));
  const computed = new Set(graph.node.flatMap((n) => n.output));
  const names = new Map<string, string>();
  for (const [i, { name, tensor }] of outputs.entries()) {
    const value = values[i]!;
    // An input, a constant or what is a result already can only be copied to a result.
    const free = computed.has(value) && !names.has(value);
    names.set(free ? value : lowering.node('Identity', [value]), name);
    graph.output.push(valueInfo(name, tensor.dtype, tensor.shape));
  }
  rename(graph, names);
  graph.name = name;
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'sextant',
    producerVersion: '0.1.0',
    graph,
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      ...[...lowering.graph.domains].map((domain) => ({ domain, version: 1n })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

/** Renames values wherever they are computed and read, loops' bodies included. */
function rename(graph: GraphProto, names: ReadonlyMap<string, string>): void {
  const renamed = (name: string) => names.get(name) ?? name;
  // Of outputs, name and shape stand among the graph's own.
  graph.valueInfo = graph.valueInfo.filter(({ name }) => !names.has(name));
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const { g } of node.attribute) if (g) rename(g, names);
  }
}
