/**
 * @module Gradient accumulation: several small batches as one large one.
 */
import { add, array, cast, div, maximum, type Tensor, Variable, zeros } from '@sextant/engine';
import type { Parameter } from './module.js';
import { matched } from './optimizer.js';
import { Stateful, uniqueNames } from './stateful.js';

/**
 * Sums gradients until there are enough of them for an update by their mean. Where the loss is a mean and the
 * batches are of one size, the update is that of one batch of all.
 *
 * @example
 * const accumulator = new GradientAccumulator(optimizer.parameters, 4);
 * const accumulate = program((x: Tensor, y: Tensor) => {
 *   const loss = mseLoss(model.forward(x), y);
 *   accumulator.add(grad(loss, optimizer.parameters));
 *   return loss;
 * });
 * const update = program(() => {
 *   optimizer.update(accumulator.take());
 *   return {};
 * });
 * // for each batch:
 * await accumulate(x, y);
 * if (accumulator.full) await update();
 */
export class GradientAccumulator extends Stateful {
  /** Number of gradients in the sums (int32 scalar). */
  readonly count = new Variable(array(0, { dtype: 'int32' }));
  /** By the parameters' paths. */
  readonly sums: Readonly<Record<string, Variable>>;
  readonly #sums: ReadonlyMap<Parameter, Variable>;

  /** @param size - how many gradients make it {@link full}. */
  constructor(
    parameters: readonly Parameter[],
    readonly size: number,
  ) {
    super();
    const names = uniqueNames(parameters);
    this.#sums = new Map(parameters.map((p) => [p, new Variable(zeros(p.shape, p.dtype))]));
    this.sums = Object.fromEntries(parameters.map((p, i) => [names[i]!, this.#sums.get(p)!]));
  }

  /** Outside programs: whether `size` gradients were added since the last {@link take}. */
  get full(): boolean {
    return this.count.value.item() >= this.size;
  }

  /**
   * Records that gradients, one for each parameter in their order, are added.
   *
   * @throws TensorError when they do not match the parameters.
   */
  add(gradients: readonly Tensor[]): void {
    const gradientOf = matched('add', [...this.#sums.keys()], gradients);
    this.count.assign(add(this.count, 1));
    for (const [parameter, sum] of this.#sums) sum.assign(add(sum, gradientOf.get(parameter)!));
  }

  /** Records that the sums begin anew, and gives the mean of what was added (zeros where nothing was). */
  take(): Tensor[] {
    const count = maximum(this.count, 1);
    const sums = [...this.#sums.values()];
    const means = sums.map((sum) => div(sum, cast(count, sum.dtype)));
    this.count.assign(array(0, { dtype: 'int32' }));
    for (const sum of sums) sum.assign(zeros(sum.shape, sum.dtype));
    return means;
  }
}
