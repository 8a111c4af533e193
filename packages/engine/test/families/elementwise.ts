/**
 * @module Elementwise operations.
 */
import * as op from '../../src/index.js';
import { array, type Tensor } from '../../src/index.js';
import { type Case, type Family, positive, random } from './family.js';

const bools = array([0, 1, 1, 0], { dtype: 'bool' });
const flags = array([0, 1, 0, 1], { dtype: 'bool' });

const spread = array([0.4, 0.7, 1, 2, 3.5, 6]);
const special = array([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]);

const unary = (fn: (x: Tensor) => Tensor): Case => [fn, random([2, 3])];
const unaryPositive = (fn: (x: Tensor) => Tensor): Case => [fn, positive([2, 3])];
const binary = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, positive([2, 1, 3]), positive([2, 1])];
const comparison = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, array([1, 2, 3]), array([2, 2, 2])];
const logical = (fn: (a: Tensor, b: Tensor) => Tensor): Case => [fn, bools, flags];

export const elementwise: Family = {
  exp: unary(op.exp),
  log: unaryPositive(op.log),
  sqrt: unaryPositive(op.sqrt),
  rsqrt: unaryPositive(op.rsqrt),
  reciprocal: unaryPositive(op.reciprocal),
  sin: unary(op.sin),
  cos: unary(op.cos),
  atan: [op.atan, array([-1.5, -0.2, 0.4, 2])],
  atan2: [op.atan2, array([[[0.5, -1, 2]], [[-0.7, 1.5, -2]]]), array([[1], [-0.8]])],
  tanh: unary(op.tanh),
  sigmoid: unary(op.sigmoid),
  logSigmoid: unary(op.logSigmoid),
  erf: unary(op.erf),
  erfInv: [op.erfInv, array([-0.6, -0.2, 0, 0.5, 0.7])],
  lgamma: [op.lgamma, spread],
  digamma: [op.digamma, spread],
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
  isNan: [op.isNan, special],
  isInf: [op.isInf, special],
  isFinite: [op.isFinite, special],
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
};
