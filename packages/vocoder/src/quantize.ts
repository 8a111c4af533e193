/**
 * @module The generator on 8-bit integers, several times faster than on floats.
 *
 * Weights are int8 with a scale per output channel, values between layers uint8 with the range that they have
 * on some spectrograms. The audio itself is not rounded. The network is written once, for two arithmetics:
 * floats, to see the ranges, and integers.
 */
import {
  type Arrays,
  add,
  array,
  asTensor,
  concat,
  constant,
  conv1d,
  flip,
  leakyRelu,
  matmul,
  matmulIntegerToFloat,
  max,
  min,
  mul,
  NDArray,
  pad,
  program,
  type Quantization,
  type QuantizedWeight,
  qlinearConv,
  qlinearLeakyRelu,
  quantizeLinear,
  reshape,
  scope,
  slice,
  stack,
  swapAxes,
  type Tensor,
  type TensorLike,
  tanh,
  tile,
  transpose,
} from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import type { Conv1d, ConvTranspose1d } from '@sextant/nn';
import { FrameBuffer } from './frames.js';
import { type Generator, type GeneratorConfig, hopLength, SLOPE } from './model.js';
import { cutWindows } from './windows.js';

/** Calibration sees a spectrogram in pieces of so many frames, which bounds its memory. */
const CALIBRATION_FRAMES = 256;

/** Biases stay below, so that with their convolution's sum they fit into 32 bits. */
const LARGEST_BIAS = 2 ** 29;

/** Reach of the last layer's kernel of 7. */
const REACH = 3;

/** Rows of a matrix product that is worth its name. */
const LEAST_FOLD = 16;

const layer = (conv: Conv1d) => ({ weight: asTensor(conv.weight), bias: asTensor(conv.bias!) });

/**
 * A transposed convolution of kernel 2 r and stride r as a convolution of two taps to r phases: weight
 * [r · out, in, 2], of which row j · out + o makes every r-th sample of channel o.
 */
function phases({ weight, bias, inChannels, outChannels }: ConvTranspose1d, ratio: number) {
  const byTap = reshape(asTensor(weight), [inChannels, outChannels, 2, ratio]);
  // The tap of the earlier input has the later half of the kernel.
  const rows = flip(transpose(byTap, [3, 1, 0, 2]), -1);
  return {
    weight: reshape(rows, [ratio * outChannels, inChannels, 2]),
    bias: tile(asTensor(bias!), [ratio]),
  };
}

const layersOf = ({ config, first, stages, last }: Generator) => ({
  first: layer(first),
  stages: stages.map(({ upsample, blocks }, k) => ({
    upsample: phases(upsample, config.ratios[k]!),
    blocks: blocks.map(({ dilated, pointwise, shortcut }) => ({
      dilated: layer(dilated),
      pointwise: layer(pointwise),
      shortcut: layer(shortcut),
    })),
  })),
  last: layer(last),
});

/** All weights, with weight norm folded in. */
type Layers = Arrays<ReturnType<typeof layersOf>>;
type Layer = Layers['first'];

/** What the network is computed in. Values stand for floats [B, T, C]. */
interface Arithmetic<V> {
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

/** {@link Generator.forward} in any arithmetic. */
function generate<V>(mel: Tensor, config: GeneratorConfig, layers: Layers, on: Arithmetic<V>): Tensor {
  const { inputShift, inputScale, ratios } = config;
  const reflect = (x: V, width: number) =>
    on.move(x, (t) =>
      pad(
        t,
        [
          [width, width],
          [0, 0],
        ],
        { mode: 'reflect' },
      ),
    );
  const upsample = (x: V, weights: Layer, ratio: number) => {
    const cut = Math.ceil(ratio / 2);
    // [B, L + 1, r · C] is [B, (L + 1) r, C] already.
    const channels = weights.bias.size / ratio;
    return on.move(on.conv(x, weights, { padding: 1 }), (t) =>
      slice(reshape(t, [t.shape[0]!, -1, channels]), 1, cut, cut - ratio),
    );
  };
  return scope('generator', () => {
    const scaled = on.enter(swapAxes(mul(add(mel, inputShift), inputScale), 1, 2));
    let x = scope('first', () => on.conv(reflect(scaled, 3), layers.first));
    for (const [k, stage] of layers.stages.entries()) {
      x = scope(`stage${k}`, () => {
        const wider = upsample(on.leakyRelu(x), stage.upsample, ratios[k]!);
        return stage.blocks.reduce((y, { dilated, pointwise, shortcut }, j) => {
          const dilation = 3 ** j;
          return scope(`block${j}`, () => {
            const inner = on.conv(reflect(on.leakyRelu(y), dilation), dilated, { dilation });
            return on.sum([on.leakyRelu(inner), pointwise], [y, shortcut]);
          });
        }, wider);
      });
    }
    return scope('last', () => {
      const { weight, bias } = layers.last;
      const fold = foldOf(config);
      // `fold` positions become one row, so that reflection by 3 is reflection by a row.
      const rows = on.move(reflect(on.leakyRelu(x), fold), (t) =>
        reshape(t, [t.shape[0]!, -1, fold * weight.shape[1]!]),
      );
      return tanh(add(overlapped(on.project(rows, folded(weight, fold)), fold), constant(bias)));
    });
  });
}

/** A divisor of the hop. */
function foldOf(config: GeneratorConfig): number {
  const hop = hopLength(config);
  for (let n = LEAST_FOLD; n < hop; n++) if (hop % n === 0) return n;
  return hop;
}

/**
 * Weight [1, C, 7] as a matrix [fold · C, fold + 6]: what a row of `fold` positions adds to their samples, to
 * the 3 before and to the 3 after.
 */
function folded({ data, shape }: NDArray, fold: number): NDArray {
  const [, channels, taps] = shape as [number, number, number];
  const columns = fold + 2 * REACH;
  const matrix = new Float32Array(fold * channels * columns);
  for (let at = 0; at < fold; at++) {
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < taps; k++) {
        matrix[(at * channels + c) * columns + at + 2 * REACH - k] = Number(data[c * taps + k]);
      }
    }
  }
  return new NDArray(matrix, [fold * channels, columns], 'float32');
}

