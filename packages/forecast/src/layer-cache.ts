/**
 * @module What a layer keeps of earlier positions while futures are sampled, and how it goes one step on.
 *
 * Every sample has keys of its own for every head, but one input for all heads. So the heads' weights are applied to
 * inputs, by one small matrix product for each sample, and values are made of their means.
 */
import {
  add,
  array,
  broadcastTo,
  concat,
  type Dim,
  div,
  exp,
  expandDims,
  gather,
  matmul,
  max,
  maximum,
  mul,
  pad,
  slice,
  softmax,
  sub,
  sum,
  swapAxes,
  type Tensor,
  transpose,
} from '@sextant/engine';
import { type ConvAttention, type DecoderLayer, tapsOf } from './model.js';
import { isFull, type Pattern } from './patterns.js';

/** Sampled steps whose keys stand in one tensor, where a pattern uses all of them. */
const BLOCK = 8;

/** Queries and keys [B, H, d, S] of one step. */
type QueryKey = ReturnType<ConvAttention['queryKey']>;

/** What is sampled of a step's input [B, c, S], and in which channels of it. */
export interface Sampled {
  readonly values: Tensor;
  readonly channels: readonly number[];
}

/**
 * The first layer's queries and keys of sampled steps. Its inputs differ between samples in the sampled channels alone:
 * what the others give is computed once for all samples, and stands where the biases do.
 */
export class FirstProjection {
  /** Inputs [B, D, 1] of the last positions, the latest last, 0 where they are sampled. */
  private readonly shared: Tensor[];
  private readonly sampled: Sampled[] = [];

  /** @param known - inputs of the history's positions [B, T, D] */
  constructor(
    private readonly attention: ConvAttention,
    known: Tensor,
  ) {
    this.shared = lastInputs(known, attention.kernelSize - 1);
  }

  /** Those of the next step. @param shared - its input, 0 where it is sampled [B, 1, D]. */
  queryKey(shared: Tensor, sampled: Sampled): QueryKey {
    this.shared.push(swapAxes(shared, 1, 2));
    this.sampled.push(sampled);
    const { kernelSize, features } = this.attention;
    const sharedTaps = tapsOf(this.shared.slice(-kernelSize));
    const last = this.sampled.slice(-kernelSize);
    const columns = last.flatMap(({ channels }, i) =>
      channels.map((c) => (kernelSize - last.length + i) * features + c),
    );
    return this.attention.queryKey(tapsOf(last.map(({ values }) => values)), (map) => {
      const ofShared = matmul(map, sharedTaps);
      const ofSampled = gather(map, array(columns, { dtype: 'int32' }), 1);
      return concat([broadcastTo(ofSampled, [ofShared.shape[0]!, ...ofSampled.shape]), ofShared], 2);
    });
  }
}

/** A layer while a future is sampled: what it keeps of earlier positions, and how it goes one step on. */
export class LayerCache {
  /** Inputs [B, D, 1 or S] of the last positions before the present one, the latest last. */
  private readonly channels: Tensor[];
  /** Inputs [B, S, 1, D] and keys of the steps sampled so far. */
  private readonly inputs: Tensor[] = [];
  private readonly keys = new SampledKeys();
  /** Inputs [B, 1, T, D] and keys [B, H, T, d] of the history. */
  private readonly pastInputs: Tensor;
  private readonly pastKeys: Tensor;

  /** @param known - of the history's positions: inputs [B, T, D], keys [B, H, d, T]. */
  constructor(
    private readonly layer: DecoderLayer,
    private readonly pattern: Pattern,
    known: { readonly input: Tensor; readonly key: Tensor },
  ) {
    this.channels = lastInputs(known.input, layer.attention.kernelSize - 1);
    this.pastInputs = expandDims(known.input, 1);
    this.pastKeys = swapAxes(known.key, 2, 3);
  }

  /** Queries and keys of the next position of every sample, x [B, S, D]. */
  queryKey(x: Tensor): QueryKey {
    const { attention } = this.layer;
    const channels = swapAxes(x, 1, 2);
    this.channels.push(channels);
    const last = this.channels.slice(-attention.kernelSize);
    return attention.queryKey(tapsOf(last.map((input) => broadcastTo(input, channels.shape))));
  }

