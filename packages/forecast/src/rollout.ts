/**
 * @module Sampling of the future, step by step (section 5 of the specification): every draw is the next step's input.
 *
 * What the history gives is the same for all samples: its keys and values are computed once and shared. The steps are
 * recorded one after the other, so that each reads just the earlier steps that its pattern names, and no cache is
 * copied from step to step.
 */
import {
  add,
  array,
  broadcastTo,
  concat,
  dimTensor,
  expandDims,
  gather,
  matmul,
  mul,
  pad,
  scope,
  slice,
  softmax,
  squeeze,
  stack,
  sum,
  swapAxes,
  type Tensor,
} from '@sextant/engine';
import { offsetBias } from './attention.js';
import type { Parameters } from './heads.js';
import type { DecoderLayer, Network } from './model.js';
import { isFull, type Pattern } from './patterns.js';

export interface RolloutInputs {
  /** z_1 … z_t0 in scaled units [B, t0]. */
  readonly history: Tensor;
  /** Covariates of the history [B, t0, C]. */
  readonly covariates: Tensor;
  /** Covariates of the horizon [B, tau, C]; those at lags where the value is known, any number where it is sampled. */
  readonly future: Tensor;
  /** int32 [B] */
  readonly series?: Tensor | undefined;
  /** Independent standard normal numbers [B, S, tau, noisePerDraw]. */
  readonly noise: Tensor;
}

/**
 * Samples of z_{t0+1} … z_{t0+tau} in scaled units: [B, S, tau].
 *
 * @param pattern - that of windows of history and horizon, if not the network's.
 */
export function rollout(
  network: Network,
  { history, covariates, future, series, noise }: RolloutInputs,
  pattern: Pattern = network.pattern,
): Tensor {
  const horizon = noise.shape[2] as number;
  const values = pad(history, [
    [0, 0],
    [1, 0],
  ]);
  const known = network.encode(
    { values, covariates: concat([covariates, slice(future, 1, 0, 1)], 1), series },
    pattern,
  );
  const caches = known.layers.map((layer, i) => new LayerCache(network.layers[i]!, pattern, layer));
  const noiseAt = (step: number): Tensor => squeeze(slice(noise, 2, step, step + 1), [2]);

  const { lags, nCovariates } = network.config;
  /** Covariates of a step of the horizon: those at lags that reach back to it are samples [B, 1 or S, C]. */
  const covariatesAt = (step: number): Tensor => {
    const given = slice(future, 1, step, step + 1);
    if (lags.every((lag) => lag > step)) return given;
    const known = broadcastTo(given, [...drawn[0]!.shape, nCovariates]);
    const column = (i: number): Tensor => slice(known, 2, i, i + 1);
    const first = nCovariates - lags.length;
    const atLags = lags.map((lag, i) =>
      lag <= step ? expandDims(drawn[step - lag]!, 2) : column(first + i),
    );
    return concat([slice(known, 2, 0, first), ...atLags], 2);
  };

  // The last observation is an input of the history: what follows it has one distribution for all samples.
  let parameters = network.predict(slice(known.x, 1, -1), slice(known.input, 1, -1));
  const drawn = [network.head.draw(parameters, noiseAt(0))];
  for (let step = 1; step < horizon; step++) {
    scope(`step${step}`, () => {
      const positions = add(dimTensor(history.shape[1]!), [step]);
      const values = drawn.at(-1)!;
      const input = network.input({ values, covariates: covariatesAt(step), series, positions });
      const bias = gather(offsetBias(pattern), positions, 1);
      const features = caches.reduce((y, cache) => cache.advance(y, step, bias), input);
      parameters = network.predict(features, input);
      drawn.push(network.head.draw(parameters, noiseAt(step)));
    });
  }
  return stack(drawn, 2);
}

/**
 * All steps of the horizon at once, from the history alone, by a network trained so: draws [B, S, tau] that are
 * independent from step to step. Beyond the paper.
 */
export function direct(
  network: Network,
  { history, covariates, future, series, noise }: RolloutInputs,
): Tensor {
  const horizon = noise.shape[2] as number;
  const inputs = {
    values: pad(history, [
      [0, 0],
      [1, horizon - 1],
    ]),
    covariates: concat([covariates, future], 1),
    series,
  };
  const parameters = Object.fromEntries(
    Object.entries(network.forward(inputs)).map(([name, x]) => [name, expandDims(slice(x, 1, -horizon), 1)]),
  ) as unknown as Parameters;
  return network.head.draw(parameters, noise);
}

/** Sampled steps whose keys stand in one tensor, where a pattern uses all of them. */
const BLOCK = 8;

/** A layer while a future is sampled: what it keeps of earlier positions, and how it goes one step on. */
class LayerCache {
  /** Inputs [B, D, 1 or S] of the last positions before the present one, the latest last. */
  private readonly inputs: Tensor[];
  private readonly keys = new SampledSteps();
  private readonly values = new SampledSteps();
  /** Keys and values of the history as rows [B, H, T, d]. */
  private readonly keyRows: Tensor;
  private readonly valueRows: Tensor;