/** What rows [B, n + 2, fold + 6] add up to: [B, 1, n · fold], the first and the last row being outside. */
function overlapped(rows: Tensor, fold: number): Tensor {
  const part = (row: number, from: number, to: number) =>
    slice(slice(rows, 1, row, row - 2 || undefined), 2, from, to);
  const own = part(1, REACH, REACH + fold);
  const before = pad(part(0, fold + REACH, fold + 2 * REACH), [[0, fold - REACH]]);
  const after = pad(part(2, 0, REACH), [[fold - REACH, 0]]);
  return reshape(add(own, add(before, after)), [rows.shape[0]!, 1, -1]);
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
class Observed implements Arithmetic<ObservedValue> {
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
class Quantized implements Arithmetic<QuantizedValue> {
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
function quantizationOf([least, most]: readonly [number, number]): Quantization {
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zeroPoint: Math.round(-low / scale) };
}

/** A generator whose arithmetic is 8-bit. Made by {@link quantizeGenerator}; runs on processors only. */
export class QuantizedGenerator {
  constructor(
    readonly config: GeneratorConfig,
    private readonly layers: Layers,
    private readonly values: readonly Quantization[],
    private readonly largestWeight: number,
  ) {}

  /** From a log-mel spectrogram [B, nMelChannels, L] to audio [B, 1, L · hop] in (-1, 1). */
  forward(mel: TensorLike): Tensor {
    const integers = new Quantized(this.values, this.largestWeight);
    return generate(asTensor(mel), this.config, this.layers, integers);
  }
}

/**
 * Rounds a generator to 8 bits.
 *
 * @param calibration - log-mel spectrograms [nMelChannels, L] like those to come: what lies outside the ranges
 *   that values have on these is cut off.
 * @throws InputError when there are none.
 */
export async function quantizeGenerator(
  generator: Generator,
  calibration: readonly NDArray[],
): Promise<QuantizedGenerator> {
  const { config } = generator;
  const fold = program(() => layersOf(generator.eval()), { name: 'weights', freeze: true });
  const layers = await fold();
  await fold.release();
  const ranges = await observedRanges(config, layers, calibration);
  return new QuantizedGenerator(config, layers, ranges.map(quantizationOf), await largestExactWeight());
}

/** The range of every value over all spectrograms. */
async function observedRanges(
  config: GeneratorConfig,
  layers: Layers,
  spectrograms: readonly NDArray[],
): Promise<(readonly [number, number])[]> {
  const observe = program(
    (mel: Tensor) => {
      const floats = new Observed();
      generate(mel, config, layers, floats);
      return stack(floats.ranges);
    },
    { name: 'calibration', inputs: [{ shape: [1, config.nMelChannels, 'L'] }] },
  );
  const ranges: (readonly [number, number])[] = [];
  for (const mel of spectrograms) {
    const frames = new FrameBuffer(config.nMelChannels);
    frames.push(mel);
    const { end } = frames;
    const range = { from: 0, to: end, first: 0, end };
    const { windows, length } = cutWindows(range, Math.ceil(end / CALIBRATION_FRAMES), 0);
    for (const { start } of windows) {
      const { data } = await observe(frames.batch([start], length));
      for (let i = 0; 2 * i < data.length; i++) {
        const [low, high] = ranges[i] ?? [0, 0];
        ranges[i] = [Math.min(low, Number(data[2 * i])), Math.max(high, Number(data[2 * i + 1]))];
      }
    }
  }
  await observe.release();
  if (ranges.length === 0) throw new InputError('8 bits need at least one spectrogram for calibration');
  return ranges;
}

/**
 * The largest weight that is multiplied exactly: 127, or 63 on processors that add pairs of products in
 * 16 bits and saturate (AVX2 without VNNI).
 */
async function largestExactWeight(): Promise<number> {
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
