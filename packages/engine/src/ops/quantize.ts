/**
 * @module Arithmetic on 8-bit integers, for inference on processors.
 *
 * Values are uint8 in rows of channels ([..., C]: channels last), weights int8 with a scale for each output
 * channel: the one combination for which processors have fast instructions. Nothing here has a gradient.
 */

import { float } from '../compile/graph.js';
import type { Lowering } from '../compile/lowering.js';
import { addDims, sameDim, shapeText, subDims } from '../dim.js';
import { TensorError } from '../errors.js';
import type { DType } from '../ndarray.js';
import { apply, asTensor, expectShape, type Node, type Op, type Tensor, type TensorLike } from '../tensor.js';

/** What the integers of a tensor stand for: scale · (integer - zeroPoint). */
export interface Quantization {
  /** Greater than 0. */
  readonly scale: number;
  /** The integer that means 0: 0 … 255. */
  readonly zeroPoint: number;
}

/** Weights as integers: `values` int8, whose output channel o stands for scales[o] · values[o]. */
export interface QuantizedWeight {
  readonly values: TensorLike;
  /** [O] float32 */
  readonly scales: TensorLike;
}

export interface QLinearConvOptions {
  /** What x stands for, and what the result is to stand for. */
  readonly input: Quantization;
  readonly output: Quantization;
  /** [O] int32, in units of input.scale · scales[o]. */
  readonly bias: TensorLike;
  /** Zeros added at both ends (0). */
  readonly padding?: number;
  readonly dilation?: number;
}

const MICROSOFT = { domain: 'com.microsoft' };

function expectDtype(op: string, what: string, t: Tensor, dtype: DType): void {
  if (t.dtype !== dtype) throw new TensorError(op, `${what} is ${t.dtype}, expected ${dtype}`);
}

/** Sees to it that a quantisation means something. @throws TensorError otherwise. */
function expectQuantization(op: string, { scale, zeroPoint }: Quantization): void {
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new TensorError(op, `scale ${scale} is not a positive number`);
  if (!(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255)) {
    throw new TensorError(op, `zero point ${zeroPoint} is not an integer from 0 to 255`);
  }
}

/** The integers' operators exist for processors only, and ONNX Runtime for the web is untried. */
function expectCpu(l: Lowering, node: Pick<Node, 'op' | 'callSite' | 'scope'>): void {
  if (l.device !== 'cpu') {
    throw new TensorError(node.op.name, `8-bit arithmetic runs on device cpu only, not on ${l.device}`, node);
  }
}

/** A quantisation as ONNX's operators take it: two scalars. */
const scalars = (l: Lowering, { scale, zeroPoint }: Quantization): [string, string] => [
  l.scalar(scale, 'float32'),
  l.scalar(zeroPoint, 'uint8'),
];

const quantizeLinearOp: Op<{ output: Quantization }> = {
  name: 'quantizeLinear',
  infer: ([x], { output }) => {
    expectDtype('quantizeLinear', 'x', x!, 'float32');
    expectQuantization('quantizeLinear', output);
    return [{ dtype: 'uint8', shape: x!.shape }];
  },
  vjp: null,
  lower: (l, node) => l.node('QuantizeLinear', [...l.inputs(node), ...scalars(l, node.attrs.output)]),
};

/**
 * Floats to integers: min(max(round(x / scale) + zeroPoint, 0), 255), halves to even.
 *
 * @throws TensorError when x is not float32.
 */
export const quantizeLinear = (x: TensorLike, output: Quantization): Tensor =>
  apply(quantizeLinearOp, [asTensor(x)], { output });

const dequantizeLinearOp: Op<{ input: Quantization }> = {
  name: 'dequantizeLinear',
  infer: ([x], { input }) => {
    expectDtype('dequantizeLinear', 'x', x!, 'uint8');
    expectQuantization('dequantizeLinear', input);
    return [{ dtype: 'float32', shape: x!.shape }];
  },
  vjp: null,
  lower: (l, node) => l.node('DequantizeLinear', [...l.inputs(node), ...scalars(l, node.attrs.input)]),
};

