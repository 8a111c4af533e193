/**
 * @module Exponential smoothing with additive errors, in state-space form.
 *
 * Forecast f_t = l + φ b + s_{t−m}, error e_t = y_t − f_t, new states l′ = l + φ b + α e, b′ = φ b + β e,
 * s′ = s_{t−m} + γ e (Hyndman, Koehler, Ord & Snyder 2008). A missing value has error 0: the states go on as forecast.
 */
import type { Method } from '../method.js';
import { initialState } from './ets-initial.js';
import { leastSquares } from './least-squares.js';
import { type GaussianPath, gaussianPerSeries, usableSeason } from './per-series.js';

/** Which components a model has, and its smoothing parameters. */
export interface EtsModel {
  /** Steps of the season m; 0 where there is none. */
  readonly season: number;
  readonly trend: boolean;
  readonly alpha: number;
  /** Of the trend: 0 where there is none. */
  readonly beta: number;
  /** Of the season: 0 where there is none. */
  readonly gamma: number;
  /** Damping: 1 for a trend that goes on. */
  readonly phi: number;
}

export interface EtsState {
  readonly level: number;
  readonly trend: number;
  /** The m seasonal states in the order in which the next steps use them. */
  readonly season: Float64Array;
}

/** A model run over a series: one value per step, states after the step's update. */
export interface EtsRun {
  readonly fitted: Float64Array;
  /** 0 where the value is missing. */
  readonly residuals: Float64Array;
  readonly level: Float64Array;
  readonly trend: Float64Array;
  readonly season: Float64Array;
  readonly sse: number;
  /** SSE / n, n the number of values that are not missing. */
  readonly sigma2: number;
  /** −n/2 (log(2π σ²) + 1). */
  readonly loglik: number;
  readonly last: EtsState;
}

/** Runs a model over y [T] (NaN where missing) from given states. */
export function runEts(y: Float64Array, model: EtsModel, initial: EtsState): EtsRun {
  const steps = () => new Float64Array(y.length);
  const trace = { fitted: steps(), level: steps(), trend: steps(), season: steps() };
  const residuals = steps();
  const last = recursion(y, model, initial, residuals, trace);
  const sse = residuals.reduce((sum, e) => sum + e * e, 0);
  const n = countObserved(y);
  const sigma2 = n === 0 ? 0 : sse / n;
  return { ...trace, residuals, sse, sigma2, loglik: (-n / 2) * (Math.log(2 * Math.PI * sigma2) + 1), last };
}

/**
 * Mean and variance of the next steps: σ² (1 + Σ_{j<h} c_j²) at step h, with
 * c_j = α + β Σ_{i=1..j} φ^i + γ 1{m divides j}.
 */
export function forecastEts(model: EtsModel, state: EtsState, sigma2: number, horizon: number): GaussianPath {
  const { season: m, alpha, beta, gamma, phi } = model;
  const [mean, variance] = [new Float64Array(horizon), new Float64Array(horizon)];
  let damped = 0;
  let factor = 1;
  for (let h = 1; h <= horizon; h++) {
    variance[h - 1] = sigma2 * factor;
    damped += phi ** h;
    mean[h - 1] = state.level + damped * state.trend + (m > 0 ? state.season[(h - 1) % m]! : 0);
    const c = alpha + beta * damped + (m > 0 && h % m === 0 ? gamma : 0);
    factor += c * c;
  }
  return { mean, variance };
}

export interface EtsFit {
  readonly model: EtsModel;
  readonly run: EtsRun;
  /** Akaike's criterion, corrected for short series; ∞ where the series is too short for the model. */
  readonly aicc: number;
}

/** Which parameters of a model are estimated. */
export interface EtsForm {
  /** 0 for no season. */
  readonly season: number;
  readonly trend: 'none' | 'additive' | 'damped';
  /** Largest β/α: 1 where it is left out. */
  readonly trendLimit?: number;
}

/**
 * Fits a form by maximum likelihood within 0 < α < 1, 0 < β < α `trendLimit`, 0 < γ < 1 − α, 0.8 < φ < 0.98 (Hyndman
 * et al. 2008, with limit 1). The initial level and trend are estimated too; the initial season is a heuristic's.
 *
 * @param y - starts with a value; with a season, at least two of it.
 */
