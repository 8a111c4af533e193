/**
 * @module The classical methods by name, and the automatic choice among them.
 */
import { InputError } from '@sextant/io';
import { arima, arimaCost } from './baselines/auto-arima.js';
import { climatology } from './baselines/climatology.js';
import { ets } from './baselines/ets.js';
import { naive, seasonalNaive } from './baselines/seasonal-naive.js';
import { trmf } from './baselines/trmf.js';
import { type Backtest, backtest } from './evaluate.js';
import type { Method } from './method.js';
import { lengthOf, type SeriesTable } from './series.js';

/** Methods that are fitted to the history they are given, made for a season in steps (1 for none). */
export const CLASSICAL = {
  naive: () => naive(),
  'seasonal-naive': seasonalNaive,
  climatology,
  ets,
  arima,
  trmf,
} as const satisfies Record<string, (options: { readonly season: number }) => Method>;

export type ClassicalName = keyof typeof CLASSICAL;

/** A method of a name for a table's seasons: that of the shortest one. */
export const classicalMethod = (name: ClassicalName, seasons: readonly number[]): Method =>
  CLASSICAL[name]({ season: seasons[0] ?? 1 });

/** A classical method with the season that it is made for. */
export interface Variant {
  readonly name: ClassicalName;
  /** In steps, 1 for none. */
  readonly season: number;
}

/** All classical methods for a table's seasons: those that are quick for each season, the others for the shortest. */
export function variantsOf(seasons: readonly number[]): Variant[] {
  const each = seasons.length > 0 ? seasons : [1];
  return (Object.keys(CLASSICAL) as ClassicalName[]).flatMap((name) =>
    (EACH_SEASON.has(name) ? each : each.slice(0, 1)).map((season) => ({ name, season })),
  );
}

const EACH_SEASON: ReadonlySet<ClassicalName> = new Set(['seasonal-naive', 'climatology']);

/** The method of a variant; its name tells the season where there are several. */
export function methodOfVariant({ name, season }: Variant): Method {
  const method = CLASSICAL[name]({ season });
  return {
    name: EACH_SEASON.has(name) ? `${method.name} ${season}` : method.name,
    predict: (...args) => method.predict(...args),
  };
}

export interface ChooseOptions {
  /** Steps to be forecast. */
  readonly horizon: number;
  /** In steps, the shortest first. */
  readonly seasons: readonly number[];
  /** Levels that methods are compared at; 0.5 is among them. */
  readonly quantiles: readonly number[];
  /** Told of every method that was tried. */
  readonly onMethod?: (name: string) => void;
}

export interface Choice {
  readonly method: Method;
  /** The backtests that it rests on, the best first; empty where the series are too short for any. */
  readonly results: readonly Backtest[];
  /** Series and forecasts of each that were tried. */
  readonly series: number;
  readonly windows: number;
  /** Methods that were not tried, and why. */
  readonly left: readonly { readonly method: string; readonly why: string }[];
}

/** Series that methods are compared on. */
const SAMPLED = 64;
/** Forecasts that they are compared by, where few series have many values. */
const FORECASTS = 24;
/** Methods that are not tried, or only where they are quick enough. */
const SLOW: ReadonlySet<ClassicalName> = new Set(['arima', 'trmf']);
/** Multiplications that ARIMA may take in all, for the comparison and the forecast after it: a minute or so. */
const ARIMA_BUDGET = 1e10;

/**
 * The classical method with the lowest mean quantile loss in a backtest on the end of at most 64 series: naive,
 * seasonal naive (for each season), climatology, ETS, and ARIMA where the table is not too large for it. What is chosen
 * follows from the table alone, not from the machine. Series that are too short for a backtest are forecast naively.
 */
export async function chooseMethod(table: SeriesTable, options: ChooseOptions): Promise<Choice> {
  const { horizon, seasons, quantiles, onMethod = () => {} } = options;
  const sample = { ...table, series: evenly(table.series.filter((s) => lengthOf(s) > 2 * horizon)) };
  const series = sample.series.length;
  if (series === 0) return { method: naive(), results: [], series: 0, windows: 0, left: [] };
  const room = Math.floor(
    lengthOf(sample.series.reduce((a, b) => (lengthOf(b) < lengthOf(a) ? b : a))) / horizon,
  );
  const windows = Math.max(1, Math.min(7, Math.floor(FORECASTS / series), room - 2));
  const left: { method: string; why: string }[] = [];
  const candidates = variantsOf(seasons)
    .filter(({ name }) => !SLOW.has(name))
    .map(methodOfVariant);
  const costOf = (t: SeriesTable) =>
    t.series.reduce((n, s) => n + arimaCost(lengthOf(s), seasons[0] ?? 1), 0);
  const cost = windows * costOf(sample) + costOf(table);
  if (cost <= ARIMA_BUDGET) candidates.push(classicalMethod('arima', seasons));
  else {
    const times = (cost / ARIMA_BUDGET).toFixed(1);
    left.push({
      method: 'ARIMA',
      why: `the table is ${times} times as large as what is tried; --method arima forecasts by it`,
    });
  }

  const tried: { method: Method; result: Backtest }[] = [];
  for (const method of candidates) {
    onMethod(method.name);
    try {
      const season = seasons[0] ?? 1;
      tried.push({ method, result: await backtest(method, sample, { horizon, windows, quantiles, season }) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      left.push({ method: method.name, why: error.message });
    }
  }
  tried.sort((a, b) => meanLoss(a.result) - meanLoss(b.result));
  return { method: tried[0]?.method ?? naive(), results: tried.map((t) => t.result), series, windows, left };
}

/** The mean of R_ρ over the levels; infinite where there is none. */
const meanLoss = ({ quantileLoss }: Backtest): number => {
  const losses = [...quantileLoss.values()];
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  return Number.isNaN(mean) ? Number.POSITIVE_INFINITY : mean;
};

/** At most {@link SAMPLED} of a list, spread over it. */
const evenly = <T>(all: readonly T[]): T[] =>
  all.filter(
    (_, i) =>
      all.length <= SAMPLED ||
      Math.floor((i * SAMPLED) / all.length) !== Math.floor(((i - 1) * SAMPLED) / all.length),
  );
