/**
 * @module What the networks read of every step beside the value before it, and its names in configurations.
 */
import { CALENDAR_FIELDS, type CalendarField } from './calendar.js';
import type { FeatureConfig } from './config.js';

export type FeatureKind =
  /** Steps since the series' first value. */
  | { readonly kind: 'age' }
  /** Whether the value before the step is known: 1 or 0. */
  | { readonly kind: 'observed' }
  /** A field of the step's time. */
  | { readonly kind: 'calendar'; readonly field: CalendarField }
  /** Age modulo a season, for grids of no known times. */
  | { readonly kind: 'phase'; readonly season: number }
  /** The value so many steps before, in units of the window's scale. */
  | { readonly kind: 'lag'; readonly steps: number }
  /** One of the table's known covariates. */
  | { readonly kind: 'covariate'; readonly name: string };

/** A feature and what it is standardised by. */
export type Feature = FeatureKind & { readonly mean: number; readonly std: number };

/** `age`, `observed`, `hour` and other fields, `phase24`, `lag24`; all other names are those of known covariates. */
export function parseFeature(name: string): FeatureKind {
  if (name === 'age' || name === 'observed') return { kind: name };
  if (isField(name)) return { kind: 'calendar', field: name };
  const [, kind, count] = /^(phase|lag)([1-9]\d*)$/.exec(name) ?? [];
  if (kind === 'phase') return { kind, season: Number(count) };
  if (kind === 'lag') return { kind, steps: Number(count) };
  return { kind: 'covariate', name };
}

const isField = (name: string): name is CalendarField =>
  (CALENDAR_FIELDS as readonly string[]).includes(name);

/** The inverse of {@link parseFeature}. */
export function featureName(feature: FeatureKind): string {
  switch (feature.kind) {
    case 'age':
    case 'observed':
      return feature.kind;
    case 'calendar':
      return feature.field;
    case 'phase':
      return `phase${feature.season}`;
    case 'lag':
      return `lag${feature.steps}`;
    case 'covariate':
      return feature.name;
  }
}

/** A feature of a configuration. */
export const featureOf = ({ name, mean, std }: FeatureConfig): Feature => ({
  ...parseFeature(name),
  mean,
  std,
});
