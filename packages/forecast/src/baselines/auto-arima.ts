/**
 * @module Estimation of ARIMA models, and the automatic choice of their order (Hyndman & Khandakar 2008).
 */
import type { Method } from '../method.js';
import { type ArimaModel, conditioned, difference, forecastArima, innovations } from './arima.js';
import { seasonalStrength } from './decomposition.js';
import { leastSquares } from './least-squares.js';
import { gaussianPerSeries, usableSeason } from './per-series.js';

/** (p, d, q)(P, D, Q) with season s. */
export interface ArimaOrder {
  readonly p: number;
  readonly d: number;
  readonly q: number;
  readonly seasonalP: number;
  readonly seasonalD: number;
  readonly seasonalQ: number;
  readonly season: number;
  /** Whether the mean of the differences is estimated; it is 0 otherwise. */
  readonly mean: boolean;
}

export interface ArimaFit {
  readonly model: ArimaModel;
  readonly sigma2: number;
  /** Akaike's criterion, corrected for short series; ∞ where the series is too short for the model. */
  readonly aicc: number;
}

/** Largest orders of the search. */
const MAXIMA = { p: 3, q: 3, seasonalP: 2, seasonalQ: 2 } as const;

/** Steps, or seasons where they are more, of the end of a series that its order is chosen by. */
const SEARCHED = { steps: 1000, seasons: 10 } as const;

const searchedSteps = (season: number): number => Math.max(SEARCHED.steps, SEARCHED.seasons * season);

/** Seasonal strength above which seasonal differences are taken, as the R package `forecast` has it. */
const STRONG_SEASON = 0.64;

/** 5 % critical value of the KPSS test for a level. */
const KPSS_LIMIT = 0.463;

/** Largest partial autocorrelation of a model: roots stay off the unit circle. */
const LARGEST_PARTIAL = 0.99;

/**
 * Fits an order by conditional least squares. Coefficients are functions of partial autocorrelations in (−0.99, 0.99),
 * so that every model is stationary and invertible (Monahan 1984).
 *
 * @param w - the differences; NaN where missing.
 */
export function fitArima(w: Float64Array, order: ArimaOrder, tolerance = 1e-7): ArimaFit {
  const known = w.filter((v) => !Number.isNaN(v));
  const mean = order.mean ? known.reduce((a, b) => a + b, 0) / known.length : 0;
  const deviation = Math.sqrt(known.reduce((sum, v) => sum + (v - mean) ** 2, 0) / known.length);
  const modelOf = (u: Float64Array): ArimaModel => {
    let next = 0;
    const take = (count: number) => {
      next += count;
      return coefficients(u.subarray(next - count, next));
    };
    const negated = (values: readonly number[]) => values.map((v) => -v);
    return {
      d: order.d,
      seasonalD: order.seasonalD,
      season: order.season,
      ar: take(order.p),
      ma: negated(take(order.q)),
      seasonalAr: take(order.seasonalP),
      seasonalMa: negated(take(order.seasonalQ)),
      mean: order.mean ? mean + deviation * u[next]! : 0,
    };
  };
  // Equal autoregressive and moving-average parts would cancel: they start apart.
  const start = [
    ...Array<number>(order.p).fill(0.1),
    ...Array<number>(order.q).fill(0),
    ...Array<number>(order.seasonalP).fill(0.1),
    ...Array<number>(order.seasonalQ).fill(0),
    ...(order.mean ? [0] : []),
  ];
  const { parameters, sumOfSquares } = leastSquares((u, into) => void innovations(w, modelOf(u), into), {
    count: w.length,
    start,
    tolerance,
  });
  const model = modelOf(parameters);
  const first = conditioned(model);
  const used = w.reduce((count, v, t) => (t < first || Number.isNaN(v) ? count : count + 1), 0);
  const sigma2 = used === 0 ? 0 : sumOfSquares / used;
  // The variance is one more parameter.
  const k = start.length + 1;
  const n = known.length;
  const room = Math.min(n, used) - k - 1;
  // The likelihood counts all values, also those conditioned on: models of different p + P s have to be comparable.
  const deviance = n * (Math.log(2 * Math.PI * sigma2) + 1);
  return {
    model,
    sigma2,
    aicc: room > 0 ? deviance + 2 * k + (2 * k * (k + 1)) / (n - k - 1) : Number.POSITIVE_INFINITY,
  };
}

/**
 * Chooses the order and fits it: D by the strength of the season, d by the KPSS test, the rest by steps through
 * neighbouring orders to lower AICc, from four usual ones. Long series choose their order by their end and are fitted
 * as a whole. The season is considered where the history shows it twice.
 *
 * @param y - starts with a value.
 */
