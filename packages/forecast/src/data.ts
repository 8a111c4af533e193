/**
 * @module Windows of series: what networks are trained on and predict from (sections 4.1 to 4.3).
 */
import { type Generator, NDArray } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { Dataset } from '@sextant/train';
import type { Feature } from './feature.js';
import { featureMatrix } from './features.js';
import { type ScaleVariant, samplingProbabilities, seriesScale } from './scale.js';
import type { Series, SeriesTable } from './series.js';

export interface WindowOptions {
  /** Steps that are given. */
  readonly history: number;
  /** Steps that are forecast. */
  readonly horizon: number;
  readonly scale: ScaleVariant;
  readonly features: readonly Feature[];
  /** Positions whose likelihood counts: all (real data), or the horizon's (the paper's synthetic data). */
  readonly likelihood: 'all' | 'horizon';
  /** Series are drawn in proportion to their scales to this power: 1, the paper's, to 0, all alike. */
  readonly samplingPower: number;
  /** Whether inputs tell nothing of the values after the history. */
  readonly direct: boolean;
}

/** One window, of history and horizon: an item of `WindowBatch`. */
export interface Window {
  readonly values: NDArray<'float32'>;
  readonly covariates: NDArray<'float32'>;
  readonly target: NDArray<'float32'>;
  readonly weight: NDArray<'float32'>;
  readonly series: NDArray<'int32'>;
}

/** A stretch of a series in units of its scale, without gaps. */
export interface Scaled {
  /** ν, by the values of the stretch's first part. */
  readonly scale: number;
  /** Values / ν; where one is missing, the one before it stands in. */
  readonly filled: Float32Array<ArrayBuffer>;
  /** 1 where a value is known. */
  readonly known: Float32Array<ArrayBuffer>;
}

/**
 * Steps `from` to `to` of a series; before its first and after its last value they are missing.
 *
 * @param history - how many of them, from the first, the scale is taken of.
 */
export function scaled(
  series: Series,
  from: number,
  to: number,
  history: number,
  variant: ScaleVariant,
): Scaled {
  const { values } = series;
  const scale = seriesScale(values.subarray(Math.max(from, 0), Math.max(from + history, 0)), variant);
  const filled = new Float32Array(to - from);
  const known = new Float32Array(to - from);
  let last = 0;
  for (let t = from; t < to; t++) {
    const z = t < 0 ? Number.NaN : (values[t] ?? Number.NaN);
    if (!Number.isNaN(z)) {
      last = z / scale;
      known[t - from] = 1;
    }
    filled[t - from] = last;
  }
  return { scale, filled, known };
}

/** The window that begins at a step of a series. `index` is the number of the series. */
export function windowAt(table: SeriesTable, index: number, from: number, options: WindowOptions): Window {
  const { history, horizon, features, likelihood, direct } = options;
  const series = table.series[index]!;
  const length = history + horizon;
  const { scale, filled, known } = scaled(series, from, from + length, history, options.scale);
  const values = new Float32Array(length);
  values.set(filled.subarray(0, direct ? history : length - 1), 1);
  const weight = likelihood === 'all' ? known : known.map((w, t) => (t < history ? 0 : w));
  const covariates = featureMatrix(table, series, features, {
    from,
    to: from + length,
    scale,
    end: direct ? from + history : Number.POSITIVE_INFINITY,
  });
  return {
    values: new NDArray(values, [length], 'float32'),
    covariates: new NDArray(covariates, [length, features.length], 'float32'),
    target: new NDArray(filled, [length], 'float32'),
    weight: new NDArray(weight, [length], 'float32'),
    series: new NDArray(Int32Array.of(index), [], 'int32'),
  };
}

/**
 * Random windows, by default each series as often as its scale is large (section 4.2). A series shorter than a window is taken
 * whole, the rest of the window being missing.
 */
export class TrainingWindows implements Dataset<Window> {
  /** For each series, the probability of it and of all before it. */
  private readonly cumulated: Float64Array;

  /**
   * @param length - windows in an epoch.
   * @param heldOut - steps at the end of each series that no window touches.
   * @throws InputError when no series is left.
   */
  constructor(
    private readonly table: SeriesTable,
    private readonly options: WindowOptions,
    readonly length: number,
    private readonly heldOut: number,
  ) {
    const usable = table.series.map(({ values }) => Math.max(values.length - heldOut, 0));
    // Of one value nothing can be learnt.
    const scales = table.series.map(({ values }, i) =>
      usable[i]! > 1 ? seriesScale(values.subarray(0, usable[i]), options.scale) ** options.samplingPower : 0,
    );
    if (scales.every((s) => s === 0)) {
      throw new InputError(
        `no series has values left when ${heldOut} steps are held out: give longer series`,
      );
    }
    let total = 0;
    this.cumulated = samplingProbabilities(scales).map((p) => {
      total += p;
      return total;
    });
  }

  get(_: number, random: Generator): Window {
    const index = this.draw(random.uniform(0, 1));
    const { history, horizon } = this.options;
    const latest = this.table.series[index]!.values.length - this.heldOut - (history + horizon);
    return windowAt(this.table, index, latest > 0 ? random.integer(0, latest + 1) : latest, this.options);
  }

  private draw(u: number): number {
    let [low, high] = [0, this.cumulated.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulated[middle]! > u) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The last window of every series that is long enough: the same every time. */
export class LastWindows implements Dataset<Window> {
  private readonly indices: readonly number[];

  constructor(
    private readonly table: SeriesTable,
    private readonly options: WindowOptions,
  ) {
    this.indices = table.series.flatMap(({ values }, i) => (values.length > options.horizon ? [i] : []));
  }

  get length(): number {
    return this.indices.length;
  }

  get(at: number): Window {
    const index = this.indices[at]!;
    const { history, horizon } = this.options;
    const from = this.table.series[index]!.values.length - history - horizon;
    return windowAt(this.table, index, from, this.options);
  }
}
