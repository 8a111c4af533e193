/**
 * @module Forecasts as a chart: history, fan of quantiles, truth.
 */
import { type Chart, fanChart } from '@sextant/plot';
import type { Forecast } from './method.js';
import { lengthOf, type SeriesTable } from './series.js';
import { timeOf } from './time.js';

/** Series that are drawn, each in a panel. */
const PANELS = 6;
/** Steps of history for each step of the forecast. */
const HISTORY = 4;

/**
 * Draws the first series of a forecast.
 *
 * @param truth - what came, for each series; as long as the horizon.
 */
export function forecastChart(
  { series, grid }: SeriesTable,
  { horizon, quantiles, values }: Forecast,
  truth?: readonly Float64Array[],
): Chart {
  const panels = series.slice(0, PANELS).map((one, i) => {
    const history = one.values.subarray(-HISTORY * horizon);
    const first = one.start + lengthOf(one) - history.length;
    const times = Array.from({ length: history.length + horizon }, (_, t) => timeOf(grid, first + t));
    return {
      title: one.id,
      history,
      forecast: values[i]!,
      ...(truth && { truth: truth[i]! }),
      ...(grid.frequency.unit !== 'index' && { times }),
    };
  });
  return fanChart({ quantiles, panels, panelHeight: 150, columns: panels.length > 1 ? 2 : 1 });
}

/** How many series {@link forecastChart} draws. */
export const drawn = (table: SeriesTable): SeriesTable => ({
  ...table,
  series: table.series.slice(0, PANELS),
});
