/**
 * @module The arithmetics that a generator can be computed in: floats whose ranges are observed, and 8-bit integers.
 */
import {
  add,
  array,
  concat,
  constant,
  conv1d,
  leakyRelu,
  matmul,
  matmulIntegerToFloat,
  max,
  min,
  NDArray,
  program,
  type Quantization,
  type QuantizedWeight,
  qlinearConv,
  qlinearLeakyRelu,
  quantizeLinear,
  stack,
  swapAxes,
  type Tensor,
} from '@sextant/engine';
import { SLOPE } from './model.js';

/** Biases stay below, so that with their convolution's sum they fit into 32 bits. */
const LARGEST_BIAS = 2 ** 29;

/** A convolution's weight [out, in, k] and bias [out]. */
export interface Layer {
  readonly weight: NDArray;
  readonly bias: NDArray;
}

/** What the network is computed in. Values stand for floats [B, T, C]. */
export interface Arithmetic<V> {
  enter(x: Tensor): V;
  conv(x: V, layer: Layer, geometry?: { readonly padding?: number; readonly dilation?: number }): V;
  leakyRelu(x: V): V;
  /** The sum of two values' 1 × 1 convolutions. */
  sum(a: readonly [V, Layer], b: readonly [V, Layer]): V;
  /** The same elements elsewhere: `f` moves them. */
  move(x: V, f: (t: Tensor) => Tensor): V;
  /** x [B, T, C] × weight [C, columns] as floats. */
  project(x: V, weight: NDArray): Tensor;
}

interface ObservedValue {
  /** [B, C, T], which convolutions of floats want. */
  readonly tensor: Tensor;
  /** [minimum, maximum] */
  readonly range: Tensor;
}

const convolved = ({ tensor }: ObservedValue, { weight, bias }: Layer, geometry = {}): Tensor =>
  conv1d(tensor, constant(weight), { ...geometry, bias: constant(bias) });

/** Floats, whose range is noted at every step. */
export class Observed implements Arithmetic<ObservedValue> {
  /** Of each value, in the order in which they are made. */
  readonly ranges: Tensor[] = [];

  private noted(tensor: Tensor, range = stack([min(tensor), max(tensor)])): ObservedValue {
    this.ranges.push(range);
    return { tensor, range };
  }

  enter(x: Tensor): ObservedValue {
    return this.noted(swapAxes(x, 1, 2));
  }
  conv(x: ObservedValue, layer: Layer, geometry = {}): ObservedValue {
    return this.noted(convolved(x, layer, geometry));
  }
  leakyRelu({ tensor, range }: ObservedValue): ObservedValue {
    return this.noted(leakyRelu(tensor, SLOPE), leakyRelu(range, SLOPE));
  }
  sum(a: readonly [ObservedValue, Layer], b: readonly [ObservedValue, Layer]): ObservedValue {
    return this.noted(add(convolved(...a), convolved(...b)));
  }
  move({ tensor, range }: ObservedValue, f: (t: Tensor) => Tensor): ObservedValue {
    return { tensor: swapAxes(f(swapAxes(tensor, 1, 2)), 1, 2), range };
  }
  project({ tensor }: ObservedValue, weight: NDArray): Tensor {
    return matmul(swapAxes(tensor, 1, 2), constant(weight));
  }
}

interface QuantizedValue {
  readonly tensor: Tensor;
  readonly as: Quantization;
}

/** Integers. */
export class Quantized implements Arithmetic<QuantizedValue> {
  private made = 0;

  /** @param values - what each value's integers stand for, in the order in which they are made. */
  constructor(
    private readonly values: readonly Quantization[],
    private readonly largestWeight: number,
  ) {}

  private next(record: (output: Quantization) => Tensor): QuantizedValue {
    const as = this.values[this.made++]!;
    return { tensor: record(as), as };
  }

  enter(x: Tensor): QuantizedValue {
    return this.next((output) => quantizeLinear(x, output));
  }
  conv(x: QuantizedValue, layer: Layer, geometry = {}): QuantizedValue {
    return this.next((output) => this.convolved([[x, layer]], output, geometry));
  }
  sum(...parts: readonly (readonly [QuantizedValue, Layer])[]): QuantizedValue {
    return this.next((output) => this.convolved(parts, output));
  }
  leakyRelu({ tensor, as }: QuantizedValue): QuantizedValue {
    return this.next((output) => qlinearLeakyRelu(tensor, SLOPE, { input: as, output }));
  }
  move(x: QuantizedValue, f: (t: Tensor) => Tensor): QuantizedValue {
    return { ...x, tensor: f(x.tensor) };
  }
  project(x: QuantizedValue, weight: NDArray): Tensor {
    return matmulIntegerToFloat(x.tensor, tensors(quantizeWeight(weight, 1, this.largestWeight)), x.as);
  }

