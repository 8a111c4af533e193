/**
 * @module How good a forecast was: all measures of it against the truth.
 */
import { InputError } from '@sextant/io';
import type { Forecast } from './method.js';
import { PointErrors, QuantileErrors, ScaledErrors } from './metrics.js';

/** What is needed besides forecast and truth, for MASE. */
export interface ScoreOptions {
  /** The history of each series before the forecast, NaN where values are missing. */
  readonly insample: readonly Float64Array[];
  /** Steps of a season. */
  readonly season: number;
}

/** Measures over all series and steps whose truth is known; NaN where there are none. */
export interface Score {
  /** R_ρ by level. */
  readonly quantileLoss: ReadonlyMap<number, number>;
  /** Share of the truth at or below each quantile, by level. */
  readonly coverage: ReadonlyMap<number, number>;
  /** Of the median. */
  readonly nd: number;
  readonly nrmse: number;
  readonly smape: number;
  readonly mase: number;
  /** Series left out of MASE (each window counts): their history repeats exactly or is shorter than a season. */
  readonly withoutMase: number;
}

/** Collects forecasts of several windows: ratios are taken of the sums over all of them. */
export class Scorer {
  private readonly points = new PointErrors();
  private readonly quantiles: readonly QuantileErrors[];
  private readonly scaled: ScaledErrors;
  private readonly median: number;

  /** @throws InputError where 0.5 is not among the levels. */
  constructor(
    readonly levels: readonly number[],
    season: number,
  ) {
    this.median = levels.indexOf(0.5);
    if (this.median < 0)
      throw new InputError(`quantiles ${levels.join(', ')} lack 0.5, which errors are measured at: add it`);
    this.quantiles = levels.map((rho) => new QuantileErrors(rho));
    this.scaled = new ScaledErrors(season);
  }

  /**
   * Counts one forecast.
   *
   * @param truth - what came, for each series [horizon]; NaN where it is unknown.
   * @param insample - the history of each series before the forecast.
   * @throws RangeError where series, steps or levels are not those of the forecast.
   */
  add(forecast: Forecast, truth: readonly Float64Array[], insample: readonly Float64Array[]): this {
    const { horizon, values, quantiles } = forecast;
    if (quantiles.join() !== this.levels.join())
      throw new RangeError(`score: quantiles ${quantiles.join(', ')} instead of ${this.levels.join(', ')}`);
    if (truth.length !== values.length || insample.length !== values.length)
      throw new RangeError(
        `score: ${values.length} forecasts, ${truth.length} truths and ${insample.length} histories`,
      );
    for (const [i, z] of truth.entries()) {
      if (z.length !== horizon)
        throw new RangeError(`score: ${z.length} steps of truth for a horizon of ${horizon} (series ${i})`);
      const row = (r: number) => values[i]!.subarray(r * horizon, (r + 1) * horizon);
      for (const [r, errors] of this.quantiles.entries()) errors.add(z, row(r));
      this.points.add(z, row(this.median));
      this.scaled.add(z, row(this.median), insample[i]!);
    }
    return this;
  }

  get score(): Score {
    const byLevel = (of: (errors: QuantileErrors) => number) =>
      new Map(this.quantiles.map((errors) => [errors.rho, of(errors)]));
    const { nd, nrmse, smape } = this.points;
    return {
      quantileLoss: byLevel((errors) => errors.loss),
      coverage: byLevel((errors) => errors.coverage),
      nd,
      nrmse,
      smape,
      mase: this.scaled.mase,
      withoutMase: this.scaled.leftOut,
    };
  }
}

/** All measures of one forecast. @throws as {@link Scorer} does. */
export const score = (
  forecast: Forecast,
  truth: readonly Float64Array[],
  { insample, season }: ScoreOptions,
): Score => new Scorer(forecast.quantiles, season).add(forecast, truth, insample).score;
