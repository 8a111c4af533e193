/**
 * @module A continuous normalising flow (section 2.3): points that move along a vector field for a time that is learnt.
 */
import {
  array,
  cast,
  concat,
  constant,
  expandDims,
  mean,
  neg,
  square,
  stack,
  stopGradient,
  sub,
  type Tensor,
  zerosLike,
} from '@sextant/engine';
import { Module, Parameter } from '@sextant/nn';
import { solveAdjoint } from '../ode/adjoint.js';
import { reversed, type State } from '../ode/field.js';
import { gridTo, rk4 } from '../ode/rk4.js';
import { layersOf, leavesOf, ODEFunc, vectorField, withDivergence, withHutchinson } from './dynamics.js';

/** How a flow's equation is solved. */
export type Solver =
  /** Adaptive steps; gradients by the adjoint equation. */
  | {
      readonly method: 'dopri5';
      readonly rtol: number;
      readonly atol: number;
      readonly maxSteps?: number;
      /** Tolerances of gradients, if they are others. */
      readonly backward?: { readonly rtol: number; readonly atol: number };
    }
  /**
   * Steps of this length, the last one shorter; gradients through the steps, which are as many as the end time asked for when
   * the program was recorded.
   */
  | { readonly method: 'rk4'; readonly stepSize: number };

/** How the change of density is computed. */
export type Divergence =
  /** By a noise e [B, N, D], the same during a solve. */
  { readonly method: 'hutchinson'; readonly e: Tensor } | { readonly method: 'exact' };

/** The running change of log density l [B, N, 1], and how it goes on. */
export interface Density {
  readonly l: Tensor;
  readonly divergence: Divergence;
  /** Whether the penalties of section 5.7 are integrated too (false); with a noise only. */
  readonly penalised?: boolean;
}

/** What an adaptive solve tells of itself. */
export interface SolveReport {
  /** Steps that were tried, an int32 scalar. */
  readonly attempts: Tensor;
  /** Whether the end was reached, a bool scalar. */
  readonly reached: Tensor;
}

export interface Moved {
  /** [B, N, D] */
  readonly x: Tensor;
  /** [B, N, 1]; undefined where no density was given. */
  readonly l: Tensor | undefined;
  /** Means of |f|² and of |J e|² over the numbers of a row, integrated over time [B, N, 2]; where they were asked for. */
  readonly penalties: Tensor | undefined;
  /** Undefined where steps are fixed. */
  readonly report: SolveReport | undefined;
}

export class CNF extends Module {
  readonly odefunc: ODEFunc;
  /** The end time is its square. */
  readonly sqrt_end_time: Parameter;

  constructor(dimension: number, hidden: readonly number[], contextFeatures: number) {
    super();
    this.odefunc = new ODEFunc(dimension, hidden, contextFeatures);
    this.sqrt_end_time = new Parameter(array(1));
  }

  /** x [B, N, D] moved from time 0 to the end, for attributes [B, C]. */
  forward(x: Tensor, context: Tensor, solver: Solver, density?: Density): Moved {
    return this.move(x, context, solver, density, false);
  }

  /** x moved back from the end to time 0. */
  inverse(x: Tensor, context: Tensor, solver: Solver, density?: Density): Moved {
    return this.move(x, context, solver, density, true);
  }

  private move(
    x: Tensor,
    context: Tensor,
    solver: Solver,
    density: Density | undefined,
    backwards: boolean,
  ): Moved {
    const penalised = density?.penalised ?? false;
    const leaves = leavesOf(this.odefunc.conditioned(context));
    const slopes = (t: Tensor, [z]: State, parameters: State): State => {
      const layers = layersOf(parameters);
      const time = stopGradient(t);
      if (!density) return [vectorField(layers, time, z!).f];
      const { divergence } = density;
      if (divergence.method === 'exact') {
        const { f, trace } = withDivergence(layers, time, z!);
        return [f, neg(expandDims(trace, -1))];
      }
      const { f, trace, along } = withHutchinson(layers, time, z!, divergence.e);
      const penalties = penalised ? [stack([f, along].map(meanSquare), -1)] : [];
      return [f, neg(expandDims(trace, -1)), ...penalties];
    };
    const field = (t: Tensor, y: State, parameters: State): State =>
      (backwards ? reversed((s, p) => slopes(s, p, parameters)) : slopes)(t, y, parameters);
    const y0 = density ? [x, density.l, ...(penalised ? [noPenalties(density.l)] : [])] : [x];
    const [start, end] = [float64(0), cast(square(this.sqrt_end_time), 'float64')];
    if (solver.method === 'rk4') {
      const times = gridTo(this.sqrt_end_time.value.item() ** 2, solver.stepSize).slice(0, -1);
      const grid = concat([constant(array(times, { dtype: 'float64' })), expandDims(end, 0)]);
      const [moved, l, penalties] = rk4((t, y) => field(t, y, leaves), y0, backwards ? sub(grid, end) : grid);
      return { x: moved!, l, penalties, report: undefined };
    }
    const { y, ...report } = solveAdjoint(field, y0, leaves, backwards ? [neg(end), start] : [start, end], {
      ...solver,
      constants: [context],
    });
    return { x: y[0]!, l: y[1], penalties: y[2], report };
  }
}

/** [B, N, 2] of l [B, N, 1]. */
const noPenalties = (l: Tensor): Tensor => concat([zerosLike(l), zerosLike(l)], -1);

const meanSquare = (x: Tensor): Tensor => mean(square(x), { axes: [-1] });
const float64 = (value: number): Tensor => constant(array(value, { dtype: 'float64' }));
