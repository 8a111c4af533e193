import { describe, expect, it } from 'vitest';
import { buildModel } from '../compile/model.js';
import { array, type DType, type NDArray } from '../ndarray.js';
import { placeholder, type Tensor } from '../tensor.js';
import { evaluate, seededRandom } from '../testing.js';
import {
  dequantizeLinear,
  matmulIntegerToFloat,
  type Quantization,
  qlinearAdd,
  qlinearConv,
  qlinearLeakyRelu,
  quantizeLinear,
} from './quantize.js';

/** Weights that every processor multiplies exactly: those with AVX2 but without VNNI saturate beyond. */
const EXACT: readonly [number, number] = [-63, 63];

/** Random integers of the dtype's whole range, or of the given one. */
function integers<D extends DType>(
  shape: number[],
  dtype: D,
  seed: number,
  [low, high]: readonly [number, number] = dtype === 'uint8' ? [0, 255] : [-127, 127],
) {
  const random = seededRandom(seed);
  const size = shape.reduce((n, d) => n * d, 1);
  const values = Array.from({ length: size }, () => low + Math.floor(random() * (high - low + 1)));
  return array(values, { shape, dtype });
}

const { fround } = Math;
const even = (v: number) => {
  const down = Math.floor(v);
  return v - down === 0.5 ? down + Math.abs(down % 2) : Math.round(v);
};
const clamped = (v: number, zeroPoint: number) => Math.min(Math.max(even(v) + zeroPoint, 0), 255);
const q = (scale: number, zeroPoint: number): Quantization => ({ scale: fround(scale), zeroPoint });

/** ONNX's QLinearConv in plain loops, channels last; single precision where ONNX Runtime has it. */
function convReference(
  x: NDArray,
  w: NDArray,
  scales: readonly number[],
  bias: NDArray,
  input: Quantization,
  output: Quantization,
  padding: number,
  dilation: number,
): number[] {
  const [batch, length, channels] = x.shape as [number, number, number];
  const [out, , taps] = w.shape as [number, number, number];
  const result: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let t = -padding; t + dilation * (taps - 1) < length + padding; t++) {
      for (let o = 0; o < out; o++) {
        let sum = Number(bias.data[o]);
        for (let k = 0; k < taps; k++) {
          const at = t + k * dilation;
          if (at < 0 || at >= length) continue;
          for (let c = 0; c < channels; c++) {
            const value = Number(x.data[(b * length + at) * channels + c]) - input.zeroPoint;
            sum += value * Number(w.data[(o * channels + c) * taps + k]);
          }
        }
        const multiplier = fround(fround(input.scale * fround(scales[o]!)) / output.scale);
        result.push(clamped(fround(sum * multiplier), output.zeroPoint));
      }
    }
  }
  return result;
}

describe('quantizeLinear', () => {
  it('rounds halves to even, adds the zero point, saturates', async () => {
    const x = array([-10, -1.5, -0.5, 0, 0.5, 0.75, 1.5, 200]);
    const y = await evaluate((t) => quantizeLinear(t, q(0.5, 3)), x);
    expect([...y.data]).toEqual([0, 0, 2, 3, 4, 5, 6, 255]);
    const halves = await evaluate((t) => quantizeLinear(t, q(1, 0)), array([0.5, 1.5, 2.5]));
    expect([...halves.data]).toEqual([0, 2, 2]);
  });
  it('dequantizeLinear is its inverse on integers', async () => {
    const x = integers([300], 'uint8', 1);
    const y = await evaluate((t) => quantizeLinear(dequantizeLinear(t, q(0.3, 77)), q(0.3, 77)), x);
    expect(y.data).toEqual(x.data);
  });
});

describe('qlinearConv', () => {
  it.each([
    ['a kernel of 3', [1, 9, 4], [5, 4, 3], 0, 1],
    ['zeros at the ends', [2, 6, 3], [4, 3, 2], 1, 1],
    ['dilation', [1, 40, 32], [16, 32, 3], 0, 9],
    ['a single tap', [3, 7, 16], [32, 16, 1], 0, 1],
  ])('%s: the integers of plain loops', async (_, xShape, wShape, padding, dilation) => {
    const x = integers(xShape, 'uint8', 1);
    const w = integers(wShape, 'int8', 2, EXACT);
    const bias = integers([wShape[0]!], 'int32', 3, [-5000, 5000]);
    const scales = Array.from({ length: wShape[0]! }, (_, o) => 0.001 * (o + 1));
    const [input, output] = [q(0.02, 118), q(0.09 * xShape[2]!, 130)];
    const y = await evaluate(
      (t) => qlinearConv(t, { values: w, scales: array(scales) }, { input, output, bias, padding, dilation }),
      x,
    );
    expect([...y.data]).toEqual(convReference(x, w, scales, bias, input, output, padding, dilation));
    expect(new Set(y.data).size).toBeGreaterThan(8);
  });
});

