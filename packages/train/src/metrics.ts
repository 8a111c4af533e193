/**
 * @module Metrics: what a step reports, and its averages between two lines of the log.
 */
import { NDArray } from '@sextant/engine';

/** Named scalars, as a step's program returns them. */
export type Metrics = Readonly<Record<string, number | NDArray>>;

/** What the log's lines hold beside metrics. */
const RESERVED = ['step', 'split'];

/** Scalar arrays as numbers. @throws RangeError for a metric that is not a scalar or has a reserved name. */
export function numbersOf(metrics: Metrics): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => {
      if (RESERVED.includes(name))
        throw new RangeError(`a metric cannot be named ${name}: the log's lines have that`);
      if (typeof value === 'number') return [name, value];
      if (value instanceof NDArray && value.size === 1) return [name, value.item()];
      const found = value instanceof NDArray ? `has shape [${value.shape.join(', ')}]` : `is ${typeof value}`;
      throw new RangeError(`metric ${name} ${found}, expected a number or an array of one element`);
    }),
  );
}

/** A metric's name with the sum of its weighted values and the sum of the weights. */
export type AveragesState = readonly (readonly [name: string, sum: number, weight: number])[];

/**
 * Running weighted means of named metrics, in float64. A mean counts only the steps that reported it.
 *
 * @example
 * const averages = new Averages();
 * for await (const batch of batches) averages.add(await evaluate(batch), batch.size);
 * return averages.take();
 */
export class Averages {
  private readonly sums = new Map<string, { sum: number; weight: number }>();

  /** @param state - sums to continue from, of {@link toJSON}. */
  constructor(state: AveragesState = []) {
    for (const [name, sum, weight] of state) this.sums.set(name, { sum, weight });
  }

  add(metrics: Metrics, weight = 1): void {
    for (const [name, value] of Object.entries(numbersOf(metrics))) {
      const sofar = this.sums.get(name) ?? { sum: 0, weight: 0 };
      this.sums.set(name, { sum: sofar.sum + value * weight, weight: sofar.weight + weight });
    }
  }

  /** The means, in the order in which the metrics first came; begins anew. */
  take(): Record<string, number> {
    const means = Object.fromEntries([...this.sums].map(([name, { sum, weight }]) => [name, sum / weight]));
    this.sums.clear();
    return means;
  }

  /** The sums as they are: JSON keeps a float64 exactly, so averages continue bit for bit. */
  toJSON(): AveragesState {
    return [...this.sums].map(([name, { sum, weight }]) => [name, sum, weight]);
  }
}
