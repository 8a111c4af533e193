export type { AxisOptions } from './axis.js';
export { type FanChartOptions, type FanPanel, fanChart } from './fan-chart.js';
export type { FigureOptions } from './figure.js';
export { type LineChartOptions, type LinePanel, type LineSeries, lineChart } from './line-chart.js';
export {
  type ScatterChartOptions,
  type ScatterGroup,
  type ScatterPanel,
  scatterChart,
} from './scatter-chart.js';
export { type Chart, PALETTE } from './style.js';
export { checkChartPath, renderPng, writeChart } from './write.js';