/** What integers stand for: scale · (x - zeroPoint). @throws TensorError when x is not uint8. */
export const dequantizeLinear = (x: TensorLike, input: Quantization): Tensor =>
  apply(dequantizeLinearOp, [asTensor(x)], { input });

interface QLinearConvAttrs {
  readonly input: Quantization;
  readonly output: Quantization;
  readonly padding: number;
  readonly dilation: number;
}

const qlinearConvOp: Op<QLinearConvAttrs> = {
  name: 'qlinearConv',
  infer: ([x, w, scales, bias], { input, output, padding, dilation }) => {
    const op = 'qlinearConv';
    expectDtype(op, 'x', x!, 'uint8');
    expectDtype(op, 'weight', w!, 'int8');
    expectDtype(op, 'scales', scales!, 'float32');
    expectDtype(op, 'bias', bias!, 'int32');
    for (const q of [input, output]) expectQuantization(op, q);
    const [out, channels, taps] = w!.shape;
    if (x!.rank !== 3 || w!.rank !== 3 || !sameDim(x!.shape[2]!, channels!)) {
      throw new TensorError(op, `input ${shapeText(x!.shape)} does not fit weight ${shapeText(w!.shape)}`);
    }
    expectShape(op, 'scales', scales!, [out!]);
    expectShape(op, 'bias', bias!, [out!]);
    if (typeof taps !== 'number')
      throw new TensorError(op, `kernel ${shapeText(w!.shape)} has a symbolic size`);
    const length = subDims(addDims(x!.shape[1]!, 2 * padding), dilation * (taps - 1));
    if (typeof length === 'number' && length < 1) {
      throw new TensorError(
        op,
        `kernel of ${dilation * (taps - 1) + 1} does not fit into ${shapeText(x!.shape)} with padding ${padding}`,
      );
    }
    return [{ dtype: 'uint8', shape: [x!.shape[0]!, length, out!] }];
  },
  vjp: null,
  lower: (l, node) => {
    expectCpu(l, node);
    const { input, output, padding, dilation } = node.attrs;
    const [x, w, scales, bias] = l.inputs(node) as [string, string, string, string];
    const inputs = [x, ...scalars(l, input), w, scales, l.scalar(0, 'int8'), ...scalars(l, output), bias];
    return l.node(
      'QLinearConv',
      inputs,
      { channels_last: 1, pads: [padding, padding], dilations: [dilation] },
      MICROSOFT,
    );
  },
};

/**
 * Convolution along time of x [B, T, C] with weight [O, C, k]: uint8 [B, T', O]. The sums are exact; each is
 * rounded once, to a multiple of `output.scale`.
 *
 * Processors with AVX2 but without VNNI add pairs of products in 16 bits, and saturate unless the weights
 * stay within ±63.
 *
 * @throws TensorError when shapes or dtypes do not fit; when compiled for another device than the processor.
 */
export function qlinearConv(
  x: TensorLike,
  weight: QuantizedWeight,
  { input, output, bias, padding = 0, dilation = 1 }: QLinearConvOptions,
): Tensor {
  const inputs = [asTensor(x), asTensor(weight.values), asTensor(weight.scales), asTensor(bias, 'int32')];
  return apply(qlinearConvOp, inputs, { input, output, padding, dilation });
}

const qlinearLeakyReluOp: Op<{ slope: number; input: Quantization; output: Quantization }> = {
  name: 'qlinearLeakyRelu',
  infer: ([x], { input, output }) => {
    expectDtype('qlinearLeakyRelu', 'x', x!, 'uint8');
    for (const q of [input, output]) expectQuantization('qlinearLeakyRelu', q);
    return [{ dtype: 'uint8', shape: x!.shape }];
  },
  vjp: null,
  lower: (l, node) => {
    expectCpu(l, node);
    const { slope, input, output } = node.attrs;
    const inputs = [...l.inputs(node), ...scalars(l, input), ...scalars(l, output)];
    return l.node('QLinearLeakyRelu', inputs, { alpha: float(slope) }, MICROSOFT);
  },
};

