/**
 * @module Fan charts: the history of a series, and its forecast as bands between quantiles.
 */
import { numberAxis, timeAxis } from './axis.js';
import { type FigureOptions, figure, type LegendEntry, lineSample, type Panel, SWATCH } from './figure.js';
import { type Axes, band, curve } from './marks.js';
import { type Chart, INK, PALETTE, SIZE } from './style.js';
import { element } from './svg.js';

/** One series: `history` and, from its end on, quantiles of the next steps. NaN is a gap. */
export interface FanPanel {
  readonly title?: string;
  readonly history: ArrayLike<number>;
  /** Row-major [quantiles, steps], as the chart's `quantiles` are ordered. */
  readonly forecast: ArrayLike<number>;
  /** What really came. */
  readonly truth?: ArrayLike<number>;
  /**
   * The time of each value of the history and then of each step of the forecast: seconds since 1970-01-01 00:00, with no
   * time zone. Without it the axis counts steps from 0.
   */
  readonly times?: ArrayLike<number>;
}

export interface FanChartOptions extends FigureOptions {
  /** Levels of the quantiles, each in (0, 1). */
  readonly quantiles: readonly number[];
  readonly panels: readonly FanPanel[];
  readonly xTitle?: string;
  readonly yTitle?: string;
}

const [FORECAST, TRUTH] = PALETTE as [string, string];

/** Bands lie on each other. */
const BAND = { color: FORECAST, opacity: 0.2 } as const;

/**
 * Draws each series in a panel of its own: history, the band between each quantile ρ and its counterpart 1 − ρ, the
 * median, and the truth. Quantiles without a counterpart are dashed lines.
 *
 * @throws RangeError when a forecast is not [quantiles, steps], there is more truth than forecast, or times are not as
 * many as history and steps.
 */
export function fanChart({ quantiles, panels, xTitle, yTitle, ...options }: FanChartOptions): Chart {
  const { bands, lines } = arranged(quantiles);
  return figure(
    panels.map((panel) => fanPanel(panel, { quantiles, bands, lines, xTitle, yTitle })),
    [
      { label: 'history', draw: lineSample({ stroke: INK.text }) },
      ...(panels.some(({ truth }) => truth) ? [{ label: 'truth', draw: lineSample({ stroke: TRUTH }) }] : []),
      ...(quantiles.includes(0.5) ? [{ label: 'median', draw: lineSample(MEDIAN) }] : []),
      ...bands.map(
        ([low, high], depth): LegendEntry => ({
          label: `${percent(quantiles[high]! - quantiles[low]!)} interval`,
          draw: (x, y) =>
            element('rect', {
              x: x - SWATCH / 2,
              y: y - 5,
              width: SWATCH,
              height: 10,
              fill: FORECAST,
              // As dark as the bands beneath make it.
              opacity: 1 - (1 - BAND.opacity) ** (depth + 1),
            }),
        }),
      ),
      ...lines.map((r) => ({ label: `quantile ${quantiles[r]}`, draw: lineSample(DASHED) })),
    ],
    options,
  );
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

const MEDIAN = { stroke: FORECAST, 'stroke-width': 1.8 };
const DASHED = { stroke: FORECAST, 'stroke-width': SIZE.fine, 'stroke-dasharray': '4 2' };

/** Indices of quantiles: pairs that enclose a band, the widest first, and those that are lines of their own. */
function arranged(quantiles: readonly number[]) {
  const order = quantiles.map((_, r) => r).sort((a, b) => quantiles[a]! - quantiles[b]!);
  const bands: [number, number][] = [];
  const lines: number[] = [];
  for (const r of order) {
    const rho = quantiles[r]!;
    if (rho === 0.5) continue;
    const other = order.find((o) => Math.abs(quantiles[o]! + rho - 1) < 1e-9);
    if (other === undefined) lines.push(r);
    else if (rho < 0.5) bands.push([r, other]);
  }
  return { bands, lines };
}

interface Fan extends ReturnType<typeof arranged>, Pick<FanChartOptions, 'quantiles'> {
  readonly xTitle: string | undefined;
  readonly yTitle: string | undefined;
}

function fanPanel(panel: FanPanel, { quantiles, bands, lines, xTitle, yTitle }: Fan): Panel {
  const { title, history, forecast, truth, times } = panel;
  const steps = forecast.length / quantiles.length;
  const length = history.length + steps;
  if (!Number.isInteger(steps))
    throw new RangeError(`fanChart: ${forecast.length} values for ${quantiles.length} quantiles`);
  if (times && times.length !== length)
    throw new RangeError(`fanChart: ${times.length} times for ${history.length} + ${steps} steps`);
  if (truth && truth.length > steps)
    throw new RangeError(`fanChart: ${truth.length} values of truth for ${steps} steps`);
  const xs = times ? Array.from(times) : Array.from({ length }, (_, t) => t);
  const [past, coming] = [xs.slice(0, history.length), xs.slice(history.length)];
  const quantile = (r: number) => Array.from({ length: steps }, (_, h) => forecast[r * steps + h]!);
  const shown = [...Array.from(history), ...Array.from(truth ?? []), ...Array.from(forecast)];
  return {
    title,
    x: times ? timeAxis(xs, xTitle) : numberAxis(xs, { tight: true, ...(xTitle ? { title: xTitle } : {}) }),
    y: numberAxis(shown, yTitle ? { title: yTitle } : {}),
    draw(axes) {
      const median = quantiles.indexOf(0.5);
      return [
        boundary(axes, past.at(-1), coming[0]),
        ...bands.map(([low, high]) => band(axes, coming, quantile(low), quantile(high), BAND)),
        curve(axes, past, history, { stroke: INK.text, 'stroke-width': SIZE.fine }),
        ...lines.map((r) => curve(axes, coming, quantile(r), DASHED)),
        median < 0 ? '' : curve(axes, coming, quantile(median), MEDIAN),
        truth ? curve(axes, coming, truth, { stroke: TRUTH, 'stroke-width': SIZE.fine }) : '',
      ].join('');
    },
  };
}

/** The dashed line between the last step of the history and the first of the forecast. */
function boundary({ x, y }: Axes, before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return '';
  const at = x.position((before + after) / 2);
  const [y1, y2] = y.range;
  return element('line', { x1: at, x2: at, y1, y2, stroke: INK.boundary, 'stroke-dasharray': '3 3' });
}
