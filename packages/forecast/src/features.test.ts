import { describe, expect, it } from 'vitest';
import { type FeatureKind, featureOf } from './feature.js';
import { defaultFeatures, type FeatureSpan, featureMatrix, fitFeatures } from './features.js';
import type { SeriesTable } from './series.js';

const { NaN: gap } = Number;
/** Six hours from 22:00 on; `temp` is known two steps longer. */
const table: SeriesTable = {
  series: [
    {
      id: 'a',
      start: 2,
      values: Float64Array.of(10, 20, gap, 40, 50, 60),
      covariates: [Float64Array.of(1, 2, 3, 4, gap, 6, 7, 8)],
    },
  ],
  covariates: ['temp'],
  grid: { frequency: { unit: 'hour', count: 1 }, origin: Date.UTC(2024, 0, 1, 20) / 1000 },
};
const bare: SeriesTable = { ...table, grid: { frequency: { unit: 'index', count: 1 }, origin: 0 } };

/** Values of one feature, as they are. */
function column(feature: FeatureKind, span: Partial<FeatureSpan> = {}, of = table): number[] {
  const all = { from: 0, to: 6, scale: 10, end: Number.POSITIVE_INFINITY, ...span };
  return [...featureMatrix(of, of.series[0]!, [{ ...feature, mean: 0, std: 1 }], all)];
}

describe('features of steps', () => {
  it('age counts from the first value, also before it', () => {
    expect(column({ kind: 'age' }, { from: -2, to: 2 })).toEqual([-2, -1, 0, 1]);
  });
  it('phases are those of age', () => {
    expect(column({ kind: 'phase', season: 3 }, { from: -2, to: 4 })).toEqual([1, 2, 0, 1, 2, 0]);
  });
  it("the calendar's fields are those of the grid's times", () => {
    expect(column({ kind: 'calendar', field: 'hour' }, { to: 4 })).toEqual([22, 23, 0, 1]);
    expect(column({ kind: 'calendar', field: 'weekday' }, { to: 4 })).toEqual([0, 0, 1, 1]);
  });
  it("the calendar's fields are not columns of their names", () => {
    expect(
      column({ kind: 'calendar', field: 'hour' }, { to: 2 }, { ...table, covariates: ['hour'] }),
    ).toEqual([22, 23]);
  });
  it('covariates go on behind the values; what is missing is the mean', () => {
    const temp = { kind: 'covariate', name: 'temp' } as const;
    expect(column(temp, { from: 3, to: 9 })).toEqual([4, 0, 6, 7, 8, 0]);
  });
  it('observed is whether the value before is known; samples count as known', () => {
    const observed = { kind: 'observed' } as const;
    expect(column(observed)).toEqual([0, 1, 1, 0, 1, 1]);
    expect(column(observed, { from: 5, to: 9, end: 6 })).toEqual([1, 1, 0, 0]);
  });
  it('lags are in units of the scale; before the first value there is the scale, in gaps the value before', () => {
    const lag = { kind: 'lag', steps: 2 } as const;
    expect(column(lag)).toEqual([1, 1, 1, 2, 2, 4]);
    // Beyond the end, whole lags before it.
    expect(column(lag, { from: 4, to: 10, end: 6 })).toEqual([1, 4, 5, 6, 5, 6]);
  });
  it('are standardised', () => {
    const features = [
      { kind: 'age', mean: 2, std: 4 },
      { kind: 'covariate', name: 'temp', mean: 1, std: 0.5 },
    ] as const;
    const span = { from: 0, to: 2, scale: 1, end: 2 };
    expect([...featureMatrix(table, table.series[0]!, features, span)]).toEqual([-0.5, 0, -0.25, 2]);
  });
});

describe('fitting', () => {
  it('measures what is known, and leaves values in their units', () => {
    const kinds: FeatureKind[] = [
      { kind: 'age' },
      { kind: 'covariate', name: 'temp' },
      { kind: 'observed' },
      { kind: 'lag', steps: 24 },
    ];
    expect(fitFeatures(table, kinds)).toEqual([
      { name: 'age', mean: 2.5, std: expect.closeTo(Math.sqrt(35 / 12)) },
      { name: 'temp', mean: 3.2, std: expect.closeTo(Math.sqrt(2.96)) },
      { name: 'observed', mean: 0, std: 1 },
      { name: 'lag24', mean: 0, std: 1 },
    ]);
  });
  it('a feature that never changes is not divided by 0', () => {
    expect(fitFeatures(table, [{ kind: 'calendar', field: 'year' }])).toEqual([
      { name: 'year', mean: 2024, std: 1 },
    ]);
  });
  it('says what the table does not have', () => {
    expect(() => fitFeatures(table, [{ kind: 'covariate', name: 'wind' }])).toThrow(
      /no covariate 'wind' in these data: known ones are temp/,
    );
    expect(() => fitFeatures(bare, [{ kind: 'calendar', field: 'hour' }])).toThrow(
      /'hour' needs timestamps, which these data do not have/,
    );
  });
});

describe('what networks read by default', () => {
  const names = (of: SeriesTable, seasons: readonly number[]) =>
    fitFeatures(of, defaultFeatures(of, seasons)).map(({ name }) => name);
  it('age, the calendar or phases, covariates, gaps', () => {
    expect(names(table, [24])).toEqual(['age', 'weekday', 'hour', 'month', 'temp', 'observed']);
    expect(names(bare, [4, 6])).toEqual(['age', 'phase4', 'phase6', 'temp', 'observed']);
    const whole = { ...table, series: table.series.map((s) => ({ ...s, values: s.values.slice(3) })) };
    expect(names(whole, [])).not.toContain('observed');
  });
  it.each(['age', 'hour', 'lag24', 'phase7', 'observed'])('refuses a covariate called %s', (name) => {
    expect(() => defaultFeatures({ ...table, covariates: [name] }, [])).toThrow(/rename its column/);
  });
  it('names survive configurations', () => {
    const configured = fitFeatures(table, defaultFeatures(table, [24]));
    expect(configured.map(featureOf).map(({ kind }) => kind)).toEqual([
      'age',
      'calendar',
      'calendar',
      'calendar',
      'covariate',
      'observed',
    ]);
  });
});