// Powers of two as scales make single precision exact, whatever the order of its operations.
describe('qlinearLeakyRelu and qlinearAdd', () => {
  it('max(x, slope x) of all 256 integers', async () => {
    const [input, output] = [q(2 ** -4, 100), q(2 ** -5, 9)];
    const x = array(
      Array.from({ length: 256 }, (_, i) => i),
      { dtype: 'uint8' },
    );
    const y = await evaluate((t) => qlinearLeakyRelu(t, 0.25, { input, output }), x);
    const expected = Array.from(x.data, (v) => {
      const real = input.scale * (Number(v) - 100);
      return clamped((real >= 0 ? real : 0.25 * real) / output.scale, 9);
    });
    expect([...y.data]).toEqual(expected);
  });
  it('sums, saturated', async () => {
    const [qa, qb, output] = [q(2 ** -3, 10), q(2 ** -2, 200), q(2 ** -2, 128)];
    const [a, b] = [integers([5, 7], 'uint8', 1), integers([5, 7], 'uint8', 2)];
    const y = await evaluate((s, t) => qlinearAdd(s, t, { inputs: [qa, qb], output }), a, b);
    const expected = Array.from(a.data, (v, i) => {
      const sum = qa.scale * (Number(v) - 10) + qb.scale * (Number(b.data[i]) - 200);
      return clamped(sum / output.scale, 128);
    });
    expect([...y.data]).toEqual(expected);
    expect(y.data).toContain(0);
  });
});

describe('matmulIntegerToFloat', () => {
  it('the exact sums, scaled', async () => {
    const [x, w] = [integers([2, 3, 20], 'uint8', 1), integers([20, 6], 'int8', 2, EXACT)];
    const scales = [1, 2, 0.5, 4, 0.25, 8];
    const y = await evaluate(
      (t) => matmulIntegerToFloat(t, { values: w, scales: array(scales) }, q(0.5, 31)),
      x,
    );
    const expected: number[] = [];
    for (let row = 0; row < 6; row++) {
      for (let j = 0; j < 6; j++) {
        let sum = 0;
        for (let k = 0; k < 20; k++) sum += (Number(x.data[row * 20 + k]) - 31) * Number(w.data[k * 6 + j]);
        expected.push(0.5 * scales[j]! * sum);
      }
    }
    expect(y.shape).toEqual([2, 3, 6]);
    expect([...y.data]).toEqual(expected);
  });
});

describe('what is refused', () => {
  const conv = (x: NDArray, shape: number[], input = q(1, 0)) =>
    evaluate(
      (t) =>
        qlinearConv(
          t,
          { values: integers(shape, 'int8', 1), scales: array(new Float32Array(shape[0]!)) },
          { input, output: q(1, 0), bias: array(new Float32Array(shape[0]!), { dtype: 'int32' }) },
        ),
      x,
    );
  const x = integers([1, 5, 4], 'uint8', 1);
  it.each<[string, () => Promise<NDArray>, RegExp]>([
    [
      'other channels',
      () => conv(x, [2, 3, 3]),
      /qlinearConv: input \[1, 5, 4\] does not fit weight \[2, 3, 3\]/,
    ],
    ['a longer kernel', () => conv(x, [2, 4, 6]), /qlinearConv: kernel of 6 does not fit into \[1, 5, 4\]/],
    [
      'floats',
      () => conv(array(new Float32Array(20), { shape: [1, 5, 4] }), [2, 4, 1]),
      /x is float32, expected uint8/,
    ],
    ['a scale of 0', () => conv(x, [2, 4, 1], q(0, 0)), /scale 0 is not a positive number/],
    [
      'a zero point of 300',
      () => conv(x, [2, 4, 1], q(1, 300)),
      /zero point 300 is not an integer from 0 to 255/,
    ],
    [
      'summands of two shapes',
      () =>
        evaluate(
          (t) =>
            qlinearAdd(t, integers([1, 5, 3], 'uint8', 2), { inputs: [q(1, 0), q(1, 0)], output: q(1, 0) }),
          x,
        ),
      /qlinearAdd: the second summand has shape \[1, 5, 3\], expected \[1, 5, 4\]/,
    ],
  ])('%s', async (_, run, message) => {
    await expect((async () => run())()).rejects.toThrow(message);
  });
  it('another device than the processor', () => {
    const input = { name: 'x', tensor: placeholder('x', { dtype: 'uint8', shape: [1, 5, 4] }) };
    const ops: [string, (t: Tensor) => Tensor][] = [
      ['qlinearLeakyRelu', (t) => qlinearLeakyRelu(t, 0.2, { input: q(1, 0), output: q(1, 0) })],
      ['qlinearAdd', (t) => qlinearAdd(t, t, { inputs: [q(1, 0), q(1, 0)], output: q(1, 0) })],
      [
        'matmulIntegerToFloat',
        (t) =>
          matmulIntegerToFloat(t, { values: integers([4, 2], 'int8', 1), scales: array([1, 1]) }, q(1, 0)),
      ],
    ];
    for (const [name, op] of ops) {
      const build = () =>
        buildModel([input], [{ name: 'y', tensor: op(input.tensor) }], { device: 'webgpu' }, { name });
      expect(build).toThrow(`${name}: 8-bit arithmetic runs on device cpu only, not on webgpu`);
    }
  });
});