export function autoArima(y: Float64Array, season: number): ArimaFit {
  const s = usableSeason(season, y.length);
  const recent = y.subarray(-searchedSteps(s));
  const seasonalD = s > 1 && seasonalStrength(recent, s) > STRONG_SEASON ? 1 : 0;
  let d = 0;
  while (d + seasonalD < 2 && !isLevel(difference(recent, { d, seasonalD, season: s }))) d++;
  const differences = { d, seasonalD, season: s };
  const order = searchOrder(difference(recent, differences), differences);
  return fitArima(difference(y, differences), order);
}

/** Multiplications for each step that the search reads and for each that the last fit reads, as counted on M4 and solar. */
const COST = { seasonal: { search: 17_000, fit: 2_000 }, plain: { search: 3_000, fit: 500 } } as const;

/** About how many multiplications {@link autoArima} takes for a series of `length` steps. */
export function arimaCost(length: number, season: number): number {
  const s = usableSeason(season, length);
  const { search, fit } = s > 1 ? COST.seasonal : COST.plain;
  return search * Math.min(length, searchedSteps(s)) + fit * length;
}

/** ARIMA with the order chosen for each series ({@link autoArima}). */
export const arima = ({ season }: { readonly season: number }): Method =>
  gaussianPerSeries('ARIMA', (y, horizon) => {
    const { model, sigma2 } = autoArima(y, season);
    return forecastArima(y, model, sigma2, horizon);
  });

function searchOrder(
  w: Float64Array,
  differences: Pick<ArimaOrder, 'd' | 'seasonalD' | 'season'>,
): ArimaOrder {
  const seasonal = differences.season > 1 ? 1 : 0;
  // With two differences a mean would be a parabola.
  const mean = differences.d + differences.seasonalD < 2;
  const tried = new Map<string, number>();
  const criterion = (o: ArimaOrder): number => {
    const key = [o.p, o.q, o.seasonalP, o.seasonalQ, o.mean].join();
    const found = tried.get(key) ?? fitArima(w, o, 1e-4).aicc;
    tried.set(key, found);
    return found;
  };
  const order = (p: number, q: number, seasonalP: number, seasonalQ: number): ArimaOrder => ({
    ...differences,
    p,
    q,
    seasonalP: seasonalP * seasonal,
    seasonalQ: seasonalQ * seasonal,
    mean,
  });
  let best = [order(0, 0, 0, 0), order(2, 2, 1, 1), order(1, 0, 1, 0), order(0, 1, 0, 1)].reduce((a, b) =>
    criterion(b) < criterion(a) ? b : a,
  );
  for (;;) {
    const better = neighbours(best, seasonal > 0, mean).find((o) => criterion(o) < criterion(best));
    if (!better) return best;
    best = better;
  }
}

/** Orders one step away within the maxima: one of p, q, P, Q, or p and q or P and Q together, or the mean. */
function neighbours(from: ArimaOrder, seasonal: boolean, mean: boolean): ArimaOrder[] {
  const steps = [
    ['p'],
    ['q'],
    ['p', 'q'],
    ...(seasonal ? ([['seasonalP'], ['seasonalQ'], ['seasonalP', 'seasonalQ']] as const) : []),
  ] as readonly (readonly (keyof typeof MAXIMA)[])[];
  const moved = steps.flatMap((names) =>
    [-1, 1].map((by) => ({ ...from, ...Object.fromEntries(names.map((name) => [name, from[name] + by])) })),
  );
  const allowed = moved.filter((o) =>
    Object.entries(MAXIMA).every(([name, most]) => {
      const value = o[name as keyof typeof MAXIMA];
      return value >= 0 && value <= most;
    }),
  );
  return mean ? [...allowed, { ...from, mean: !from.mean }] : allowed;
}

/** Autoregressive coefficients of the partial autocorrelations 0.99 tanh u, by the Durbin–Levinson recursion. */
function coefficients(u: Float64Array): number[] {
  let phi: number[] = [];
  for (const v of u) {
    const partial = LARGEST_PARTIAL * Math.tanh(v);
    const before = phi;
    phi = [...before.map((c, i) => c - partial * before[before.length - 1 - i]!), partial];
  }
  return phi;
}

/** Whether the KPSS test keeps its hypothesis that a series varies about one level; missing values are left out. */
function isLevel(series: Float64Array): boolean {
  const known = series.filter((v) => !Number.isNaN(v));
  const n = known.length;
  const mean = known.reduce((a, b) => a + b, 0) / n;
  const e = known.map((v) => v - mean);
  const lags = Math.trunc((3 * Math.sqrt(n)) / 13);
  let longRun = 0;
  for (let j = 0; j <= lags; j++) {
    let covariance = 0;
    for (let t = j; t < n; t++) covariance += e[t]! * e[t - j]!;
    longRun += (j === 0 ? 1 : 2 * (1 - j / (lags + 1))) * covariance;
  }
  let [walk, squares] = [0, 0];
  for (const v of e) {
    walk += v;
    squares += walk * walk;
  }
  return !(squares / (n * longRun) > KPSS_LIMIT);
}
