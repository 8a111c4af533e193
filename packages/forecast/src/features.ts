/**
 * @module Covariates of every step as the networks read them (section 4.3): each with zero mean and unit variance over
 * the data of training, whose figures are kept with the model.
 */
import { InputError } from '@sextant/io';
import { calendarField, calendarFields } from './calendar.js';
import type { FeatureConfig } from './config.js';
import { type Feature, type FeatureKind, featureName, parseFeature } from './feature.js';
import type { Series, SeriesTable } from './series.js';
import { timeOf } from './time.js';

/** What a table's networks read by default: age, calendar or phases, known covariates, gaps where there are some. */
export function defaultFeatures(table: SeriesTable, seasons: readonly number[]): FeatureKind[] {
  const taken = table.covariates.find((name) => parseFeature(name).kind !== 'covariate');
  if (taken !== undefined) {
    throw new InputError(
      `the covariate '${taken}' has the name of one that every table has: rename its column, or choose others with --covariate`,
    );
  }
  const { unit } = table.grid.frequency;
  const gaps = table.series.some(({ values }) => values.some(Number.isNaN));
  const times: readonly FeatureKind[] =
    unit === 'index'
      ? seasons.map((season) => ({ kind: 'phase', season }))
      : calendarFields(table.grid.frequency).map((field) => ({ kind: 'calendar', field }));
  return [
    { kind: 'age' },
    ...times,
    ...table.covariates.map((name) => ({ kind: 'covariate', name }) as const),
    ...(gaps ? [{ kind: 'observed' } as const] : []),
  ];
}

/** Measures the features of a table. @throws InputError for one that it does not have. */
export const fitFeatures = (table: SeriesTable, features: readonly FeatureKind[]): FeatureConfig[] =>
  features.map((feature) => {
    const name = featureName(feature);
    if (feature.kind === 'observed' || feature.kind === 'lag') return { name, mean: 0, std: 1 };
    let [count, total, squares] = [0, 0, 0];
    for (const series of table.series) {
      for (const v of known(table, series, feature, 0, series.values.length)) {
        if (Number.isNaN(v)) continue;
        count++;
        total += v;
        squares += v * v;
      }
    }
    const mean = total / count;
    const std = Math.sqrt(Math.max(squares / count - mean * mean, 0));
    return { name, mean: count > 0 ? mean : 0, std: std > 1e-9 * Math.abs(mean) ? std : 1 };
  });

/** Which steps of a series features are wanted for, counted from its first value. */
export interface FeatureSpan {
  readonly from: number;
  readonly to: number;
  /** What lagged values are divided by. */
  readonly scale: number;
  /** Values from this step on are not known. */
  readonly end: number;
}

/** Features of a series' steps: row-major [to - from, features]. What is missing is 0, the mean. */
export function featureMatrix(
  table: SeriesTable,
  series: Series,
  features: readonly Feature[],
  span: FeatureSpan,
): Float32Array<ArrayBuffer> {
  const { from, to } = span;
  const matrix = new Float32Array((to - from) * features.length);
  for (const [c, feature] of features.entries()) {
    const { mean, std } = feature;
    const values = valuesOf(table, series, feature, span);
    for (let t = 0; t < to - from; t++) {
      const v = (values[t]! - mean) / std;
      matrix[t * features.length + c] = Number.isNaN(v) ? 0 : v;
    }
  }
  return matrix;
}

function valuesOf(table: SeriesTable, series: Series, feature: FeatureKind, span: FeatureSpan): Float64Array {
  if (feature.kind === 'lag') return lagged(series, feature.steps, span);
  if (feature.kind === 'observed') return observed(series, span);
  return known(table, series, feature, span.from, span.to);
}

/** 1 where the value before a step is known; samples, after the last one, count as known. */
function observed({ values }: Series, { from, to, end }: FeatureSpan): Float64Array {
  return Float64Array.from({ length: to - from }, (_, t) => {
    const before = from + t - 1;
    return before < 0 || before >= end || Number.isNaN(values[before]) ? 0 : 1;
  });
}

/**
 * Values `lag` steps before, of those before the step `end` the latest that is a multiple of the lag before. Where one
 * is missing, the one before it counts; where there is none, the scale.
 */
function lagged({ values }: Series, lag: number, { from, to, scale, end }: FeatureSpan): Float64Array {
  let last = 1;
  return Float64Array.from({ length: to - from }, (_, t) => {
    const step = from + t;
    const seasons = step - lag < end ? 1 : Math.floor((step - end) / lag) + 1;
    const z = values[step - lag * seasons] ?? Number.NaN;
    if (!Number.isNaN(z)) last = z / scale;
    return last;
  });
}

/** Features that follow from times and the table's covariates, not from values. */
type KnownFeature = Exclude<FeatureKind, { readonly kind: 'lag' | 'observed' }>;

function known(
  { covariates, grid }: SeriesTable,
  series: Series,
  feature: KnownFeature,
  from: number,
  to: number,
): Float64Array {
  const steps = Float64Array.from({ length: to - from }, (_, t) => from + t);
  switch (feature.kind) {
    case 'age':
      return steps;
    case 'phase': {
      const { season } = feature;
      return steps.map((t) => ((t % season) + season) % season);
    }
    case 'covariate': {
      const at = covariates.indexOf(feature.name);
      if (at >= 0) return steps.map((t) => series.covariates[at]![t] ?? Number.NaN);
      throw new InputError(
        `there is no covariate '${feature.name}' in these data: known ones are ${covariates.join(', ') || 'none'}`,
      );
    }
    case 'calendar': {
      if (grid.frequency.unit !== 'index') {
        return calendarField(
          steps.map((t) => timeOf(grid, series.start + t)),
          feature.field,
        );
      }
      throw new InputError(`the covariate '${feature.field}' needs timestamps, which these data do not have`);
    }
  }
}
