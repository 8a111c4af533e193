import type { System } from '@sextant/system';
import { verbs } from './commands.js';
import { modules } from './modules.js';

export { arima } from './baselines/auto-arima.js';
export { climatology } from './baselines/climatology.js';
export { ets } from './baselines/ets.js';
export { naive, seasonalNaive } from './baselines/seasonal-naive.js';
export { type TrmfOptions, trmf } from './baselines/trmf.js';
export {
  type CalendarField,
  type CalendarOptions,
  calendarCovariates,
  calendarFields,
  calendarNames,
  zscore,
} from './calendar.js';
export { forecastChart } from './chart.js';
export type { ModelConfig, NetworkOptions, TrainConfig } from './config.js';
export { type ConfigureOptions, configure } from './configure.js';
export { type Backtest, type BacktestOptions, backtest, backtestTable } from './evaluate.js';
export type { ExportOptions } from './export.js';
export { Forecaster, type ForecastOptions, type TrainForecasterOptions } from './forecaster.js';
export { NetworkMethod, type SamplingOptions } from './infer.js';
export type { Layout, LayoutOptions } from './layout.js';
export type { WindowBatch } from './losses.js';
export type { Forecast, Method, PredictOptions } from './method.js';
export {
  type Choice,
  type ChooseOptions,
  CLASSICAL,
  type ClassicalName,
  chooseMethod,
  classicalMethod,
} from './methods.js';
export { type ForecastNetwork, newNetwork, type SampleInputs } from './networks.js';
export { matrixOf, type PatternConfig, patternOf } from './patterns.js';
export { PRESETS, type Preset, type PresetName } from './presets.js';
export { sampleQuantiles } from './quantiles.js';
export { type ReadOptions, type ReadTable, type Recognized, readTable } from './read.js';
export { type ReadForecast, readForecast } from './read-forecast.js';
export { type Score, type ScoreOptions, Scorer, score } from './score.js';
export { defaultSeasons } from './season.js';
export { lengthOf, type Series, type SeriesTable, withoutLast } from './series.js';
export { type Frequency, formatFrequency, parseFrequency, stepOf, type TimeGrid, timeOf } from './time.js';
export { type TimeFormat, timeFormat } from './time-format.js';
export {
  type ForecastJson,
  forecastJson,
  type NamedForecast,
  writeForecastCsv,
  writeTableCsv,
} from './write.js';

/** Forecasting as the command line sees it. */
export const forecast: System = {
  name: 'forecast',
  summary: 'convolutional attention and the LogSparse Transformer: forecasts of many series, with quantiles',
  modules,
  verbs,
};
