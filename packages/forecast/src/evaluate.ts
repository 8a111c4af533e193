/**
 * @module Backtests: forecasts from earlier times against what then came (section 5, rolling evaluation).
 */
import { InputError } from '@sextant/io';
import type { Forecast, Method } from './method.js';
import { type Score, Scorer } from './score.js';
import { type Series, type SeriesTable, withoutLast } from './series.js';

export interface BacktestOptions {
  /** Steps of each forecast. */
  readonly horizon: number;
  /** How many forecasts, the last of which ends with the data (1). */
  readonly windows?: number;
  /** Steps from one forecast to the next (the horizon). */
  readonly stride?: number;
  /** Levels of the quantiles; 0.5 must be among them. */
  readonly quantiles: readonly number[];
  /** Steps of a season, for MASE. */
  readonly season: number;
  readonly seed?: number;
  readonly onWindow?: (done: number, total: number) => void;
  /** Given every forecast, of the series that are long enough, what came, and the table that it was made from. */
  readonly onForecast?: (forecast: Forecast, truth: readonly Float64Array[], known: SeriesTable) => void;
}

/** A method's measures over all windows, and the time it took. */
export interface Backtest extends Score {
  readonly method: string;
  readonly seconds: number;
}

/**
 * Forecasts `windows` stretches at the end of every series, each from the values before it alone, without fitting
 * networks anew. "7 × 1 day" of hourly data: horizon 24, windows 7; "1 × 7 days": horizon 168.
 *
 * @throws InputError when no series is long enough.
 */
export async function backtest(
  method: Method,
  table: SeriesTable,
  options: BacktestOptions,
): Promise<Backtest> {
  const { horizon, windows = 1, stride = horizon, quantiles, season, seed, onWindow, onForecast } = options;
  const needed = horizon + (windows - 1) * stride;
  const long = { ...table, series: table.series.filter(({ values }) => values.length > needed) };
  if (long.series.length === 0) {
    throw new InputError(
      `no series has more than ${needed} values, which ${windows} forecasts of ${horizon} steps need`,
    );
  }
  const scorer = new Scorer(quantiles, season);
  const start = performance.now();
  for (let w = 0; w < windows; w++) {
    const later = (windows - 1 - w) * stride + horizon;
    const known = withoutLast(long, later);
    const forecast = await method.predict(known, {
      horizon,
      quantiles,
      ...(seed === undefined ? {} : { seed }),
    });
    const truth = long.series.map(({ values }: Series) => {
      const from = values.length - later;
      return values.subarray(from, from + horizon);
    });
    scorer.add(
      forecast,
      truth,
      known.series.map(({ values }) => values),
    );
    onForecast?.(forecast, truth, known);
    onWindow?.(w + 1, windows);
  }
  return { method: method.name, seconds: (performance.now() - start) / 1000, ...scorer.score };
}

/** Backtests as rows for `formatTable`. */
export const backtestTable = (results: readonly Backtest[]): Record<string, string>[] =>
  results.map((r) => ({ method: r.method, ...scoreRow(r), seconds: r.seconds.toFixed(1) }));

/** Measures as a row for `formatTable`. Arrows show where better is. */
export const scoreRow = (score: Score): Record<string, string> => ({
  ...Object.fromEntries([...score.quantileLoss].map(([rho, loss]) => [`R${rho} ↓`, loss.toFixed(4)])),
  'sMAPE ↓': score.smape.toFixed(3),
  'MASE ↓': Number.isNaN(score.mase) ? '–' : score.mase.toFixed(3),
  'NRMSE ↓': score.nrmse.toFixed(4),
  ...Object.fromEntries(
    [...score.coverage].map(([rho, share]) => [`≤ q${rho}`, `${(100 * share).toFixed(1)} %`]),
  ),
});

/** Measures as JSON: those by level as objects. */
export const plainScore = <T extends Score>({ quantileLoss, coverage, ...rest }: T) => ({
  ...rest,
  quantileLoss: Object.fromEntries(quantileLoss),
  coverage: Object.fromEntries(coverage),
});
