/**
 * @module A traced function as an ONNX model.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { SymbolicDim } from '../dim.js';
import type { Tensor } from '../tensor.js';
import { valueInfo } from './graph.js';
import { Lowering, type Target } from './lowering.js';
import { ModelProtoSchema } from './onnx_pb.js';

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
  for (const { name, tensor } of outputs) {
    lowering.graph.rename(lowering.node('Identity', [lowering.value(tensor)]), name);
    graph.output.push(valueInfo(name, tensor.dtype, tensor.shape));
  }
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
