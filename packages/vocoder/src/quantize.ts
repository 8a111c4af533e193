/**
 * @module The generator on 8-bit integers, several times faster than on floats.
 *
 * Weights are int8 with a scale per output channel, values between layers uint8 with the range that they have
 * on some spectrograms. The audio itself is not rounded. The network is written once, for any arithmetic.
 */
import {
  type Arrays,
  add,
  asTensor,
  constant,
  flip,
  mul,
  NDArray,
  pad,
  program,
  type Quantization,
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
import {
  type Arithmetic,
  type Layer,
  largestExactWeight,
  Observed,
  Quantized,
  quantizationOf,
} from './arithmetic.js';
import { FrameBuffer } from './frames.js';
import { type Generator, type GeneratorConfig, hopLength } from './model.js';
import { cutWindows } from './windows.js';

/** Calibration sees a spectrogram in pieces of so many frames, which bounds its memory. */
const CALIBRATION_FRAMES = 256;

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
  const fold = program(() => generator.eval(layersOf), { name: 'weights', freeze: true });
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
