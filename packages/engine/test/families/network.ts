/**
 * @module Normalisations, and what governs how a function is run and differentiated.
 */
import * as op from '../../src/index.js';
import { array, type Tensor } from '../../src/index.js';
import { all, type Family, positive, random } from './family.js';

const mask = array([1, 0, 1, 1], { dtype: 'bool' });
const signal = random([2, 4, 5]);
const perChannel = () => random([4]);

export const normalization: Family = {
  softmax: [(x, m) => op.softmax(x, -1, { mask: m }), random([3, 4]), mask],
  logSoftmax: [(x) => op.logSoftmax(x, 1), signal],
  batchNorm: [
    (x, scale, bias) => {
      const { output, mean, variance } = op.batchNorm(x, { weight: scale, bias });
      return all(output, mean, variance);
    },
    ...[signal, perChannel(), perChannel()],
  ],
  batchNormInference: [
    (x, scale, bias, mean, variance) => op.batchNormInference(x, { weight: scale, bias, mean, variance }),
    ...[signal, perChannel(), perChannel(), perChannel(), positive([4])],
  ],
  layerNorm: [(x, scale, bias) => op.layerNorm(x, { weight: scale, bias }), signal, random([5]), random([5])],
  instanceNorm: [
    (x, scale, bias) => op.instanceNorm(x, { weight: scale, bias }),
    signal,
    perChannel(),
    perChannel(),
  ],
  groupNorm: [
    (x, scale, bias) => op.groupNorm(x, 2, { weight: scale, bias }),
    signal,
    perChannel(),
    perChannel(),
  ],
};

const recurrent = (x: Tensor, h: Tensor, w: Tensor): Tensor => {
  const step = (c: Tensor, v: Tensor) => {
    const next = op.tanh(op.add(op.matmul(c, w), v));
    return [next, next] as const;
  };
  return all(...op.scan(step, h, x));
};

export const control: Family = {
  scan: [recurrent, random([4, 2, 3]), random([2, 3]), random([3, 3], { low: -0.5, high: 0.5 })],
  whileLoop: [
    (x) =>
      op.whileLoop(
        (s) => op.less(op.sum(s), 100),
        (s) => op.mul(s, 2),
        op.stopGradient(x),
      ),
    positive([3]),
  ],
  customVjp: [(x) => op.customVjp(op.round, [x], (g) => [g]), random([2, 3])],
  checkpoint: [(x) => op.checkpoint((t) => op.tanh(op.square(t)), x), random([2, 3])],
  stopGradient: [(x) => op.mul(op.stopGradient(x), x), random([2, 3])],
};
