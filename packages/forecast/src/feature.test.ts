import { expect, it } from 'vitest';
import { type FeatureKind, featureName, featureOf, parseFeature } from './feature.js';

it.each<[string, FeatureKind]>([
  ['age', { kind: 'age' }],
  ['observed', { kind: 'observed' }],
  ['hour', { kind: 'calendar', field: 'hour' }],
  ['weekday', { kind: 'calendar', field: 'weekday' }],
  ['phase24', { kind: 'phase', season: 24 }],
  ['lag168', { kind: 'lag', steps: 168 }],
  ['temperature', { kind: 'covariate', name: 'temperature' }],
  ['lag', { kind: 'covariate', name: 'lag' }],
  // The value itself, which is to be forecast.
  ['lag0', { kind: 'covariate', name: 'lag0' }],
  ['lag024', { kind: 'covariate', name: 'lag024' }],
  ['phase0', { kind: 'covariate', name: 'phase0' }],
])('the feature %s', (name, feature) => {
  expect(parseFeature(name)).toEqual(feature);
  expect(featureName(feature)).toBe(name);
});

it('keeps what it is standardised by', () => {
  expect(featureOf({ name: 'lag7', mean: 1, std: 2 })).toEqual({ kind: 'lag', steps: 7, mean: 1, std: 2 });
});
