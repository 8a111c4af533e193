/**
 * @module Random numbers on the host: for initial weights, shuffles and augmentation.
 *
 * A counter-based generator: number `i` of a key is a hash of (key, i), so that nothing but the key and the
 * position needs saving. The hash uses wrapping 32-bit additions, multiplications and a shift only, which
 * every device has; `ops/random.ts` computes the same one inside programs, and equal keys give equal numbers.
 */
import { allocate, NDArray, sizeOf } from './ndarray.js';

/**
 * A key: two 32-bit words. Keys are made by {@link seedKey} and {@link foldKey}, never by hand, since the
 * hash relies on their being well mixed.
 */
export type Key = readonly [number, number];

/** The constants of the hash, for the two places that compute it. */
export const HASH = {
  /** Multiplies the counter (odd: 2³² divided by the golden ratio). */
  counter: 0x9e3779b1,
  /** Even multipliers a of the rounds x (a x + increment), which map 32 bits one to one. */
  multipliers: [0x21f0aaae, 0xd35a2d96, 0x7feb352e, 0x846ca68a],
  increment: 0xc2b2ae3d,
  /** Sets keys derived by {@link foldKey} apart from numbers drawn with the same key. */
  derivation: 0x85ebca6b,
} as const;

const [FIRST, SECOND, THIRD, FOURTH] = HASH.multipliers;

/** The function of a Feistel round: a quadratic carries low bits to high ones, the sum high bits to low ones. */
function mix(x: number, multiplier: number): number {
  const t = Math.imul(x, Math.imul(x, multiplier) + HASH.increment);
  return (t + (t >>> 16)) | 0;
}

/** Where a key starts the Feistel network: its left half at counter 0 (the right half is the first word). */
const start = ([first, second]: Key): number => (second + mix(first, FOURTH)) | 0;

/** Number `counter` of a key: three Feistel rounds on (start + counter, first word). */
function hash(left: number, first: number, counter: number): number {
  const a = (left + Math.imul(counter, HASH.counter)) | 0;
  const b = (first + mix(a, FIRST)) | 0;
  const c = (a + mix(b, SECOND)) | 0;
  return (b + mix(c, THIRD)) >>> 0;
}

/** The key number `data` that derives from `key`: both halves of the network after four rounds. */
export function foldKey(key: Key, data: number): Key {
  const a = (start(key) + Math.imul(data, HASH.counter)) | 0;
  const b = (key[0] + HASH.derivation + mix(a, FIRST)) | 0;
  const c = (a + mix(b, SECOND)) | 0;
  const d = (b + mix(c, THIRD)) | 0;
  return [(c + mix(d, FOURTH)) >>> 0, d >>> 0];
}

