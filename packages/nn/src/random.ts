/**
 * @module The package's default randomness: initial weights, and what layers draw while they run.
 */
import { Generator, type NDArray, RandomStream, zeros } from '@sextant/engine';
import { Stateful } from './stateful.js';

/** Where layers take their randomness from, unless they are given a source of their own. */
class RandomState extends Stateful {
  /** Initial weights, on the host. */
  generator = new Generator(0);
  /** Keys for dropout, inside programs: state, which a checkpoint must hold for training to resume exactly. */
  readonly stream = new RandomStream(0);

  seed(seed: number): void {
    this.generator = new Generator(seed);
    const fresh = new RandomStream(seed);
    this.stream.key.value = fresh.key.value;
    this.stream.counter.value = fresh.counter.value;
  }
}

/** Draws nothing. */
class Blank extends Generator {
  override uniformArray(shape: readonly number[]): NDArray<'float32'> {
    return zeros(shape);
  }

  override normalArray(shape: readonly number[]): NDArray<'float32'> {
    return zeros(shape);
  }
}

/**
 * Builds a model whose weights will be loaded: its layers take zeros instead of drawing random numbers, and
 * the default generator stays where it is. PyTorch's `skip_init`.
 *
 * @example const model = skipInit(() => new Classifier());
 */
export function skipInit<T>(build: () => T): T {
  const { generator } = randomState;
  randomState.generator = new Blank(0);
  try {
    return build();
  } finally {
    randomState.generator = generator;
  }
}

/** The default randomness as state: save its `stateDict` with the model's to resume exactly. */
export const randomState = new RandomState();

/** The generator of initial weights. */
export const defaultGenerator = (): Generator => randomState.generator;

/** The stream of keys for dropout. */
export const defaultStream = (): RandomStream => randomState.stream;

/**
 * Starts the default randomness anew: a model built after the same seed has the same weights, and training
 * it drops the same elements.
 */
export const manualSeed = (seed: number): void => randomState.seed(seed);
