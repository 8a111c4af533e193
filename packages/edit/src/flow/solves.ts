/**
 * @module What adaptive solves tell of themselves, together.
 */
import { add, all, mul, stack, sum } from '@sextant/engine';
import { InputError } from '@sextant/io/web';
import type { SolveReport } from './cnf.js';

/** Evaluations of the field in all adaptive solves, and whether all reached their ends; nothing where steps are fixed. */
export function solvesOf(reports: readonly SolveReport[]) {
  if (reports.length === 0) return {};
  const attempts = sum(stack(reports.map((r) => r.attempts)));
  return {
    evaluations: add(mul(attempts, 6), 2 * reports.length),
    reached: all(stack(reports.map((r) => r.reached))),
  };
}

const TRAINING =
  'the field is too steep. Allow more (rtol, atol), lower the learning rate, or train with penalties';

/** Why a solve can fail. @param advice - what it comes from, and what may be done. */
export const unreachable = (where: string, advice = TRAINING): InputError =>
  new InputError(`${where}: the solver does not reach the end within its tolerances: ${advice}`);

/** Why a gradient is not finite; see `solveAdjoint`. */
export const gradientLost = (where: string): InputError =>
  new InputError(
    `${where}: gradients are not finite: on the way back the solver does not reach the beginning within its tolerances: ${TRAINING}`,
  );
