/**
 * @module Arithmetic on 8-bit integers.
 */
import * as op from '../../src/index.js';
import { array } from '../../src/index.js';
import { type Family, random } from './family.js';

const [input, output] = [
  { scale: 0.25, zeroPoint: 3 },
  { scale: 2, zeroPoint: 100 },
];
const bytes = array(
  Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256),
  { shape: [1, 6, 4], dtype: 'uint8' },
);
const weights = (shape: readonly number[]) =>
  array(
    Int8Array.from({ length: 24 }, (_, i) => ((i * 29) % 255) - 127),
    { shape, dtype: 'int8' },
  );
const scales = array([0.5, 0.125]);
const bias = array([100, -200], { dtype: 'int32' });

export const quantization: Family = {
  quantizeLinear: [(x) => op.quantizeLinear(x, input), random([2, 3])],
  dequantizeLinear: [(x) => op.dequantizeLinear(x, input), bytes],
  qlinearConv: [
    (x, values, s, b) => op.qlinearConv(x, { values, scales: s }, { input, output, bias: b, padding: 1 }),
    ...[bytes, weights([2, 4, 3]), scales, bias],
  ],
  qlinearLeakyRelu: [(x) => op.qlinearLeakyRelu(x, 0.2, { input, output }), bytes],
  qlinearAdd: [(x, y) => op.qlinearAdd(x, y, { inputs: [input, input], output }), bytes, bytes],
  matmulIntegerToFloat: [
    (x, values, s) => op.matmulIntegerToFloat(x, { values, scales: s }, input),
    ...[bytes, array(Int8Array.of(1, -2, 3, -4, 5, -6, 7, 127), { shape: [4, 2], dtype: 'int8' }), scales],
  ],
};
