/**
 * @module Keyed random numbers: pure functions of a key, equal on every device and for any number of threads.
 *
 * As in JAX, a key is a value (uint32 `[2]`) and the same key always draws the same numbers, so each use
 * needs a key of its own: from {@link splitKey}, {@link foldIn}, or a {@link RandomStream} that has a new one
 * for every run of a program. Number `i` of a key is a hash of (key, i), with `i` the row-major position in
 * the shape; see `generator.ts` for the hash. No gradient passes through a key.
 */
import type { Lowering } from '../compile/lowering.js';
import {
  ceilDivDim,
  type Dim,
  isStatic,
  mulDims,
  type Shape,
  sameShape,
  shapeText,
  sizeOfShape,
} from '../dim.js';
import { TensorError } from '../errors.js';
import { HASH, seedKey } from '../generator.js';
import { array, type DType, isFloat } from '../ndarray.js';
import { apply, asTensor, constant, type Op, type Tensor, type TensorLike } from '../tensor.js';
import { Variable } from '../variable.js';
import { add, div, less, mul, sub } from './elementwise.js';
import { cast, cos, log, sin, sqrt } from './functions.js';
import { gather } from './indexing.js';
import { arange, reshape } from './shape.js';
import { concat, slice } from './slicing.js';

// ---------------------------------------------------------------------------------------------------------
// The hash in a graph

const word = (l: Lowering, value: number): string => l.scalar(value, 'uint32');

/** x >> bits. Processors shift faster than they divide; GPUs divide natively but do not shift. */
const shiftRight = (l: Lowering, x: string, bits: number): string =>
  l.device === 'cpu' || l.device === 'wasm'
    ? l.node('BitShift', [x, word(l, bits)], { direction: 'RIGHT' })
    : l.node('Div', [x, word(l, 2 ** bits)]);

/** The function of a Feistel round: t + (t >> 16) of t = x (a x + increment). */
function mix(l: Lowering, x: string, multiplier: number): string {
  const line = l.node('Add', [l.node('Mul', [x, word(l, multiplier)]), word(l, HASH.increment)]);
  const t = l.node('Mul', [x, line]);
  return l.node('Add', [t, shiftRight(l, t, 16)]);
}

/** Feistel rounds on a pair of halves: (left, right) → (right + mix(left), left) each. */
function feistel(l: Lowering, left: string, right: string, rounds: number): readonly [string, string] {
  let halves = [left, right] as const;
  for (const multiplier of HASH.multipliers.slice(0, rounds)) {
    halves = [l.node('Add', [halves[1], mix(l, halves[0], multiplier)]), halves[0]];
  }
  return halves;
}

/** A key's words as the network's halves at counter 0, `[1]` each. */
function halvesOf(l: Lowering, key: string): readonly [string, string] {
  const [first, second] = [0, 1].map((i) => l.node('Gather', [key, l.ints([i])], { axis: 0 })) as [
    string,
    string,
  ];
  return [l.node('Add', [second, mix(l, first, HASH.multipliers[3])]), first];
}

/** Axes longer than this are counted as two, so that no long list of counters is stored. */
const LONGEST_AXIS = 4096;

/** A shape of equal row-major positions whose axes are short, where they have divisors. */
const foldAxes = (shape: Shape): Dim[] =>
  shape.flatMap((size) => {
    if (typeof size !== 'number' || size <= LONGEST_AXIS) return [size];
    let inner = LONGEST_AXIS;
    while (size % inner !== 0) inner--;
    return [size / inner, inner];
  });

/** left + position · HASH.counter for all positions in a shape: a sum of one short term for each axis. */
function addCounters(l: Lowering, left: string, shape: Shape): string {
  return shape.reduceRight<string>((sum, size, axis) => {
    const after = shape.slice(axis + 1);
    const column: Dim[] = [size, ...after.map(() => 1)];
    if (typeof size === 'number' && isStatic(after)) {
      const step = Math.imul(sizeOfShape(after) as number, HASH.counter);
      const values = Uint32Array.from({ length: size }, (_, i) => Math.imul(i, step));
      return l.node('Add', [
        sum,
        l.initializer(array(values, { dtype: 'uint32', shape: column as number[] })),
      ]);
    }
    const scalar = (d: Dim) => l.reshape(l.dim(d), []);
    const index = l.node('Range', [scalar(0), scalar(size), scalar(1)]);
    const step = l.node('Mul', [l.cast(l.dim(sizeOfShape(after)), 'uint32'), word(l, HASH.counter)]);
    const term = l.node('Mul', [l.reshape(l.cast(index, 'uint32'), column), step]);
    return l.node('Add', [sum, term]);
  }, left);
}

