/**
 * @module Schedules: learning rates (and other factors) as functions of the step, computed in the program.
 *
 * A schedule gets the number of steps taken so far, a float32 scalar that is 0 in the first step.
 */
import {
  add,
  asTensor,
  clamp,
  cos,
  div,
  floor,
  less,
  mul,
  pow,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@sextant/engine';

/** A scalar for the step: its argument is how many steps were taken before, as a float32 scalar. */
export type Schedule = (step: Tensor) => TensorLike;

/** The same value at every step. */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    value;

/** step / steps, within 0 and 1. */
const progress = (step: Tensor, steps: number): Tensor => clamp(div(step, steps), 0, 1);

/** a + (b - a) x. */
const between = (a: number, b: number, x: Tensor): Tensor => add(mul(x, b - a), a);

/** From `from` at step 0 in a straight line to `to` at step `steps`, and `to` afterwards. */
export const linearSchedule =
  (from: number, to: number, steps: number): Schedule =>
  (step) =>
    between(from, to, progress(step, steps));

/** peak · (step + 1) / steps for the first `steps` steps, and `peak` afterwards. */
export const linearWarmup = (peak: number, steps: number): Schedule => {
  const rise = linearSchedule(0, peak, steps);
  return (step) => rise(add(step, 1));
};

/** initial · factor^⌊step / every⌋. */
export const stepDecay =
  (initial: number, { every, factor }: { every: number; factor: number }): Schedule =>
  (step) =>
    mul(pow(factor, floor(div(step, every))), initial);

/** initial · factor^(step / every): a smooth {@link stepDecay}. */
export const exponentialDecay =
  (initial: number, { every, factor }: { every: number; factor: number }): Schedule =>
  (step) =>
    mul(pow(factor, div(step, every)), initial);

/** Half a cosine from `initial` at step 0 down to `final` (0) at step `steps`, and `final` afterwards. */
export const cosineDecay =
  (initial: number, steps: number, final = 0): Schedule =>
  (step) =>
    halfCosine(initial, final, progress(step, steps));

/** a at x = 0, b at x = 1, level at both. */
const halfCosine = (a: number, b: number, x: Tensor): Tensor =>
  between(b, a, mul(add(cos(mul(x, Math.PI)), 1), 0.5));

/**
 * One-cycle policy (Smith, 2018), as PyTorch's `OneCycleLR` with cosine annealing: half a cosine from
 * `peak / divisor` up to `peak` over the first `warmup` share of the steps, then half a cosine down to
 * `peak / divisor / finalDivisor` at step `steps - 1`.
 */
export function oneCycle(
  peak: number,
  steps: number,
  { warmup = 0.3, divisor = 25, finalDivisor = 1e4 } = {},
): Schedule {
  const initial = peak / divisor;
  const rise = warmup * steps - 1;
  return (step) => {
    const up = halfCosine(initial, peak, progress(step, rise));
    const down = halfCosine(peak, initial / finalDivisor, progress(sub(step, rise), steps - 1 - rise));
    return where(less(step, rise), up, down);
  };
}

/**
 * One schedule after the other: schedule i + 1 takes over at step `boundaries[i]`, and counts from there.
 *
 * @example joinSchedules([linearWarmup(1e-3, 500), cosineDecay(1e-3, 9500)], [500])
 */
export const joinSchedules =
  (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule =>
  (step) =>
    boundaries.reduce<Tensor>(
      (before, boundary, i) =>
        where(less(step, boundary), before, asTensor(schedules[i + 1]!(sub(step, boundary)))),
      asTensor(schedules[0]!(step)),
    );

/**
 * In straight lines from 0 at step 0 up to `peak` at step `warmup · steps`, and down to 0 at step `steps`: BERT's
 * `warmup_linear`.
 *
 * @param options.warmup - share of the steps (0.1).
 */
export const warmupLinear = (peak: number, steps: number, { warmup = 0.1 } = {}): Schedule =>
  joinSchedules(
    [linearSchedule(0, peak, warmup * steps), linearSchedule(peak, 0, (1 - warmup) * steps)],
    [warmup * steps],
  );
