/**
 * @module The conditional flow between latent codes w and Gaussian z (section 2).
 */
import { add, div, type NDArray, sub, type Tensor, Variable, zeros } from '@sextant/engine';
import { init, Module } from '@sextant/nn';
import { CNF, type Divergence, type Moved, type SolveReport, type Solver } from './cnf.js';
import type { FlowConfig } from './config.js';
import { MovingBatchNorm } from './moving-batch-norm.js';

export interface FlowOptions {
  readonly solver: Solver;
  /**
   * The change of log density l [B, N, 1], and for each block how it is computed, in the chain's order. Without it only codes are
   * computed: cheaper, and steps are chosen by the codes alone.
   */
  readonly density?: {
    readonly l: Tensor;
    readonly divergences: readonly Divergence[];
    /** See {@link Density}. */
    readonly penalised?: boolean;
  };
}

export interface FlowResult {
  /** [B, N, D] */
  readonly x: Tensor;
  /** [B, N, 1], minus log |det dz/dw| on the way to z; undefined where it was not asked for. */
  readonly l: Tensor | undefined;
  /** Sum over the blocks [B, N, 2]; see {@link Moved}. */
  readonly penalties: Tensor | undefined;
  /** What each module of the chain gave, by its place. */
  readonly stages: ReadonlyMap<number, Pick<Moved, 'x' | 'l'>>;
  /** Of each adaptive solve, in the order in which they ran. */
  readonly reports: readonly SolveReport[];
}

/** Batch norms and flows in turn: `chain.0` normalises, `chain.1` flows, …, the last one normalises. */
export class Flow extends Module {
  readonly chain: readonly (MovingBatchNorm | CNF)[];
  /** Mean and deviations of what codes are conditioned on [C], where that is standardised. */
  readonly context_mean: Variable | undefined;
  readonly context_std: Variable | undefined;

  constructor(readonly config: FlowConfig) {
    super();
    const { dimension, hidden, contextFeatures, numBlocks, standardized } = config;
    this.chain = Array.from({ length: 2 * numBlocks + 1 }, (_, i) =>
      i % 2 === 0 ? new MovingBatchNorm(dimension) : new CNF(dimension, hidden, contextFeatures),
    );
    this.context_mean = standardized ? new Variable(init.zeros([contextFeatures])) : undefined;
    this.context_std = standardized ? new Variable(init.ones([contextFeatures])) : undefined;
  }

  /** Takes statistics of what codes are conditioned on, each [C]; does nothing where that is not standardised. */
  standardizeBy(mean: NDArray<'float32'>, std: NDArray<'float32'>): void {
    if (this.context_mean) this.context_mean.value = mean;
    if (this.context_std) this.context_std.value = std;
  }

  /** Codes w [B, N, D] with attributes [B, C] to z. */
  forward(w: Tensor, context: Tensor, options: FlowOptions): FlowResult {
    return this.walk('forward', w, context, options);
  }

  /** z [B, N, D] with attributes [B, C] to codes w. */
  inverse(z: Tensor, context: Tensor, options: FlowOptions): FlowResult {
    return this.walk('inverse', z, context, options);
  }

  private walk(way: 'forward' | 'inverse', from: Tensor, context: Tensor, options: FlowOptions): FlowResult {
    const { solver, density } = options;
    const { context_mean: centre, context_std: deviation } = this;
    const given = centre && deviation ? div(sub(context, centre), deviation) : context;
    const stages = new Map<number, Pick<Moved, 'x' | 'l'>>();
    const reports: SolveReport[] = [];
    let [x, l] = [from, density?.l];
    let penalties: Tensor | undefined;
    const places = this.chain.map((_, i) => i);
    for (const i of way === 'forward' ? places : places.reverse()) {
      const part = this.chain[i]!;
      if (part instanceof MovingBatchNorm) ({ x, l } = part[way](x, l));
      else {
        const divergence = density?.divergences[(i - 1) / 2];
        const moved = part[way](x, given, solver, l && divergence && { ...density, l, divergence });
        ({ x, l } = moved);
        if (moved.penalties) penalties = penalties ? add(penalties, moved.penalties) : moved.penalties;
        if (moved.report) reports.push(moved.report);
      }
      stages.set(i, { x, l });
    }
    return { x, l, penalties, stages, reports };
  }
}

/** A density that begins at 0, by a noise [B, N, D] for each block. */
export function densityOptions(solver: Solver, noise: readonly Tensor[], penalised = false): FlowOptions {
  const [b, n] = noise[0]!.shape as [number, number];
  return {
    solver,
    density: {
      l: add(zeros([b, n, 1]), 0),
      divergences: noise.map((e) => ({ method: 'hutchinson', e })),
      penalised,
    },
  };
}