  /** @param known - of the history's positions: inputs [B, T, D], keys and values [B, H, d, T]. */
  constructor(
    private readonly layer: DecoderLayer,
    private readonly pattern: Pattern,
    known: { readonly input: Tensor; readonly key: Tensor; readonly value: Tensor },
  ) {
    const before = layer.attention.kernelSize - 1;
    const channels = pad(swapAxes(known.input, 1, 2), [[before, 0]]);
    this.inputs = Array.from({ length: before }, (_, j) => lastColumn(channels, before - j));
    this.keyRows = swapAxes(known.key, 2, 3);
    this.valueRows = swapAxes(known.value, 2, 3);
  }

  /**
   * The layer at the next position of every sample: x [B, S, D] → [B, S, D].
   *
   * @param step - how many positions after the history's last one it is.
   * @param bias - of its row by offset [n, 1].
   */
  advance(x: Tensor, step: number, bias: Tensor): Tensor {
    const { attention } = this.layer;
    const channels = swapAxes(x, 1, 2);
    this.inputs.push(channels);
    const taps = concat(
      this.inputs.slice(-attention.kernelSize).map((input) => broadcastTo(input, channels.shape)),
      1,
    );
    const { query, key, value } = attention.project(taps, channels);
    this.keys.push(key);
    this.values.push(value);
    return this.layer.finish(x, attention.merge(this.attend(query, step, bias)));
  }

  /** Attention of the samples' queries [B, H, d, S] to their own earlier steps and to the history: [B, H, d, S]. */
  private attend(query: Tensor, step: number, bias: Tensor): Tensor {
    const { pattern } = this;
    const full = isFull(pattern);
    // By ascending offsets where the pattern has some: those of the bias.
    const own = full ? range(step) : pattern.offsets.filter((o) => o < step).map((o) => step - 1 - o);
    const ownScores = this.keys.at(own).map((keys) => sum(mul(expandDims(query, 3), keys), { axes: [2] }));
    const [keys, values] = this.ofHistory(step) as [Tensor, Tensor];
    const scores = concat([...ownScores, matmul(keys, query)], 2);
    const weights = softmax(full ? scores : add(scores, bias), 2);
    let first = 0;
    const attended = this.values.at(own).map((block) => {
      const count = block.shape[3] as number;
      const blockWeights = slice(weights, 2, first, first + count);
      first += count;
      return count === 1
        ? mul(blockWeights, squeeze(block, [3]))
        : sum(mul(expandDims(blockWeights, 2), block), { axes: [3] });
    });
    return attended.reduce(
      (a, b) => add(a, b),
      matmul(swapAxes(values, 2, 3), slice(weights, 2, own.length)),
    );
  }

  /** Keys and values of the history's positions that the pattern names, the nearest first [B, H, n, d]. */
  private ofHistory(step: number): Tensor[] {
    const rows = [this.keyRows, this.valueRows];
    if (isFull(this.pattern)) return rows;
    const { offsets } = this.pattern;
    const longest = offsets.at(-1)!;
    const fromEnd = offsets.filter((o) => o >= step).map((o) => step - 1 - o);
    return rows.map((x) =>
      gather(
        pad(x, [
          [longest, 0],
          [0, 0],
        ]),
        array(fromEnd, { dtype: 'int32' }),
        2,
      ),
    );
  }
}

/** Keys or values of the steps sampled so far. */
class SampledSteps {
  /** [B, H, d, 1, S] each. */
  private readonly steps: Tensor[] = [];
  /** Runs of BLOCK steps [B, H, d, BLOCK, S], by the number of the first. */
  private readonly blocks = new Map<number, Tensor>();

  /** @param x - of the next step [B, H, d, S] */
  push(x: Tensor): void {
    this.steps.push(expandDims(x, 3));
  }

  /** Those of some steps in order, as few tensors [B, H, d, n, S]: a run from a multiple of BLOCK on is one. */
  at(steps: readonly number[]): Tensor[] {
    const tensors: Tensor[] = [];
    for (let i = 0; i < steps.length; ) {
      const first = steps[i]!;
      const isBlock = first % BLOCK === 0 && steps[i + BLOCK - 1] === first + BLOCK - 1;
      tensors.push(isBlock ? this.block(first) : this.steps[first]!);
      i += isBlock ? BLOCK : 1;
    }
    return tensors;
  }

  private block(first: number): Tensor {
    let block = this.blocks.get(first);
    if (!block) {
      block = concat(this.steps.slice(first, first + BLOCK), 3);
      this.blocks.set(first, block);
    }
    return block;
  }
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** x [..., L] at the n-th position from its end, as [..., 1]. */
const lastColumn = (x: Tensor, n: number): Tensor => slice(x, -1, -n, n === 1 ? undefined : 1 - n);
