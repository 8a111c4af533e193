/**
 * @module The linear-Gaussian state-space model of level, trend and season, and its Kalman filter (section 7).
 */
import {
  add,
  arange,
  asTensor,
  broadcastTo,
  cast,
  concat,
  div,
  equal,
  expandDims,
  matmul,
  mul,
  neg,
  oneHot,
  onesLike,
  pad,
  relu,
  scan,
  slice,
  sqrt,
  square,
  squeeze,
  stack,
  sub,
  sum,
  swapAxes,
  type Tensor,
  type TensorLike,
} from '@sextant/engine';
import { gaussianNll } from '../losses.js';

/**
 * z_t ~ N(a_t · l_{t-1} + b_t, σ_t²) and l_t = F l_{t-1} + g_t ε_t with one ε_t ~ N(0, 1) for each step and
 * l_0 ~ N(m, diag s²), for B series and T steps.
 *
 * The state l is [level, trend, season × M], of n numbers; trend and season may be absent. a_t reads the level, the trend
 * and the season of step t, g_t moves the same three, and F adds the trend to the level.
 */
export interface StateSpace {
  /** The parts of g_t, [B, T] each. */
  readonly levelGain: Tensor;
  readonly trendGain?: Tensor | undefined;
  readonly seasonGain?: Tensor | undefined;
  /** [B, T], int32: which of the M seasons a step is in. */
  readonly seasonIndex?: Tensor | undefined;
  /** b_t and σ_t, [B, T] each. */
  readonly offset: Tensor;
  readonly sigma: Tensor;
  /** m and s, [B, n] each. */
  readonly priorMean: Tensor;
  readonly priorStd: Tensor;
}

export interface Filtered {
  /** Of z_t given the observations before it, [B, T] each. */
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** log p(z_t | the observations before it), [B, L]; 0 where nothing was observed. */
  readonly logLikelihood: Tensor;
  /** Of l_T, [B, n] and [B, n, n]. */
  readonly stateMean: Tensor;
  readonly stateCovariance: Tensor;
}

/**
 * Kalman's filter. Steps after the last of the L observations are forecasts. n is a fixed size.
 *
 * The covariance changes by products of vectors alone. With k = w P a / √S, for S the variance of z_t and w whether it is
 * observed, Q = P - k kᵀ is the covariance after the observation, and F = I + e₀ e₁ᵀ gives
 * P' = F Q Fᵀ + g gᵀ = P - k kᵀ + g gᵀ + e₀ hᵀ + h e₀ᵀ with h = Q e₁ + ½ (e₁ᵀ Q e₁) e₀: one thin product for each step.
 *
 * @param z - [B, L], L ≤ T; any number where nothing was observed.
 * @param observed - [B, L], 1 or 0.
 * @param ahead - T - L, needed where L is not a fixed size.
 */
export function kalmanFilter(
  model: StateSpace,
  z: TensorLike,
  observed: TensorLike,
  ahead = (model.offset.shape[1] as number) - (asTensor(z).shape[1] as number),
): Filtered {
  const { offset, sigma, priorMean, priorStd } = model;
  const [values, weight] = [asTensor(z), asTensor(observed)];
  const n = priorMean.shape[1] as number;
  const trend = model.trendGain !== undefined;
  const timeFirst = (x: Tensor): Tensor => swapAxes(x, 0, 1);
  const toEnd = (x: Tensor): Tensor => timeFirst(pad(x, [[0, ahead]]));
  const level = broadcastTo(cast(equal(arange(n), 0), priorMean.dtype), priorMean.shape);
  const perStep = {
    ...loadings(model, n),
    offset: timeFirst(offset),
    noise: timeFirst(square(sigma)),
    z: toEnd(values),
    weight: toEnd(weight),
  };

  const step = ({ m, p }: { m: Tensor; p: Tensor }, at: typeof perStep) => {
    const pa = squeeze(matmul(p, expandDims(at.a, -1)), -1);
    const mean = add(dot(at.a, m), at.offset);
    // Rounding may leave less than nothing of a variance that is all but zero.
    const variance = add(relu(dot(at.a, pa)), at.noise);
    const k = mul(pa, expandDims(div(at.weight, sqrt(variance)), -1));
    const gain = div(mul(at.weight, sub(at.z, mean)), variance);
    const updated = add(m, mul(pa, expandDims(gain, -1)));
    const left = [neg(k), at.g];
    const right = [k, at.g];
    if (trend) {
      const q = sub(squeeze(slice(p, 1, 1, 2), 1), mul(k, slice(k, 1, 1, 2)));
      const h = add(q, mul(level, mul(slice(q, 1, 1, 2), 0.5)));
      left.push(level, h);
      right.push(h, level);
    }
    const next = {
      m: trend ? add(updated, mul(level, slice(updated, 1, 1, 2))) : updated,
      p: add(p, matmul(stack(left, -1), stack(right, -2))),
    };
    return [next, { mean, variance }] as const;
  };

  const start = { m: priorMean, p: diagonal(square(priorStd)) };
  const [end, found] = scan(step, start, perStep);
  const [mean, variance] = [timeFirst(found.mean), timeFirst(found.variance)];
  const past = (x: Tensor): Tensor => slice(x, 1, 0, ahead === 0 ? undefined : -ahead);
  const nll = gaussianNll(past(mean), sqrt(past(variance)), values);
  return {
    mean,
    variance,
    logLikelihood: neg(mul(nll, weight)),
    stateMean: end.m,
    stateCovariance: end.p,
  };
}

/** a and g of every step, [T, B, n] each. */
function loadings(model: StateSpace, n: number): { a: Tensor; g: Tensor } {
  const { levelGain, trendGain, seasonGain, seasonIndex } = model;
  const gains = trendGain ? [levelGain, trendGain] : [levelGain];
  const a = gains.map(onesLike).map((x) => expandDims(x, -1));
  const g = gains.map((x) => expandDims(x, -1));
  if (seasonGain && seasonIndex) {
    const season = oneHot(seasonIndex, n - gains.length, levelGain.dtype);
    a.push(season);
    g.push(mul(season, expandDims(seasonGain, -1)));
  }
  return { a: swapAxes(concat(a, -1), 0, 1), g: swapAxes(concat(g, -1), 0, 1) };
}

const dot = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b), { axes: -1 });

/** [..., n] → [..., n, n]. */
const diagonal = (x: Tensor): Tensor =>
  mul(expandDims(x, -1), oneHot(arange(x.shape.at(-1)!), x.shape.at(-1)!, x.dtype));
