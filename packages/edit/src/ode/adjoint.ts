/**
 * @module Adaptive solves with gradients by the adjoint method (section 5.6): the memory of one state, whatever the steps.
 */
import { add, cast, customVjp, mul, neg, sum, type Tensor, vjp, zerosLike } from '@sextant/engine';
import { type AdaptiveOptions, dopri5 } from './dopri5.js';
import { type Field, reversed, type State } from './field.js';

export interface AdjointOptions extends AdaptiveOptions {
  /** Tolerances of the way back; those of the way there by default. */
  readonly backward?: Pick<AdaptiveOptions, 'atol' | 'rtol'>;
}

/** dy/dt at a time, by parameters too. */
export type ParametricField = (t: Tensor, y: State, parameters: State) => State;

export interface AdjointSolution {
  readonly y: State;
  /** See `dopri5`. */
  readonly attempts: Tensor;
  readonly reached: Tensor;
}

/**
 * The state at `end` of dy/dt = field(t, y, parameters) from `start` on, by {@link dopri5}. Its gradient by state,
 * parameters, start and end is that of the exact solution: the adjoint equation, solved backwards beside the state, which is computed anew. Where that solve does not reach `start`, gradients by state,
 * parameters and start are NaN.
 *
 * @param times - float64 scalars: start, and end, which is not before it.
 */
export function solveAdjoint(
  field: ParametricField,
  y0: State,
  parameters: State,
  times: readonly [Tensor, Tensor],
  options: AdjointOptions,
): AdjointSolution {
  const n = y0.length;
  /** aᵀ dy/dt, the loss's change by a shift of time. */
  const along = (t: Tensor, y: State, a: State, parameters: State): Tensor =>
    cast(
      field(t, y, parameters)
        .map((slope, i) => sum(mul(slope, a[i]!)))
        .reduce((p, q) => add(p, q)),
      'float64',
    );
  return customVjp(
    (y0, parameters, start, end): AdjointSolution => {
      const { states, attempts, reached } = dopri5(
        (t, y) => field(t, y, parameters),
        y0,
        [start, end],
        options,
      );
      return { y: states[0]!, attempts, reached };
    },
    [y0, parameters, ...times],
    ({ y: a }, [, parameters, start, end], { y }) => {
      const augmented: Field = (t, state) => {
        const [slope, [byState, byParameters]] = vjp(
          (y, p) => field(t, y, p),
          [state.slice(0, n), parameters],
          state.slice(n, 2 * n),
        );
        return [...slope, ...[...byState, ...byParameters].map((g) => neg(g))];
      };
      const from = [...y, ...a, ...parameters.map((p) => zerosLike(p))];
      const { states } = dopri5(reversed(augmented), from, [neg(end), neg(start)], {
        ...options,
        ...options.backward,
      });
      const at = states[0]!;
      const [first, byFirst] = [at.slice(0, n), at.slice(n, 2 * n)];
      return [
        byFirst,
        at.slice(2 * n),
        neg(along(start, first, byFirst, parameters)),
        along(end, y, a, parameters),
      ];
    },
  );
}
