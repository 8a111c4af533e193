/**
 * @module What solvers of ordinary differential equations work on.
 */
import { cast, neg, type Tensor } from '@sextant/engine';

/** The parts of a state; all of one dtype, the shapes their own. */
export type State = readonly Tensor[];

/** dy/dt at a time (a float64 scalar). */
export type Field = (t: Tensor, y: State) => State;

/** The same curves walked the other way, by s = -t. */
export const reversed =
  (field: Field): Field =>
  (s, y) =>
    field(neg(s), y).map((d) => neg(d));

/** A float64 scalar in the dtype of a state. */
export const asIn = (y: State, scalar: Tensor): Tensor => cast(scalar, y[0]!.dtype);