/** The key of a seed. @throws RangeError unless the seed is an integer of 0..2^53 - 1. */
export function seedKey(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed} is not an integer from 0 to 2^53 - 1`);
  }
  return foldKey([seed >>> 0, Math.floor(seed / 2 ** 32)], 0);
}

/** A {@link Generator}'s position, as plain data. */
export interface GeneratorState {
  readonly key: Key;
  readonly counter: number;
}

const isWord = (x: unknown): boolean => Number.isInteger(x) && (x as number) >>> 0 === x;

/**
 * A sequence of random numbers, the same for the same seed on every machine.
 *
 * A fresh generator's arrays equal what the operations of the same name draw with `randomKey(seed)`.
 *
 * @example
 * const random = new Generator(1);
 * const weight = random.fork('encoder').normalArray([64, 128], 0, 0.02);
 */
export class Generator {
  private key!: Key;
  private left!: number;
  private counter = 0;

  /** @throws RangeError unless the seed is an integer of 0..2^53 - 1. */
  constructor(seed: number) {
    this.use(seedKey(seed));
  }

  private use(key: Key, counter = 0): this {
    this.key = key;
    this.left = start(key);
    this.counter = counter;
    return this;
  }

  /** Where the sequence stands; JSON can hold it. */
  state(): GeneratorState {
    return { key: this.key, counter: this.counter };
  }

  /** A generator that continues exactly where `state` was taken. @throws RangeError for anything else. */
  static fromState({ key, counter }: GeneratorState): Generator {
    if (!Array.isArray(key) || key.length !== 2 || ![...key, counter].every(isWord)) {
      throw new RangeError(`not a generator's state: ${JSON.stringify({ key, counter })}`);
    }
    return new Generator(0).use([key[0], key[1]], counter);
  }

  /** An independent generator named after what it is for; it does not depend on what was drawn before. */
  fork(name: string): Generator {
    const bytes = new TextEncoder().encode(name);
    // The length comes first so that fork('a').fork('b') is not fork('ab').
    const key = bytes.reduce<Key>(foldKey, foldKey(this.key, bytes.length));
    return new Generator(0).use(key);
  }

  /** An integer of 0..2^32 - 1. */
  nextUint32(): number {
    const bits = hash(this.left, this.key[0], this.counter);
    // After 2^32 numbers the sequence goes on with a key of its own, instead of from the beginning.
    if (++this.counter === 2 ** 32) this.use(foldKey(this.key, 2 ** 32 - 1));
    return bits;
  }

  /** A number of [low, high), of 24 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.unit();
  }

  private unit(): number {
    return (this.nextUint32() >>> 8) * 2 ** -24;
  }

  /** A number of the normal distribution. */
  normal(mean = 0, std = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return mean + std * radius * Math.cos(2 * Math.PI * this.unit());
  }

  /** An integer of low..high - 1. @throws RangeError unless 0 < high - low < 2^32. */
  integer(low: number, high: number): number {
    const range = high - low;
    if (!Number.isInteger(low) || !Number.isInteger(high) || range <= 0 || range >= 2 ** 32) {
      throw new RangeError(`integer: [${low}, ${high}) is not a range of 1..2^32 - 1 integers`);
    }
    return low + (this.nextUint32() % range);
  }

  /** Uniform numbers of [low, high), float32. Rounding may reach `high` itself. */
  uniformArray(shape: readonly number[], low = 0, high = 1): NDArray<'float32'> {
    const result = allocate('float32', sizeOf(shape));
    const scale = Math.fround((high - low) * 2 ** -24);
    const offset = Math.fround(low);
    // Rounded after the product and after the sum, as devices that compute in float32 do.
    for (let i = 0; i < result.length; i++) {
      result[i] = Math.fround((this.nextUint32() >>> 8) * scale) + offset;
    }
    return new NDArray(result, shape, 'float32');
  }

  /** Normally distributed numbers, float32. */
  normalArray(shape: readonly number[], mean = 0, std = 1): NDArray<'float32'> {
    const size = sizeOf(shape);
    const half = Math.ceil(size / 2);
    const radii = Float64Array.from({ length: half }, () => Math.sqrt(-2 * Math.log(1 - this.unit())));
    const result = allocate('float32', size);
    // Box and Muller: one radius and one angle give two numbers, half the array apart.
    for (let i = 0; i < half; i++) {
      const angle = 2 * Math.PI * this.unit();
      result[i] = mean + std * radii[i]! * Math.cos(angle);
      if (half + i < size) result[half + i] = mean + std * radii[i]! * Math.sin(angle);
    }
    return new NDArray(result, shape, 'float32');
  }

  /** The integers 0..n - 1 in random order, int32 `[n]`. */
  permutation(n: number): NDArray<'int32'> {
    const order = Uint32Array.from({ length: n }, () => this.nextUint32() >>> 8);
    const result = Int32Array.from({ length: n }, (_, i) => i);
    return new NDArray(
      result.sort((a, b) => order[a]! - order[b]! || a - b),
      [n],
      'int32',
    );
  }
}