export function fitEts(y: Float64Array, form: EtsForm): EtsFit {
  const heuristic = initialState(y, form);
  const unit = y.reduce((max, v) => Math.max(max, Math.abs(v - heuristic.level) || 0), 0) || 1;
  const hasTrend = form.trend !== 'none';
  // Of the parameters, the first are α and what the form has of β, γ and φ; then come level and perhaps trend.
  const smoothing = 1 + (hasTrend ? 1 : 0) + (form.season > 0 ? 1 : 0) + (form.trend === 'damped' ? 1 : 0);
  const initialOf = (u: Float64Array): EtsState => ({
    level: heuristic.level + unit * u[smoothing]!,
    trend: hasTrend ? heuristic.trend + unit * u[smoothing + 1]! : 0,
    season: heuristic.season,
  });
  const starts = [0.1, 0.7].map((alpha) => [
    logit(alpha),
    ...(hasTrend ? [logit(0.05)] : []),
    ...(form.season > 0 ? [logit(0.1)] : []),
    ...(form.trend === 'damped' ? [logit(0.9)] : []),
    0,
    ...(hasTrend ? [0] : []),
  ]);
  const fits = starts.map((start) =>
    leastSquares((u, into) => void recursion(y, modelOf(form, u), initialOf(u), into), {
      count: y.length,
      start,
    }),
  );
  const best = fits.reduce((a, b) => (b.sumOfSquares < a.sumOfSquares ? b : a));
  const model = modelOf(form, best.parameters);
  const run = runEts(y, model, initialOf(best.parameters));
  // The seasonal states sum to 0; the variance is one more parameter.
  const k = best.parameters.length + Math.max(0, form.season - 1) + 1;
  const room = countObserved(y) - k - 1;
  return {
    model,
    run,
    aicc: room > 0 ? -2 * run.loglik + 2 * k + (2 * k * (k + 1)) / room : Number.POSITIVE_INFINITY,
  };
}

/**
 * Of no, additive and damped trend, each with and without the season, the one of the lowest AICc; the simplest where
 * they are equal. The season is considered where the history shows it twice.
 *
 * A trend remembers half a season at least (β ≤ 2α/m): the likelihood of one step ahead often wants β = α, and then
 * the line through the last two values goes on over all of the horizon.
 */
export function autoEts(y: Float64Array, season: number): EtsFit {
  const m = usableSeason(season, y.length);
  const trendLimit = Math.min(1, 2 / m);
  const trends = ['none', 'additive', 'damped'] as const;
  return (m > 1 ? [0, m] : [0])
    .flatMap((s) => trends.map((trend) => fitEts(y, { season: s, trend, trendLimit })))
    .reduce((a, b) => (b.aicc < a.aicc ? b : a));
}

/** ETS with the components chosen for each series ({@link autoEts}). */
export const ets = ({ season }: { readonly season: number }): Method =>
  gaussianPerSeries('ETS', (y, horizon) => {
    const { model, run } = autoEts(y, season);
    return forecastEts(model, run.last, run.sigma2, horizon);
  });

/** Writes the errors into `residuals`, and states into `trace`; returns the last state. */
function recursion(
  y: Float64Array,
  { season: m, alpha, beta, gamma, phi, trend: hasTrend }: EtsModel,
  initial: EtsState,
  residuals: Float64Array,
  trace?: Pick<EtsRun, 'fitted' | 'level' | 'trend' | 'season'>,
): EtsState {
  let level = initial.level;
  let trend = hasTrend ? initial.trend : 0;
  const season = m > 0 ? initial.season.slice() : new Float64Array(1);
  let phase = 0;
  for (let t = 0; t < y.length; t++) {
    const expected = level + phi * trend;
    const error = y[t]! - expected - season[phase]!;
    const e = Number.isNaN(error) ? 0 : error;
    if (trace) trace.fitted[t] = expected + season[phase]!;
    residuals[t] = e;
    level = expected + alpha * e;
    trend = phi * trend + beta * e;
    season[phase]! += gamma * e;
    if (trace) {
      trace.level[t] = level;
      trace.trend[t] = trend;
      trace.season[t] = season[phase]!;
    }
    if (++phase >= m) phase = 0;
  }
  const ordered = Float64Array.from({ length: m }, (_, i) => season[(phase + i) % m]!);
  return { level, trend, season: ordered };
}

function modelOf({ season, trend, trendLimit = 1 }: EtsForm, u: Float64Array): EtsModel {
  let next = 0;
  const share = () => 1 / (1 + Math.exp(-u[next++]!));
  const alpha = share();
  return {
    season,
    trend: trend !== 'none',
    alpha,
    beta: trend === 'none' ? 0 : alpha * trendLimit * share(),
    gamma: season > 0 ? (1 - alpha) * share() : 0,
    phi: trend === 'damped' ? 0.8 + 0.18 * share() : 1,
  };
}

const logit = (p: number): number => Math.log(p / (1 - p));

const countObserved = (y: Float64Array): number => y.reduce((n, v) => (Number.isNaN(v) ? n : n + 1), 0);
