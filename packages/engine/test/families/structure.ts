/**
 * @module Operations on whole axes: reductions, shapes, products of matrices.
 */
import * as op from '../../src/index.js';
import { array } from '../../src/index.js';
import { all, type Family, random } from './family.js';

const table = random([2, 3, 4]);
const ties = array([
  [1, 5, 5],
  [4, 2, 2],
]);
export const reduce: Family = {
  sum: [(x) => op.sum(x, { axes: [0, 2] }), table],
  mean: [(x) => op.mean(x, { axes: 1, keepDims: true }), table],
  prod: [(x) => op.prod(x, { axes: [0, 1] }), table],
  max: [(x) => op.max(x, { axes: 2 }), table],
  min: [(x) => op.min(x), table],
  variance: [(x) => op.variance(x, { axes: 1, correction: 1 }), table],
  norm: [(x) => op.norm(x, { axes: 2 }), table],
  logSumExp: [(x) => op.logSumExp(x, { axes: 1 }), table],
  any: [
    (x) => op.any(x, { axes: 1 }),
    array([
      [0, 0],
      [1, 0],
    ]),
  ],
  all: [
    (x) => op.all(x, { axes: 1 }),
    array([
      [1, 1],
      [1, 0],
    ]),
  ],
  argmax: [(x) => op.argmax(x), ties],
  argmin: [(x) => op.argmin(x, 1), ties],
  cumsum: [(x) => op.cumsum(x, 1), table],
  cumprod: [(x) => op.cumprod(x, 2), table],
};

export const shape: Family = {
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
  roll: [(x) => op.roll(x, -1, 2), table],
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

/** Symmetric and positive definite, 3 × 3, twice. */
const definite = array([
  [
    [4, 1, 0.5],
    [1, 3, -1],
    [0.5, -1, 2],
  ],
  [
    [1, 0.2, 0],
    [0.2, 1, 0.3],
    [0, 0.3, 1],
  ],
]);

export const linalg: Family = {
  matmul: [op.matmul, random([2, 3, 4]), random([4, 5])],
  einsum: [(a, b) => op.einsum('bhid,bhjd->bhij', a, b), random([2, 2, 3, 4]), random([2, 2, 5, 4])],
  tril: [(x) => op.tril(x, 1), table],
  triu: [op.triu, table],
  cholesky: [op.cholesky, definite],
  triangularInverse: [(a) => op.triangularInverse(op.cholesky(a)), definite],
  triangularSolve: [(a, b) => op.triangularSolve(op.cholesky(a), b), definite, random([2, 3, 4])],
};
