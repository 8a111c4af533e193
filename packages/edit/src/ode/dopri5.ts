/**
 * @module Dormand and Prince's method of order 5 with adaptive steps, as torchdiffeq has it (section 5.5 of the
 * specification). A solve is one loop inside the program that it is recorded in.
 */
import {
  abs,
  add,
  arange,
  array,
  cast,
  constant,
  div,
  equal,
  expandDims,
  full,
  greater,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  mean,
  minimum,
  mul,
  pow,
  sqrt,
  square,
  stack,
  sub,
  type Tensor,
  where,
  whileLoop,
} from '@sextant/engine';
import { asIn, type Field, type State } from './field.js';

/** Where the stages stand in a step, and how they are made of the slopes before them. The last one is the step's result. */
const STAGES: readonly { readonly alpha: number; readonly beta: readonly number[] }[] = [
  { alpha: 1 / 5, beta: [1 / 5] },
  { alpha: 3 / 10, beta: [3 / 40, 9 / 40] },
  { alpha: 4 / 5, beta: [44 / 45, -56 / 15, 32 / 9] },
  { alpha: 8 / 9, beta: [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729] },
  { alpha: 1, beta: [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656] },
  { alpha: 1, beta: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84] },
];

/** The estimate of a step's error by its slopes, with Shampine's weights. */
const ERROR = [
  35 / 384 - 1951 / 21600,
  0,
  500 / 1113 - 22642 / 50085,
  125 / 192 - 451 / 720,
  -2187 / 6784 + 12231 / 42400,
  11 / 84 - 649 / 6300,
  -1 / 60,
];

/** The middle of a step by its slopes. */
const MIDDLE = [
  6025192743 / 30085553152 / 2,
  0,
  51252292925 / 65400821598 / 2,
  -2691868925 / 45128329728 / 2,
  187940372067 / 1594534317056 / 2,
  -1776094331 / 19743644256 / 2,
  11237099 / 235043384 / 2,
];

const [SAFETY, SHRINK, GROW, ORDER] = [0.9, 0.2, 10, 5];

export interface AdaptiveOptions {
  readonly rtol: number;
  readonly atol: number;
  /** Steps that are tried on the way to a time before the solve is given up (1000). */
  readonly maxSteps?: number;
  /** Parts of the state that do not change: they count in the choice of the first step only. */
  readonly constants?: State;
  /** The parts that control the steps, from the first on; all by default. */
  readonly controlled?: number;
  /** How many attempted steps are written down (0). */
  readonly trace?: number;
}

export interface Solution {
  /** The state at each time after the first; NaN where that was not reached. */
  readonly states: readonly State[];
  /** Steps that were tried, an int32 scalar; the field was evaluated 6 times in each, and twice before. */
  readonly attempts: Tensor;
  /** Whether the last time was reached, a bool scalar. False: the tolerances cannot be met, or a value is not finite. */
  readonly reached: Tensor;
  /** Rows of attempted steps: start, length, error ratio, 1 where accepted; float64 [trace, 4]. */
  readonly trace: Tensor;
}

/** How far the solve has come: the state at `t`, and the last accepted step, in which values are interpolated. */
interface Reached {
  readonly t: Tensor;
  readonly dt: Tensor;
  readonly y: State;
  readonly slope: State;
  readonly from: { readonly t: Tensor; readonly y: State; readonly slope: State };
  readonly middle: State;
  readonly attempts: Tensor;
  readonly trace: Tensor;
}

/**
 * Solves dy/dt = field(t, y) from the first of the times on.
 *
 * Steps are not cut at the times: the last one may go beyond, and the value is interpolated in it, so that the field is
 * evaluated beyond the last time too. In float32 results differ from other implementations' by about the tolerance.
 *
 * @param times - float64 scalars, ascending, at least two.
 */
export function dopri5(
  field: Field,
  y0: State,
  times: readonly [Tensor, ...Tensor[]],
  options: AdaptiveOptions,
): Solution {
  const { maxSteps = 1000, trace = 0 } = options;
  const [start, ...ends] = times;
  const slope = field(start, y0);
  let at: Reached = {
    t: start,
    dt: firstStep(field, start, y0, slope, options),
    y: y0,
    slope,
    from: { t: start, y: y0, slope },
    middle: y0,
    attempts: cast(0, 'int32'),
    trace: full([trace, 4], float64(0)),
  };
  const states: State[] = [];
  for (const end of ends) {
    const limit = add(at.attempts, cast(maxSteps, 'int32'));
    at = whileLoop(
      // A length that is not finite compares as false.
      ({ t, dt, attempts }) => logicalAnd(logicalAnd(less(t, end), greater(dt, 0)), less(attempts, limit)),
      (s) => attempted(field, s, options),
      at,
    );
    states.push(interpolated(at, end));
  }
  return {
    states,
    attempts: at.attempts,
    reached: lessEqual(times.at(-1)!, at.t),
    trace: at.trace,
  };
}

const float64 = (value: number): Tensor => constant(array(value, { dtype: 'float64' }));