  /**
   * The layer at the next position of every sample: x [B, S, D] → [B, S, D].
   *
   * @param step - how many positions after the history's last one it is.
   * @param bias - of its row by offset [n, 1].
   */
  advance(x: Tensor, { query, key }: QueryKey, step: number, bias: Tensor): Tensor {
    this.inputs.push(expandDims(x, 2));
    this.keys.push(key);
    return this.layer.finish(x, this.layer.attention.ofMeans(this.means(query, step, bias)));
  }

  /**
   * Means of the samples' own earlier inputs and the history's, by the weights that their queries [B, H, d, S] give them:
   * [B, S, H, D].
   */
  private means(query: Tensor, step: number, bias: Tensor): Tensor {
    return isFull(this.pattern) ? this.meansOfAll(query, step) : this.meansOfPattern(query, step, bias);
  }

  private meansOfPattern(query: Tensor, step: number, bias: Tensor): Tensor {
    const { offsets } = this.pattern;
    // By ascending offsets, those of the bias.
    const own = offsets.filter((o) => o < step).map((o) => step - 1 - o);
    const scores = concat(
      [this.ownScores(query, own), matmul(this.ofHistory(this.pastKeys, step), query)],
      2,
    );
    const past = this.ofHistory(this.pastInputs, step);
    const [batch, samples] = this.inputs[0]!.shape as [Dim, Dim];
    const inputs = concat(
      [...own.map((i) => this.inputs[i]!), broadcastTo(past, [batch, samples, ...past.shape.slice(2)])],
      2,
    );
    return matmul(samplesFirst(softmax(add(scores, bias), 2)), inputs);
  }

  /** The softmax over both parts is written out: scores and weights of all positions are too many to join and part. */
  private meansOfAll(query: Tensor, step: number): Tensor {
    const scores = [this.ownScores(query, range(step)), matmul(this.pastKeys, query)];
    const over = { axes: [2], keepDims: true };
    const largest = scores.map((s) => max(s, over)).reduce((a, b) => maximum(a, b));
    const [own, past] = scores.map((s) => exp(sub(s, largest))) as [Tensor, Tensor];
    const total = add(sum(own, over), sum(past, over));
    const ofOwn = matmul(samplesFirst(own), concat(this.inputs, 2));
    const ofPast = matmul(swapAxes(this.pastInputs, 2, 3), past);
    return div(add(ofOwn, samplesFirst(ofPast)), samplesFirst(total));
  }

  /** Scores [B, H, n, S] of n steps' own keys. */
  private ownScores(query: Tensor, steps: readonly number[]): Tensor {
    const column = expandDims(query, 3);
    return concat(
      this.keys.at(steps).map((keys) => sum(mul(column, keys), { axes: [2] })),
      2,
    );
  }

  /** Of what there is for each of the history's positions [.., T, n]: those that the pattern names, the nearest first. */
  private ofHistory(x: Tensor, step: number): Tensor {
    const { offsets } = this.pattern;
    const longest = offsets.at(-1)!;
    const fromEnd = offsets.filter((o) => o >= step).map((o) => step - 1 - o);
    return gather(
      pad(x, [
        [longest, 0],
        [0, 0],
      ]),
      array(fromEnd, { dtype: 'int32' }),
      2,
    );
  }
}

/** [B, H, n, S] → [B, S, H, n] */
const samplesFirst = (x: Tensor): Tensor => transpose(x, [0, 3, 1, 2]);

/** Keys of the steps sampled so far. */
class SampledKeys {
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

/** The last inputs of x [B, L, D], as [B, D, 1] each; zeros stand before the first. */
function lastInputs(x: Tensor, count: number): Tensor[] {
  const last = slice(pad(swapAxes(x, 1, 2), [[count, 0]]), -1, -count);
  return range(count).map((i) => slice(last, -1, i, i + 1));
}