function checkKey(op: string, key: Tensor): void {
  if (key.dtype !== 'uint32' || !sameShape(key.shape, [2])) {
    throw new TensorError(
      op,
      `the key is ${key.dtype} ${shapeText(key.shape)}, expected uint32 [2] as randomKey makes`,
    );
  }
}

// ---------------------------------------------------------------------------------------------------------
// Keys

/** The key of a seed, uint32 `[2]`. @throws RangeError unless the seed is an integer of 0..2^53 - 1. */
export const randomKey = (seed: number): Tensor => constant(array(seedKey(seed), { dtype: 'uint32' }));

const foldInOp: Op = {
  name: 'foldIn',
  infer: ([key, data]) => {
    checkKey('foldIn', key!);
    if (isFloat(data!.dtype)) throw new TensorError('foldIn', `data is ${data!.dtype}, expected integers`);
    return [{ dtype: 'uint32', shape: [...data!.shape, 2] }];
  },
  vjp: null,
  lower: (l, node) => {
    const [key, data] = l.inputs(node) as [string, string];
    const [left, right] = halvesOf(l, key);
    const counters = l.node('Mul', [l.cast(data, 'uint32'), word(l, HASH.counter)]);
    const apart = l.node('Add', [right, word(l, HASH.derivation)]);
    const words = feistel(l, l.node('Add', [left, counters]), apart, 4);
    const column = [...node.inputs[1]!.shape, 1];
    return l.node(
      'Concat',
      words.map((w) => l.reshape(w, column)),
      { axis: -1 },
    );
  },
};

/**
 * The key number `data` that derives from `key`: an integer, or integers of any shape `[...]` for keys
 * `[..., 2]`. Derived keys have nothing in common with the numbers that `key` itself draws.
 */
export const foldIn = (key: TensorLike, data: TensorLike): Tensor =>
  apply(foldInOp, [asTensor(key), asTensor(data, 'uint32')], {});

/** `n` independent keys; number i is `foldIn(key, i)`. */
export function splitKey(key: TensorLike, n = 2): Tensor[] {
  const keys = foldIn(key, arange(n));
  return Array.from({ length: n }, (_, i) => gather(keys, i));
}

/**
 * A source of keys for use inside programs, advanced by every run: what a layer that draws anew each step
 * (dropout, noise) holds. Its state is two variables, so it is saved and resumed with the other state.
 */
export class RandomStream {
  readonly key: Variable;
  /** How many keys have been taken; uint32. */
  readonly counter: Variable;

  constructor(seed: number) {
    this.key = new Variable(array(seedKey(seed), { dtype: 'uint32' }));
    this.counter = new Variable(array(0, { dtype: 'uint32' }));
  }

  /** A key that no call before, in this run or an earlier one, has given. */
  next(): Tensor {
    const taken = this.counter.toTensor();
    this.counter.assign(add(taken, 1));
    return foldIn(this.key, taken);
  }
}

// ---------------------------------------------------------------------------------------------------------
// Numbers

const bitsOp: Op<{ shape: Shape }> = {
  name: 'randomBits',
  infer: ([key], { shape }) => {
    checkKey('randomBits', key!);
    return [{ dtype: 'uint32', shape }];
  },
  vjp: null,
  lower: (l, node) => {
    const { shape } = node.attrs;
    const [left, right] = halvesOf(l, l.value(node.inputs[0]!));
    const [bits] = feistel(l, addCounters(l, left, foldAxes(shape)), right, 3);
    return l.reshape(bits, shape);
  },
};