/**
 * max(x, slope · x) of what the integers stand for, in a quantisation of its own.
 *
 * @throws TensorError when x is not uint8; when compiled for another device than the processor.
 */
export const qlinearLeakyRelu = (
  x: TensorLike,
  slope: number,
  { input, output }: { readonly input: Quantization; readonly output: Quantization },
): Tensor => apply(qlinearLeakyReluOp, [asTensor(x)], { slope, input, output });

const qlinearAddOp: Op<{ inputs: readonly [Quantization, Quantization]; output: Quantization }> = {
  name: 'qlinearAdd',
  infer: ([a, b], { inputs, output }) => {
    for (const t of [a!, b!]) expectDtype('qlinearAdd', 'a summand', t, 'uint8');
    expectShape('qlinearAdd', 'the second summand', b!, a!.shape);
    for (const q of [...inputs, output]) expectQuantization('qlinearAdd', q);
    return [{ dtype: 'uint8', shape: a!.shape }];
  },
  vjp: null,
  lower: (l, node) => {
    expectCpu(l, node);
    const [a, b] = l.inputs(node) as [string, string];
    const { inputs, output } = node.attrs;
    const operands = [a, ...scalars(l, inputs[0]), b, ...scalars(l, inputs[1]), ...scalars(l, output)];
    return l.node('QLinearAdd', operands, {}, MICROSOFT);
  },
};

/**
 * The sum of two tensors of one shape, each in its quantisation.
 *
 * @throws TensorError when they are not uint8 or their shapes differ; when compiled for another device than
 *   the processor.
 */
export const qlinearAdd = (
  a: TensorLike,
  b: TensorLike,
  options: { readonly inputs: readonly [Quantization, Quantization]; readonly output: Quantization },
): Tensor => apply(qlinearAddOp, [asTensor(a), asTensor(b)], options);

const matmulIntegerToFloatOp: Op<{ input: Quantization }> = {
  name: 'matmulIntegerToFloat',
  infer: ([x, w, scales], { input }) => {
    const op = 'matmulIntegerToFloat';
    expectDtype(op, 'x', x!, 'uint8');
    expectDtype(op, 'weight', w!, 'int8');
    expectDtype(op, 'scales', scales!, 'float32');
    expectQuantization(op, input);
    const [rows, columns] = w!.shape;
    if (w!.rank !== 2 || x!.rank === 0 || !sameDim(x!.shape.at(-1)!, rows!)) {
      throw new TensorError(op, `shapes ${shapeText(x!.shape)} and ${shapeText(w!.shape)} do not align`);
    }
    expectShape(op, 'scales', scales!, [columns!]);
    return [{ dtype: 'float32', shape: [...x!.shape.slice(0, -1), columns!] }];
  },
  vjp: null,
  lower: (l, node) => {
    expectCpu(l, node);
    const [x, w, scales] = l.inputs(node) as [string, string, string];
    const [scale, zeroPoint] = scalars(l, node.attrs.input);
    return l.node('MatMulIntegerToFloat', [x, w, scale, scales, zeroPoint], {}, MICROSOFT);
  },
};

/**
 * Matrix product of integers x [..., m, k] and weight [k, n] in floats [..., m, n], not rounded to 8 bits:
 * input.scale · scales[j] · Σ (x - input.zeroPoint) · values.
 *
 * @param weight - values [k, n] with a scale for each column.
 * @throws TensorError when shapes or dtypes do not fit; when compiled for another device than the processor.
 */
export const matmulIntegerToFloat = (x: TensorLike, weight: QuantizedWeight, input: Quantization): Tensor =>
  apply(matmulIntegerToFloatOp, [asTensor(x), asTensor(weight.values), asTensor(weight.scales)], { input });
