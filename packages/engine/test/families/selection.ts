/**
 * @module Operations that choose elements: by index, by order, by chance.
 */
import * as op from '../../src/index.js';
import { array } from '../../src/index.js';
import { type Case, type Family, random } from './family.js';

const ints = (...values: (number | number[])[]) => array(values, { dtype: 'int32' });

const table = random([5, 3]);
const places = ints([0, 2], [4, 1], [0, 2]);

export const indexing: Family = {
  gather: [(x, i) => op.gather(x, i, 0), table, ints([4, 0], [-1, 2])],
  embedding: [(ids, x) => op.embedding(ids, x), ints([1, 1, 3]), table],
  indexAdd: [(x, i, u) => op.indexAdd(x, i, u), table, ints(3, 0, 3), random([3, 3])],
  gatherNd: [(x, i) => op.gatherNd(x, i), table, places],
  scatterNd: [(x, i, u) => op.scatterNd(x, i, u), table, ints([0, 2], [4, 1]), random([2])],
  scatterNdAdd: [(x, i, u) => op.scatterNdAdd(x, i, u), table, places, random([3])],
  gatherElements: [(x, i) => op.gatherElements(x, i, 1), table, ints([0, 0], [2, 1])],
  scatterAdd: [(x, i, u) => op.scatterAdd(x, i, u, 1), table, ints([0, 0], [2, 1]), random([2, 2])],
  scatterElements: [(x, i, u) => op.scatterElements(x, i, u, 1), table, ints([0, 1], [2, 1]), random([2, 2])],
  oneHot: [(i) => op.oneHot(i, 4), ints([0, 3], [-1, 2])],
};

export const sorting: Family = {
  topK: [(x) => op.topK(x, 2).values, table],
  sort: [(x) => op.sort(x, 0), table],
  argsort: [(x) => op.argsort(x, 0, { descending: true }), table],
};

const withKey = (fn: Case[0]): Case => [fn, array([123, 456], { dtype: 'uint32' })];

export const randomness: Family = {
  randomKey: withKey((key) => op.concat([key, op.randomKey(2 ** 40 + 7)])),
  foldIn: withKey((key) => op.foldIn(key, op.arange(5))),
  splitKey: withKey((key) => op.stack(op.splitKey(key, 3))),
  randomBits: withKey((key) => op.randomBits(key, [4, 5])),
  randomUniform: withKey((key) => op.randomUniform(key, [4, 5], { low: -1, high: 3 })),
  randomNormal: withKey((key) => op.randomNormal(key, [4, 5])),
  randomBernoulli: withKey((key) => op.randomBernoulli(key, 0.3, [4, 5])),
  randomInt: withKey((key) => op.randomInt(key, [4, 5], -3, 1000)),
  randomPermutation: withKey((key) => op.randomPermutation(key, 9)),
};
