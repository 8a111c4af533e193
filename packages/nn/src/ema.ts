/**
 * @module Moving averages of a model in a second model, which often evaluates better or serves as a target.
 */
import {
  add,
  array,
  asTensor,
  cast,
  mul,
  sub,
  TensorError,
  type TensorLike,
  type TensorSource,
  Variable,
} from '@sextant/engine';
import type { Schedule } from './schedule.js';
import { Stateful } from './stateful.js';

/**
 * Exponential moving averages t ← d t + (1 - d) s of variables s, the sources, in other variables t, the
 * targets, from the values that these have. The targets are saved with the model that they belong to.
 *
 * @example
 * const average = new Model();
 * average.loadStateDict(model.stateDict());
 * const ema = new ExponentialMovingAverage(model.parameters(), average.parameters(), 0.999);
 * // in the training step:
 * optimizer.minimize(loss);
 * ema.update();
 */
export class ExponentialMovingAverage extends Stateful {
  /** Number of updates made (int32 scalar). */
  readonly step = new Variable(array(0, { dtype: 'int32' }));
  readonly #pairs: readonly (readonly [source: Variable, target: Variable])[];
  readonly #decay: Schedule;

  /**
   * @param decay - d: a number, a function of the step, or a scalar `Variable`.
   * @throws TensorError when sources and targets do not match one to one.
   */
  constructor(
    sources: readonly Variable[],
    targets: readonly Variable[],
    decay: number | Schedule | TensorSource,
  ) {
    super();
    if (sources.length !== targets.length) {
      throw new TensorError(
        'ExponentialMovingAverage',
        `${sources.length} sources for ${targets.length} targets`,
      );
    }
    this.#pairs = sources.map((source, i) => [source, targets[i]!] as const);
    for (const [i, [source, target]] of this.#pairs.entries()) {
      if (source.shape.join() !== target.shape.join() || source.dtype !== target.dtype) {
        throw new TensorError(
          'ExponentialMovingAverage',
          `source ${source.name || i} is ${source.dtype} [${source.shape.join(', ')}], its target ${target.dtype} [${target.shape.join(', ')}]`,
        );
      }
    }
    this.#decay = typeof decay === 'function' ? decay : () => decay;
  }

  /**
   * Records one update, from the values that the sources have at this point of the program.
   *
   * @param decay - d of this update, in place of the constructor's.
   */
  update(decay?: TensorLike): void {
    const step = this.step.toTensor();
    this.step.assign(add(step, 1));
    const rest = sub(1, asTensor(decay ?? this.#decay(cast(step, 'float32'))));
    for (const [source, target] of this.#pairs) {
      const t = target.toTensor();
      target.assign(add(t, mul(sub(source, t), cast(rest, t.dtype))));
    }
  }
}