  /**
   * The sum of convolutions as one of all channels, so that it is rounded once. The values' scales are in the
   * weights; the zero point is the first value's, for which biases correct.
   */
  private convolved(
    parts: readonly (readonly [QuantizedValue, Layer])[],
    output: Quantization,
    geometry = {},
  ): Tensor {
    const { zeroPoint } = parts[0]![0].as;
    const scaled = parts.map(([{ as }, { weight }]) => ({ weight, factor: as.scale }));
    const bias = Float64Array.from({ length: parts[0]![1].bias.size }, (_, o) =>
      parts.reduce((sum, [, layer]) => sum + Number(layer.bias.data[o]), 0),
    );
    const least = bias.map((b) => Math.abs(b) / LARGEST_BIAS);
    const weight = quantizeWeight(joined(scaled), 0, this.largestWeight, least);
    const units = Int32Array.from(bias, (b, o) => Math.round(b / weight.scales[o]!));
    const rowSize = weight.values.size / units.length;
    let start = 0;
    for (const [{ as }, layer] of parts) {
      const size = layer.weight.size / units.length;
      for (let o = 0; o < units.length; o++) {
        const row = weight.values.data.subarray(o * rowSize + start, o * rowSize + start + size);
        units[o]! += (zeroPoint - as.zeroPoint) * row.reduce((a, b) => a + b, 0);
      }
      start += size;
    }
    return qlinearConv(
      concat(
        parts.map(([{ tensor }]) => tensor),
        2,
      ),
      tensors(weight),
      {
        ...geometry,
        input: { scale: 1, zeroPoint },
        output,
        bias: constant(new NDArray(units, [units.length], 'int32')),
      },
    );
  }
}

/** Weights [O, C, k], each times its factor, one after the other along the second axis. */
function joined(parts: readonly { readonly weight: NDArray; readonly factor: number }[]): NDArray {
  const [outputs, , taps] = parts[0]!.weight.shape as [number, number, number];
  const channels = parts.reduce((n, { weight }) => n + weight.shape[1]!, 0);
  const data = new Float32Array(outputs * channels * taps);
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    for (const { weight, factor } of parts) {
      const size = weight.size / outputs;
      for (let i = o * size; i < (o + 1) * size; i++) data[at++] = factor * Number(weight.data[i]);
    }
  }
  return new NDArray(data, [outputs, channels, taps], 'float32');
}

interface WeightIntegers {
  readonly values: NDArray<'int8'>;
  /** One for each index of the output axis. */
  readonly scales: Float32Array;
}

const tensors = ({ values, scales }: WeightIntegers): QuantizedWeight => ({
  values: constant(values),
  scales: constant(array(scales)),
});

/**
 * The nearest integers of magnitude up to `largest`, with a scale for each index of `axis` (the first or the
 * last), at least as large as in `least`.
 */
function quantizeWeight(
  { data, shape }: NDArray,
  axis: 0 | 1,
  largest: number,
  least: ArrayLike<number> = [],
): WeightIntegers {
  const outputs = shape[axis]!;
  const inner = axis === 0 ? data.length / outputs : 1;
  const outputOf = (i: number) => Math.floor(i / inner) % outputs;
  const scales = new Float32Array(outputs);
  for (let i = 0; i < data.length; i++) {
    const o = outputOf(i);
    scales[o] = Math.max(scales[o]!, Math.abs(Number(data[i])) / largest);
  }
  for (let o = 0; o < outputs; o++) scales[o] = Math.max(scales[o]!, least[o] ?? 0) || 1;
  const values = Int8Array.from(data as Float32Array, (v, i) => Math.round(v / scales[outputOf(i)]!));
  return { values: new NDArray(values, shape, 'int8'), scales };
}

/** 256 steps from the smallest to the largest value, one of which is 0. */
export function quantizationOf([least, most]: readonly [number, number]): Quantization {
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zeroPoint: Math.round(-low / scale) };
}

/**
 * The largest weight that is multiplied exactly: 127, or 63 on processors that add pairs of products in
 * 16 bits and saturate (AVX2 without VNNI).
 */
export async function largestExactWeight(): Promise<number> {
  const [length, columns] = [64, 16];
  const values = constant(new NDArray(new Int8Array(length * columns).fill(127), [length, columns], 'int8'));
  const product = program((x: Tensor) =>
    matmulIntegerToFloat(
      x,
      { values, scales: array(new Float32Array(columns).fill(1)) },
      { scale: 1, zeroPoint: 0 },
    ),
  );
  const { data } = await product(new NDArray(new Uint8Array(4 * length).fill(255), [4, length], 'uint8'));
  await product.release();
  return data[0] === 255 * 127 * length ? 127 : 63;
}
