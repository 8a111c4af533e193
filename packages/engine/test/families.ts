/**
 * @module Every operation once, by family, on small arrays: what other devices, exported models and browsers
 * are compared on.
 */
import * as op from '../src/index.js';
import { array, type NDArray, type Tensor } from '../src/index.js';
import { type RandomArrayOptions, randomArray } from '../src/testing.js';

/** An operation at work: a function of tensors, and arrays to call it on. */
export type Case = readonly [fn: (...inputs: Tensor[]) => Tensor, ...inputs: NDArray[]];

/** Cases by the name of the operation that each stands for. */
export type Family = Readonly<Record<string, Case>>;

let seed = 0;
/** float32 numbers in [-2, 2), or between other bounds; different ones at each call. */
const random = (shape: number[], options: RandomArrayOptions = {}): NDArray =>
  randomArray(shape, { low: -2, high: 2, dtype: 'float32', seed: ++seed, ...options });
const positive = (shape: number[]): NDArray => random(shape, { low: 0.3, high: 2 });
const bools = array([0, 1, 1, 0], { dtype: 'bool' });
const flags = array([0, 1, 0, 1], { dtype: 'bool' });

/** Several results as one vector. */
const all = (...ts: Tensor[]): Tensor => op.concat(ts.map((t) => op.reshape(t, [-1])));

const unary = (fn: (x: Tensor) => Tensor): Case => [fn, random([2, 3])];
const unaryPositive = (fn: (x: Tensor) => Tensor): Case => [fn, positive([2, 3])];
const binary = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, positive([2, 1, 3]), positive([2, 1])];
const comparison = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, array([1, 2, 3]), array([2, 2, 2])];
const logical = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, bools, flags];

const elementwise: Family = {
  exp: unary(op.exp),
  log: unaryPositive(op.log),
  sqrt: unaryPositive(op.sqrt),
  rsqrt: unaryPositive(op.rsqrt),
  reciprocal: unaryPositive(op.reciprocal),
  sin: unary(op.sin),
  cos: unary(op.cos),
  tanh: unary(op.tanh),
  sigmoid: unary(op.sigmoid),
  logSigmoid: unary(op.logSigmoid),
  erf: unary(op.erf),
  gelu: unary(op.gelu),
  silu: unary(op.silu),
  softplus: unary(op.softplus),
  relu: unary(op.relu),
  leakyRelu: unary((x) => op.leakyRelu(x, 0.2)),
  clamp: unary((x) => op.clamp(x, -0.5, 0.7)),
  square: unary(op.square),
  abs: unary(op.abs),
  neg: unary(op.neg),
  sign: [op.sign, array([-1.5, 0, 2])],
  floor: unary(op.floor),
  ceil: unary(op.ceil),
  round: [op.round, array([-2.5, -1.5, -0.5, 0.4, 0.5, 1.5, 2.5, 4194305, 1e9])],
  expm1: unary(op.expm1),
  log1p: unaryPositive(op.log1p),
  cast: unary((x) => op.cast(op.cast(x, 'int32'), 'float32')),
  add: binary(op.add),
  sub: binary(op.sub),
  mul: binary(op.mul),
  div: binary(op.div),
  pow: binary(op.pow),
  mod: binary(op.mod),
  maximum: binary(op.maximum),
  minimum: binary(op.minimum),
  greater: comparison(op.greater),
  greaterEqual: comparison(op.greaterEqual),
  less: comparison(op.less),
  lessEqual: comparison(op.lessEqual),
  equal: comparison(op.equal),
  notEqual: comparison(op.notEqual),
  logicalAnd: logical(op.logicalAnd),
  logicalOr: logical(op.logicalOr),
  logicalXor: logical(op.logicalXor),
  logicalNot: [op.logicalNot, bools],
  where: [(x, y) => op.where(op.greater(x, 0), op.square(x), y), random([2, 3]), random([3])],
  stopGradient: unary((x) => op.mul(op.stopGradient(x), x)),
};

const table = random([2, 3, 4]);
const ties = array([
  [1, 5, 5],
  [4, 2, 2],
]);
const reduce: Family = {
  sum: [(x) => op.sum(x, { axes: [0, 2] }), table],
  mean: [(x) => op.mean(x, { axes: 1, keepDims: true }), table],
  max: [(x) => op.max(x, { axes: 2 }), table],
  min: [(x) => op.min(x), table],
  variance: [(x) => op.variance(x, { axes: 1, correction: 1 }), table],
  norm: [(x) => op.norm(x, { axes: 2 }), table],
  logSumExp: [(x) => op.logSumExp(x, { axes: 1 }), table],
  argmax: [(x) => op.argmax(x), ties],
  argmin: [(x) => op.argmin(x, 1), ties],
  cumsum: [(x) => op.cumsum(x, 1), table],
};

