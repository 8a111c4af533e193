import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Method } from './method.js';
import { CLASSICAL, chooseMethod, variantsOf } from './methods.js';
import type { SeriesTable } from './series.js';

const tableOf = (count: number, length: number, at: (i: number, t: number) => number): SeriesTable => ({
  series: Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    start: 0,
    values: Float64Array.from({ length }, (_, t) => at(i, t)),
    covariates: [],
  })),
  covariates: [],
  grid: { frequency: { unit: 'index', count: 1 }, origin: 0 },
});
const options = { horizon: 6, seasons: [4], quantiles: [0.1, 0.5, 0.9] };

/** Digits that repeat nowhere soon. */
const noise = (t: number) => ((t * 7919 + ((t * t) % 31)) % 13) / 13;

describe('the choice of a classical method', () => {
  it('is the one that a backtest is best for', async () => {
    const repeating = await chooseMethod(
      tableOf(3, 60, (i, t) => 10 * i + [3, 9, 1, 20][t % 4]! + Math.floor(t / 4) ** 2),
      options,
    );
    expect(repeating.method.name).not.toBe('naive');
    expect(repeating.results.map((r) => r.method)).toContain('seasonal naive 4');
    const losses = repeating.results.map(({ quantileLoss }) =>
      [...quantileLoss.values()].reduce((a, b) => a + b),
    );
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
    const still = await chooseMethod(
      tableOf(3, 60, (i, t) => 50 + 10 * i + noise(t + i)),
      { ...options, seasons: [] },
    );
    expect(still.method.name).not.toBe('naive');
    expect(still.method.name).toBe(still.results[0]!.method);
  });

  it('looks at 64 series at most, more often at few', async () => {
    const many = await chooseMethod(
      tableOf(130, 40, (i, t) => i + noise(t)),
      options,
    );
    expect([many.series, many.windows]).toEqual([64, 1]);
    const one = await chooseMethod(
      tableOf(1, 100, (_, t) => noise(t)),
      options,
    );
    expect([one.series, one.windows]).toEqual([1, 7]);
  });

  it('tries ARIMA by the size of the table, however long it takes', async () => {
    const calls: number[] = [];
    const method = (name: string, calls: number[]): Method => ({
      name,
      predict: async ({ series }, { horizon, quantiles }) => {
        calls.push(series.length);
        await setTimeout(20);
        const values = series.map(() => new Float64Array(quantiles.length * horizon));
        return { horizon, quantiles, values };
      },
    });
    const spies = [
      vi.spyOn(CLASSICAL, 'arima').mockReturnValue(method('ARIMA', calls)),
      vi.spyOn(CLASSICAL, 'ets').mockReturnValue(method('ETS', [])),
      // A clock on which everything takes an hour.
      vi.spyOn(performance, 'now').mockImplementation(() => 3.6e6 * ++hours),
    ];
    let hours = 0;
    const of = (series: number) =>
      chooseMethod(
        tableOf(series, 2000, (_, t) => noise(t)),
        options,
      );
    const small = await of(100);
    expect([small.left, calls]).toEqual([[], [64]]);
    const large = await of(1000);
    expect(large.left).toEqual([
      {
        method: 'ARIMA',
        why: expect.stringMatching(/^the table is 2\.\d times as large as what is tried; --method arima/),
      },
    ]);
    expect(calls).toEqual([64]);
    for (const spy of spies) spy.mockRestore();
  });

  it('is the last value where series are too short to tell', async () => {
    const { method, results } = await chooseMethod(
      tableOf(2, 7, (_, t) => t),
      options,
    );
    expect([method.name, results]).toEqual(['naive', []]);
  });

  it('knows quick methods for each season', () => {
    const names = variantsOf([24, 168]).map(({ name, season }) => `${name} ${season}`);
    expect(names).toContain('seasonal-naive 168');
    expect(names).not.toContain('arima 168');
    expect(variantsOf([]).every(({ season }) => season === 1)).toBe(true);
  });
});
