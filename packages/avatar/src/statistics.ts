/**
 * @module Standing statistics: those of batch normalisation averaged over many batches, in place of the last one's (section 4).
 */
import { NDArray, program, type Tensor, type Variable } from '@sextant/engine';
import { BatchNorm2d } from '@sextant/nn';
import type { Pair } from './data/pairs.js';
import type { AvatarNetworks } from './networks.js';

/**
 * Averages means and unbiased variances over batches. But for the norms, the networks are as in inference: singular vectors stay.
 *
 * @example
 * const standing = new StandingStatistics(networks);
 * await standing.collect(batches);
 */
export class StandingStatistics {
  readonly #running: readonly Variable[];
  readonly #observe;

  constructor(networks: AvatarNetworks) {
    const norms = networks.modules().filter((module) => module instanceof BatchNorm2d);
    this.#running = norms.flatMap((norm) => [norm.running_mean!, norm.running_var!]);
    // Batch normalisation has momentum 1: each batch leaves its own statistics.
    this.#observe = program(
      ({ source, target }: Pair<Tensor>) => {
        const made = () => networks.frames(networks.embed(source), target.poses).lowFrequency;
        const observed = norms.reduce<() => Tensor>((inner, norm) => () => norm.train(inner), made);
        networks.eval(observed);
        return {};
      },
      { name: 'standingStatistics' },
    );
  }

  /** Sets the statistics to the means over all batches, of which there is at least one. */
  async collect(batches: AsyncIterable<Pair>): Promise<void> {
    const sums = this.#running.map(({ shape }) => new Float64Array(shape[0] as number));
    let count = 0;
    for await (const batch of batches) {
      await this.#observe(batch as never);
      for (const [i, { value }] of this.#running.entries()) {
        for (const [c, v] of value.data.entries()) sums[i]![c]! += Number(v);
      }
      count++;
    }
    for (const [i, variable] of this.#running.entries()) {
      const mean = Float32Array.from(sums[i]!, (sum) => sum / count);
      variable.value = new NDArray(mean, [mean.length], 'float32');
    }
  }

  release(): Promise<void> {
    return this.#observe.release();
  }
}
