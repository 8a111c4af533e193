/**
 * @module Moving averages of parameters, which often evaluate better than the parameters themselves.
 */
import {
  add,
  array,
  asTensor,
  cast,
  mul,
  NDArray,
  sub,
  TensorError,
  type TensorSource,
  Variable,
} from '@sextant/engine';
import type { Schedule } from './schedule.js';
import { Stateful } from './stateful.js';

/**
 * Exponential moving averages a ← d a + (1 - d) p of variables, from the values they have now.
 *
 * @example
 * const average = new ExponentialMovingAverage(model.parameters(), 0.999);
 * // in the training step, after optimizer.update(...):
 * average.update();
 * // around an evaluation:
 * average.swap();
 * await evaluate();
 * average.swap();
 */
export class ExponentialMovingAverage extends Stateful {
  /** Number of updates made (int32 scalar). */
  readonly step = new Variable(array(0, { dtype: 'int32' }));
  /** The averages, in the variables' order. */
  readonly averages: readonly Variable[];
  readonly #variables: readonly Variable[];
  readonly #decay: Schedule;

  /** @param decay - d: a number, a function of the step, or a scalar `Variable`. */
  constructor(variables: readonly Variable[], decay: number | Schedule | TensorSource) {
    super();
    this.#variables = variables;
    this.#decay = typeof decay === 'function' ? decay : () => decay;
    this.averages = variables.map((v) => new Variable(copy(v.value)));
  }

  /** Records one update, from the values that the variables have at this point of the program. */
  update(): void {
    const step = this.step.toTensor();
    this.step.assign(add(step, 1));
    const rest = sub(1, asTensor(this.#decay(cast(step, 'float32'))));
    this.averages.forEach((average, i) => {
      const a = average.toTensor();
      average.assign(add(a, mul(sub(this.#variables[i]!, a), cast(rest, a.dtype))));
    });
  }

  /** Exchanges the averages and the variables' values, outside programs; a second call puts them back. */
  swap(): void {
    this.averages.forEach((average, i) => {
      const variable = this.#variables[i]!;
      const value = variable.value;
      variable.value = average.value;
      average.value = value;
    });
  }

  /** Copies the averages into other variables of the same shapes, such as another model's parameters. */
  copyTo(targets: readonly Variable[]): void {
    if (targets.length !== this.averages.length) {
      throw new TensorError('copyTo', `${targets.length} variables for ${this.averages.length} averages`);
    }
    targets.forEach((target, i) => {
      target.value = copy(this.averages[i]!.value);
    });
  }
}

const copy = (a: NDArray): NDArray => new NDArray(a.data.slice() as never, a.shape, a.dtype);
