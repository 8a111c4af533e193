import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { modules } from './modules.js';

export type { Forecast, Method, PredictOptions } from './method.js';
export { type Score, type ScoreOptions, Scorer, score } from './score.js';
export { lengthOf, type Series, type SeriesTable, withoutLast } from './series.js';
export type { Frequency, TimeGrid } from './time.js';

/** Forecasting as the command line sees it. */
export const forecast: System = {
  name: 'forecast',
  summary: 'convolutional attention and the LogSparse Transformer: forecasts of many series, with quantiles',
  modules,
  verbs,
};