const shape: Family = {
  reshape: [(x) => op.reshape(x, [4, -1]), table],
  expandDims: [(x) => op.expandDims(x, 1), table],
  squeeze: [(x) => op.squeeze(x, 0), random([1, 3])],
  flatten: [(x) => op.flatten(x, 1), table],
  transpose: [(x) => op.transpose(x, [2, 0, 1]), table],
  swapAxes: [(x) => op.swapAxes(x, 0, 1), table],
  broadcastTo: [(x) => op.broadcastTo(x, [2, 4, 3]), random([4, 1])],
  tile: [(x) => op.tile(x, [1, 2, 3]), table],
  repeat: [(x) => op.repeat(x, 2, 1), table],
  slice: [(x) => op.slice(x, 2, 3, 0, -2), table],
  flip: [(x) => op.flip(x, 1), table],
  dilate: [(x) => op.dilate(x, 1, 2), table],
  pad: [
    (x) =>
      all(...(['constant', 'reflect', 'replicate'] as const).map((mode) => op.pad(x, [[2, 1]], { mode }))),
    table,
  ],
  concat: [(x, y) => op.concat([x, y], 1), table, random([2, 2, 4])],
  stack: [(x, y) => op.stack([x, y], 1), random([2, 3]), random([2, 3])],
  split: [(x) => op.concat(op.split(x, [1, 2], 1).reverse(), 1), table],
  arange: [(x) => op.mul(x, op.cast(op.arange(3), 'float32')), random([2, 3])],
  dimTensor: [(x) => op.mul(x, op.cast(op.dimTensor(x.shape[1]!), 'float32')), random([2, 3])],
  full: [(x) => op.add(x, op.full([2, 3], 2)), random([2, 3])],
  zerosLike: [(x) => op.add(x, op.zerosLike(x)), random([2, 3])],
  onesLike: [(x) => op.add(x, op.onesLike(x)), random([2, 3])],
};

const linalg: Family = {
  matmul: [op.matmul, random([2, 3, 4]), random([4, 5])],
  einsum: [(a, b) => op.einsum('bhid,bhjd->bhij', a, b), random([2, 2, 3, 4]), random([2, 2, 5, 4])],
};

const convolution: Family = {
  conv1d: [
    (x, w, bias) => op.conv1d(x, w, { bias, padding: 2, dilation: 2 }),
    random([2, 4, 9]),
    random([6, 4, 3]),
    random([6]),
  ],
  // 6 channels to 8 and back: a shape that ONNX Runtime's WebGPU kernel has wrong.
  conv2d: [
    (x, w, v) => op.conv2d(op.conv2d(x, w, { padding: 1 }), v, { stride: 2, padding: 1, groups: 2 }),
    random([2, 6, 7, 6]),
    random([8, 6, 3, 3]),
    random([6, 4, 3, 3]),
  ],
  conv3d: [(x, w) => op.conv3d(x, w, { padding: 1 }), random([1, 2, 3, 4, 5]), random([3, 2, 3, 3, 3])],
  convTranspose1d: [
    (x, w) => op.convTranspose1d(x, w, { stride: 2, padding: 1 }),
    random([2, 3, 5]),
    random([3, 4, 4]),
  ],
  convTranspose2d: [
    (x, w) => op.convTranspose2d(x, w, { stride: 2, outputPadding: 1, padding: 1 }),
    random([1, 3, 4, 5]),
    random([3, 2, 3, 3]),
  ],
  convTranspose3d: [
    (x, w) => op.convTranspose3d(x, w, { stride: 2 }),
    random([1, 2, 2, 3, 2]),
    random([2, 2, 2, 2, 2]),
  ],
};

const recurrent = (x: Tensor, h: Tensor, w: Tensor): Tensor => {
  const step = (c: Tensor, v: Tensor) => {
    const next = op.tanh(op.add(op.matmul(c, w), v));
    return [next, next] as const;
  };
  return all(...op.scan(step, h, x));
};

const control: Family = {
  scan: [recurrent, random([4, 2, 3]), random([2, 3]), random([3, 3])],
  whileLoop: [
    (x) =>
      op.whileLoop(
        (s) => op.less(op.sum(s), 100),
        (s) => op.mul(s, 2),
        op.stopGradient(x),
      ),
    positive([3]),
  ],
  customVjp: unary((x) => op.customVjp([op.round(x)], [x], ([g]) => [g])[0]!),
  checkpoint: unary((x) => op.checkpoint((t) => op.tanh(op.square(t)), x)),
};

export const FAMILIES: Readonly<Record<string, Family>> = {
  elementwise,
  reduce,
  shape,
  linalg,
  convolution,
  control,
};