/** 32 random bits for each element, uint32. Repeats after 2^32 elements. */
export const randomBits = (key: TensorLike, shape: Shape): Tensor =>
  apply(bitsOp, [asTensor(key)], { shape });

const FLOAT_BITS = 24;

interface UniformAttrs {
  readonly low: number;
  readonly high: number;
  readonly dtype: DType;
}

const uniformOp: Op<UniformAttrs> = {
  name: 'randomUniform',
  infer: ([bits], { dtype }) => {
    if (!isFloat(dtype)) throw new TensorError('randomUniform', `is not defined for ${dtype}`);
    return [{ dtype, shape: bits!.shape }];
  },
  vjp: null,
  lower: (l, node) => {
    const { low, high, dtype } = node.attrs;
    const integers = l.cast(shiftRight(l, l.value(node.inputs[0]!), 32 - FLOAT_BITS), dtype);
    const scaled = l.node('Mul', [integers, l.scalar((high - low) * 2 ** -FLOAT_BITS, dtype)]);
    return low === 0 ? scaled : l.node('Add', [scaled, l.scalar(low, dtype)]);
  },
};

/**
 * Uniform numbers of [low, high), multiples of 2^-24 where that is [0, 1). With other bounds, rounding may
 * reach `high` itself.
 */
export function randomUniform(
  key: TensorLike,
  shape: Shape,
  { low = 0, high = 1, dtype = 'float32' }: { low?: number; high?: number; dtype?: DType } = {},
): Tensor {
  return apply(uniformOp, [randomBits(key, shape)], { low, high, dtype });
}

/**
 * Numbers of the standard normal distribution (by Box and Muller; none exceeds 5.8). Devices agree to the
 * precision of their logarithm, sine and cosine.
 */
export function randomNormal(
  key: TensorLike,
  shape: Shape,
  { dtype = 'float32' }: { dtype?: 'float32' | 'float64' } = {},
): Tensor {
  const size = sizeOfShape(shape);
  const half = ceilDivDim(size, 2);
  // One radius and one angle give two numbers, half the result apart.
  const uniform = randomUniform(key, [mulDims(half, 2)], { dtype });
  const radius = sqrt(mul(log(sub(1, slice(uniform, 0, 0, half))), -2));
  const angle = mul(slice(uniform, 0, half), 2 * Math.PI);
  const pairs = concat([mul(radius, cos(angle)), mul(radius, sin(angle))]);
  return reshape(slice(pairs, 0, 0, size), shape);
}

/** True with probability p (a number, or a tensor that broadcasts to the shape), bool. */
export const randomBernoulli = (key: TensorLike, p: TensorLike, shape: Shape): Tensor =>
  less(randomUniform(key, shape), p);

/** Integers of low..high - 1, int32. @throws TensorError unless low < high. */
export function randomInt(key: TensorLike, shape: Shape, low: number, high: number): Tensor {
  const range = high - low;
  if (!Number.isInteger(low) || !Number.isInteger(high) || range <= 0 || range >= 2 ** 32) {
    throw new TensorError('randomInt', `[${low}, ${high}) is not a range of 1..2^32 - 1 integers`);
  }
  const bits = randomBits(key, shape);
  // The remainder by division: GPUs have no other.
  return add(cast(sub(bits, mul(div(bits, range), range)), 'int32'), low);
}

const permutationOp: Op = {
  name: 'randomPermutation',
  infer: ([bits]) => [{ dtype: 'int32', shape: bits!.shape }],
  vjp: null,
  lower: (l, node) => {
    const [bits] = node.inputs as [Tensor];
    // ONNX Runtime sorts floats several times faster than integers; 24 bits convert exactly.
    const order = l.cast(shiftRight(l, l.value(bits), 32 - FLOAT_BITS), 'float32');
    const sorted = l.nodes('TopK', [order, l.shape(bits.shape)], { largest: 0, sorted: 1 }, { outputs: 2 });
    return l.cast(sorted[1]!, 'int32');
  },
};

/** The integers 0..n - 1 in random order, int32 `[n]`. */
export const randomPermutation = (key: TensorLike, n: Dim): Tensor =>
  apply(permutationOp, [randomBits(key, [n])], {});
