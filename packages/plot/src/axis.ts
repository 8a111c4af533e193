/**
 * @module Axes: what range they span, and where and how they are labelled.
 */
import { scaleLinear, scaleLog, scaleUtc } from 'd3-scale';

export interface Tick {
  readonly position: number;
  /** Empty for a minor tick. */
  readonly label: string;
  /** A second line: what the label leaves unsaid. */
  readonly below?: string;
}

/** An axis of known length. */
export interface FittedAxis {
  readonly range: readonly [from: number, to: number];
  position(value: number): number;
  /** Whether the value has a place: it is finite, and positive on a log axis. */
  has(value: number): boolean;
  readonly ticks: readonly Tick[];
}

/** An axis whose length in pixels is not known yet. */
export interface Axis {
  readonly title?: string | undefined;
  /** Places the axis between two positions, with labels about `spacing` pixels apart. */
  fit(from: number, to: number, spacing: number): FittedAxis;
}

export interface AxisOptions {
  readonly title?: string;
  readonly scale?: 'linear' | 'log';
  /** Where labels stand, instead of at round numbers. */
  readonly ticks?: readonly number[];
}

const ticksThatFit = (from: number, to: number, spacing: number): number =>
  Math.max(2, Math.floor(Math.abs(to - from) / spacing));

/** Least and greatest finite value; 0 and 1 where there is none. */
function extent(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** An axis of numbers. `tight` axes end at the outermost values, others a little beyond. */
export function numberAxis(values: Iterable<number>, options: AxisOptions & { tight?: boolean } = {}): Axis {
  return options.scale === 'log' ? logAxis(values, options) : linearAxis(values, options);
}

function linearAxis(
  values: Iterable<number>,
  { title, ticks, tight = false }: AxisOptions & { tight?: boolean },
): Axis {
  let [low, high] = extent(values);
  if (low === high) {
    const around = Math.abs(low) / 10 || 1;
    [low, high] = [low - around, high + around];
  }
  const beyond = tight ? 0 : (high - low) * 0.04;
  return {
    title,
    fit(from, to, spacing) {
      const scale = scaleLinear([low - beyond, high + beyond], [from, to]);
      const count = ticksThatFit(from, to, spacing);
      const size = Math.max(Math.abs(low), Math.abs(high));
      const label = scale.tickFormat(count, size >= 1e6 ? 's' : size < 1e-3 ? '~e' : undefined);
      return {
        range: [from, to],
        position: scale,
        has: Number.isFinite,
        ticks: (ticks ?? scale.ticks(count)).map((v) => ({
          position: scale(v),
          label: ticks ? numberLabel(v) : label(v),
        })),
      };
    },
  };
}

function logAxis(values: Iterable<number>, { title, ticks }: AxisOptions): Axis {
  const [low, high] = extent([...values].filter((v) => v > 0));
  const [first, last] = low > 0 ? [low, high] : [1, 10];
  const beyond = first === last ? 2 : (last / first) ** 0.04;
  return {
    title,
    fit(from, to, spacing) {
      const scale = scaleLog([first / beyond, last * beyond], [from, to]);
      const [start, end] = scale.domain() as [number, number];
      // Fewer labels than a linear axis has would leave most decades without any.
      const labelled = ticks ?? logTicks(start, end, ticksThatFit(from, to, spacing / 1.6));
      const minor = ticks ? [] : decadeSteps(start, end, DIGITS).filter((v) => !labelled.includes(v));
      return {
        range: [from, to],
        position: scale,
        has: (v) => v > 0 && v < Number.POSITIVE_INFINITY,
        ticks: [
          ...labelled.map((v) => ({ position: scale(v), label: numberLabel(v) })),
          ...minor.map((v) => ({ position: scale(v), label: '' })),
        ],
      };
    },
  };
}

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** The numbers m · 10ᵉ from low to high, for exponents that are multiples of `every`. */
function decadeSteps(low: number, high: number, mantissas: readonly number[], every = 1): number[] {
  const exponents: number[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    if (e % every === 0) exponents.push(e);
  // Read as text, a power of ten is the number nearest to it; 10 ** -3 may not be.
  return exponents
    .flatMap((e) => mantissas.map((m) => Number(`${m}e${e}`)))
    .filter((v) => v >= low && v <= high);
}

/** Labels of a log axis: 1, 2, 5 in each decade where they fit, else powers of ten, else some of these. */
function logTicks(low: number, high: number, most: number): number[] {
  const all = decadeSteps(low, high, [1, 2, 5]);
  if (all.length <= most) return all;
  for (let every = 1; ; every++) {
    const decades = decadeSteps(low, high, [1], every);
    if (decades.length <= most) return decades.length > 1 ? decades : all;
  }
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number as a reader likes it: 16,384, 0.05, 2 × 10⁷. */
export function numberLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
    const raised = [...exponent.replace('+', '')]
      .map((c) => (c === '-' ? '⁻' : SUPERSCRIPTS[Number(c)]!))
      .join('');
    return `${mantissa === '1' ? '' : `${mantissa.replace('-', '−')} × `}10${raised}`;
  }
  const [whole, fraction] = String(Number(size.toPrecision(6))).split('.') as [string, string?];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pad = (n: number): string => String(n).padStart(2, '0');

/** What labels say of a time, from coarse to fine, and what the line below adds. */
const RESOLUTIONS: readonly {
  /** Whether a time is told completely. */
  tells(t: Date): boolean;
  label(t: Date): string;
  below?(t: Date): string;
}[] = [
  { tells: (t) => +t === Date.UTC(t.getUTCFullYear(), 0), label: (t) => `${t.getUTCFullYear()}` },
  {
    tells: (t) => +t === Date.UTC(t.getUTCFullYear(), t.getUTCMonth()),
    label: (t) => MONTHS[t.getUTCMonth()]!,
    below: (t) => `${t.getUTCFullYear()}`,
  },
  {
    tells: (t) => +t % 86_400_000 === 0,
    label: (t) => `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]}`,
    below: (t) => `${t.getUTCFullYear()}`,
  },
  {
    tells: (t) => +t % 60_000 === 0,
    label: (t) => `${pad(t.getUTCHours())}:${pad(t.getUTCMinutes())}`,
    below: (t) => `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`,
  },
  {
    tells: () => true,
    label: (t) => `${pad(t.getUTCHours())}:${pad(t.getUTCMinutes())}:${pad(t.getUTCSeconds())}`,
    below: (t) => `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`,
  },
];

/** An axis of times: seconds since 1970-01-01 00:00, with no time zone. It ends at the outermost times. */
export function timeAxis(seconds: Iterable<number>, title?: string): Axis {
  const [low, high] = extent(seconds);
  return {
    title,
    fit(from, to, spacing) {
      const last = high === low ? high + 1 : high;
      const scale = scaleUtc([new Date(low * 1000), new Date(last * 1000)], [from, to]);
      const times = scale.ticks(ticksThatFit(from, to, spacing));
      const { label, below } = RESOLUTIONS.find(({ tells }) => times.every(tells))!;
      let said: string | undefined;
      return {
        range: [from, to],
        position: (t) => scale(t * 1000),
        has: Number.isFinite,
        ticks: times.map((t) => {
          const more = below?.(t);
          const news = more !== undefined && more !== said;
          said = more;
          return { position: scale(t), label: label(t), ...(news ? { below: more } : {}) };
        }),
      };
    },
  };
}
