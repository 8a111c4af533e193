/**
 * @module The learning rate of the authors' training, iteration by iteration (section 4.1 of the specification).
 */

export interface LearningRate {
  readonly peak: number;
  /** Epochs of the whole training. */
  readonly epochs: number;
  readonly iterationsPerEpoch: number;
  /** The rate grows along a line over the first 500 iterations. */
  readonly warmup: boolean;
  readonly decay: Decay;
}

export type Decay =
  | { readonly kind: 'none' }
  /** Times `gamma` so many epochs before the end. */
  | { readonly kind: 'step'; readonly before: readonly number[]; readonly gamma: number }
  /** Cosines from the peak to `min`, of `first` epochs (null: of all) and then each `factor` times as long. */
  | { readonly kind: 'cosine'; readonly min: number; readonly first: number | null; readonly factor: number };

const WARMUP_ITERATIONS = 500;

/** The rate at an iteration (0-based) of the whole training. */
export function learningRateAt(rate: LearningRate, iteration: number): number {
  const { peak, warmup, decay } = rate;
  const begin = warmup ? WARMUP_ITERATIONS : 0;
  if (iteration < begin) return (peak * (iteration + 1)) / WARMUP_ITERATIONS;
  switch (decay.kind) {
    case 'none':
      return peak;
    case 'step':
      return peak * decay.gamma ** dropsBefore(rate, decay.before, iteration, begin);
    case 'cosine':
      // What was set after the iteration before; the last one of the warm-up is the first that sets it.
      return iteration === 0 ? peak : cosine(rate, decay, (iteration - 1) / rate.iterationsPerEpoch);
  }
}

/**
 * Drops at the start of epochs up to this iteration. Those during the warm-up are lost, since it sets the rate itself;
 * those before the start never happen.
 */
const dropsBefore = (
  { epochs, iterationsPerEpoch }: LearningRate,
  before: readonly number[],
  iteration: number,
  begin: number,
): number =>
  before.map((b) => (epochs - b) * iterationsPerEpoch).filter((at) => at >= begin && at <= iteration).length;

/** Cosine annealing with warm restarts (Loshchilov and Hutter, 2017) after t epochs. */
function cosine(
  { peak, epochs }: LearningRate,
  { min, first, factor }: Decay & { kind: 'cosine' },
  t: number,
): number {
  let [start, length] = [0, first ?? epochs];
  while (t >= start + length) {
    start += length;
    length *= factor;
  }
  return min + ((peak - min) * (1 + Math.cos((Math.PI * (t - start)) / length))) / 2;
}