/** Σ weight · slope, by parts of the state. */
const combined = (weights: readonly number[], slopes: readonly State[]): State =>
  slopes[0]!.map((_, part) =>
    weights
      .flatMap((weight, i) => (weight === 0 ? [] : [mul(slopes[i]![part]!, weight)]))
      .reduce((a, b) => add(a, b)),
  );

/** y + h · slope */
const moved = (y: State, h: Tensor, slope: State): State => y.map((part, i) => add(part, mul(h, slope[i]!)));

/** The largest of the parts' root mean squares, as float64. */
const norm = (parts: State): Tensor =>
  cast(
    parts.map((x) => sqrt(mean(square(x)))).reduce((a, b) => maximum(a, b)),
    'float64',
  );

/** x / (atol + rtol |y|), by parts. */
const scaled = (x: State, y: State, { rtol, atol }: AdaptiveOptions): State =>
  x.map((part, i) => div(part, add(mul(abs(y[i]!), rtol), atol)));

/** Hairer's choice of the first step (torchdiffeq's `_select_initial_step`). */
function firstStep(field: Field, t: Tensor, y: State, slope: State, options: AdaptiveOptions): Tensor {
  const { constants = [], controlled = y.length } = options;
  const counted = (x: State) => scaled(x, y, options).slice(0, controlled);
  const d0 = norm([...counted(y), ...scaled(constants, constants, options)]);
  const d1 = norm(counted(slope));
  const tiny = less(minimum(d0, d1), 1e-5);
  const h0 = where(tiny, float64(1e-6), mul(div(d0, where(tiny, float64(1), d1)), 0.01));
  const next = field(add(t, h0), moved(y, asIn(y, h0), slope));
  const d2 = div(norm(counted(next.map((part, i) => sub(part, slope[i]!)))), h0);
  const steepest = maximum(d1, d2);
  const h1 = where(
    lessEqual(steepest, 1e-15),
    maximum(mul(h0, 1e-3), 1e-6),
    pow(div(0.01, maximum(steepest, 1e-15)), 1 / ORDER),
  );
  return minimum(mul(h0, 100), h1);
}

/** One step, accepted or not. */
function attempted(field: Field, s: Reached, options: AdaptiveOptions): Reached {
  const { t, dt, y, slope } = s;
  const { controlled = y.length, rtol, atol } = options;
  const h = asIn(y, dt);
  const slopes: State[] = [slope];
  let end = y;
  for (const { alpha, beta } of STAGES) {
    end = moved(y, h, combined(beta, slopes));
    slopes.push(field(add(t, mul(dt, alpha)), end));
  }
  const errors = combined(ERROR, slopes).map((e, i) =>
    div(mul(e, h), add(mul(maximum(abs(y[i]!), abs(end[i]!)), rtol), atol)),
  );
  const ratio = norm(errors.slice(0, controlled));
  const accepted = lessEqual(ratio, 1);
  const either = (a: State, b: State) => a.map((part, i) => where(accepted, part, b[i]!));
  const row = stack([t, dt, ratio, cast(accepted, 'float64')]);
  const here = expandDims(equal(cast(arange(s.trace.shape[0]!), 'int32'), s.attempts), 1);
  return {
    t: where(accepted, add(t, dt), t),
    dt: mul(dt, growth(ratio)),
    y: either(end, y),
    slope: either(slopes.at(-1)!, slope),
    from: {
      t: where(accepted, t, s.from.t),
      y: either(y, s.from.y),
      slope: either(slope, s.from.slope),
    },
    middle: either(moved(y, h, combined(MIDDLE, slopes)), s.middle),
    attempts: add(s.attempts, 1),
    trace: where(here, row, s.trace),
  };
}

/** What the next step's length is multiplied by: never less than 1 after an accepted one. */
function growth(ratio: Tensor): Tensor {
  const least = where(less(ratio, 1), float64(1), float64(SHRINK));
  const wanted = div(SAFETY, pow(maximum(ratio, 1e-30), 1 / ORDER));
  return minimum(maximum(wanted, least), GROW);
}

/** The quartic through both ends of the last step, their slopes, and its middle; NaN beyond the last step, where it would be anything. */
function interpolated({ t, y, slope, from, middle }: Reached, time: Tensor): State {
  const length = sub(t, from.t);
  const walked = less(0, length);
  const share = where(walked, div(sub(time, from.t), where(walked, length, float64(1))), float64(0));
  const x = asIn(y, where(lessEqual(time, t), share, float64(Number.NaN)));
  const h = asIn(y, length);
  return y.map((y1, i) => {
    const [y0, ym, f0, f1] = [from.y[i]!, middle[i]!, mul(h, from.slope[i]!), mul(h, slope[i]!)];
    const sumOf = (...terms: readonly [number, Tensor][]) =>
      terms.map(([weight, term]) => mul(term, weight)).reduce((p, q) => add(p, q));
    const a = sumOf([2, f1], [-2, f0], [-8, y1], [-8, y0], [16, ym]);
    const b = sumOf([5, f0], [-3, f1], [18, y0], [14, y1], [-32, ym]);
    const c = sumOf([1, f1], [-4, f0], [-11, y0], [-5, y1], [16, ym]);
    return [b, c, f0, y0].reduce((p, q) => add(mul(p, x), q), a);
  });
}
