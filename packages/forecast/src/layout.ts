/**
 * @module Which column of a table is what.
 */
import { type Cell, InputError, quote } from '@sextant/io';
import { hasDecimalComma, isMissing, toNumber } from './cells.js';
import { looksLikeDate } from './time-format.js';

/**
 * How a file arranges series: `long` has a row per series and time, `wide` a row per time and a column per series,
 * `rows` a row per series, which begins with its id.
 */
export type Layout = 'long' | 'wide' | 'rows';

/** What a user may say instead of having it recognised. Columns without a header are called 1, 2, 3... */
export interface LayoutOptions {
  readonly layout?: Layout;
  /** Whether the first row holds the columns' names. */
  readonly header?: boolean;
  /** Default: the one whose name says so. */
  readonly seriesColumn?: string;
  readonly timeColumn?: string;
  /** Of a long table. */
  readonly valueColumn?: string;
  /** Columns of a wide table that are series; default all. */
  readonly targets?: readonly string[];
  /** Columns that are known covariates; default all others of a long table, none of a wide one. */
  readonly covariates?: readonly string[];
}

/** Columns by their position. */
export interface Columns {
  readonly layout: Layout;
  readonly header: boolean;
  readonly names: readonly string[];
  readonly series: number | undefined;
  readonly time: number | undefined;
  /** The value of a long table, the series of a wide one, the steps of a table of rows. */
  readonly values: readonly number[];
  readonly covariates: readonly number[];
  /** Columns of text, which are not used. */
  readonly ignored: readonly number[];
}

const SERIES = new Set(['series', 'series_id', 'id', 'unique_id', 'item_id']);
/** What names of other columns of ids end with: `store_id`, `meter id`, `sensorId`. */
const ENDS_WITH_ID = /([\s_.-][iI]|[a-z]I)[dD]$/;
const TIME = new Set(['timestamp', 'date', 'ds', 'time', 'datetime']);
const VALUE = new Set(['value', 'y', 'target']);

type Kind = 'number' | 'date' | 'text' | 'missing';
type Row = readonly Cell[];

/**
 * Recognises the columns from a table's first rows.
 *
 * @param columns - the columns' names where the file states them apart from the rows
 * @throws InputError when a column is named that does not exist, or it is not clear which one holds the values.
 */
export function recognizeColumns(
  columns: readonly string[] | undefined,
  rows: readonly Row[],
  options: LayoutOptions,
): Columns {
  const header = columns === undefined && (options.header ?? isHeader(rows));
  const names = columns ?? rows[0]!.map((cell, i) => (header ? String(cell ?? '').trim() : String(i + 1)));
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) < i);
  if (twice !== undefined) throw new InputError(`two columns are called ${quote(twice)}; rename one`);
  const data = header ? rows.slice(1) : rows;
  const kinds = names.map((_, i) => columnKind(data, i));
  return {
    header,
    names,
    ...new Recognition(
      names,
      kinds,
      options,
      data.some((row) => row.some(hasDecimalComma)),
    ).columns(),
  };
}

/** The roles of columns with these names and contents. */
class Recognition {
  private readonly series: number | undefined;
  private readonly time: number | undefined;
  private readonly value: number | undefined;

  constructor(
    private readonly names: readonly string[],
    private readonly kinds: readonly Kind[],
    private readonly options: LayoutOptions,
    private readonly hasDecimalCommas: boolean,
  ) {
    this.series = this.find(options.seriesColumn, SERIES) ?? this.textWithId();
    this.time = this.find(options.timeColumn, TIME) ?? this.firstDate();
    this.value = this.find(options.valueColumn, VALUE);
  }

  columns(): Omit<Columns, 'header' | 'names'> {
    const layout = this.options.layout ?? this.layout();
    this.refuseUnclearText(layout);
    if (this.options.targets && layout !== 'wide') {
      throw new InputError('--target chooses columns of a wide table, and this one is not: leave it out');
    }
    const chosen = layout === 'long' ? this.long() : layout === 'wide' ? this.wide() : this.rows();
    return { layout, ...chosen };
  }

  private layout(): Layout {
    const { series, time, value } = this;
    if (value !== undefined && (series !== undefined || time !== undefined)) return 'long';
    if (time !== undefined && series !== undefined) return 'long';
    if (time === undefined && (series === 0 || this.kinds[0] === 'text')) return 'rows';
    return 'wide';
  }

  /** Weather, or a name for every month, would make series of what is one: ids are recognised by their column's name. */
  private refuseUnclearText(layout: Layout): void {
    const text = this.only('text');
    if (this.series !== undefined || text === undefined || this.options.layout === 'wide') return;
    // An id and a row of numbers; an id and one number are none.
    if (layout === 'rows' && this.names.length > 2) return;
    const times = this.time === undefined ? ', --time-column and --date-format if it holds times' : '';
    const name = quote(this.names[text]);
    throw new InputError(
      `column ${name} holds text: give --series-column ${name} if it names the series${times}, or --layout wide to leave it out`,
    );
  }

  private long() {
    const { series, time } = this;
    const numbers = this.others([series, time]).filter((i) => this.isNumeric(i));
    const value = this.value ?? (numbers.length === 1 ? numbers[0] : undefined);
    if (value === undefined) {
      const candidates = numbers.map((i) => quote(this.names[i])).join(', ') || 'none';
      throw new InputError(
        `which column holds the values? name it with --value-column (numbers: ${candidates})`,
      );
    }
    const covariates =
      this.options.covariates?.map((name) => this.position(name)) ?? numbers.filter((i) => i !== value);
    return {
      series,
      time,
      values: [value],
      covariates,
      ignored: this.others([series, time, value, ...covariates]),
    };
  }

  private wide() {
    const time = this.time ?? (this.names[0] === '' ? 0 : undefined);
    const covariates = this.options.covariates?.map((name) => this.position(name)) ?? [];
    const rest = this.others([time, ...covariates]);
    const values =
      this.options.targets?.map((name) => this.position(name)) ??
      rest.filter((i) => this.isNumeric(i) && this.names[i] !== '');
    if (values.length === 0) {
      const comma = this.hasDecimalCommas ? '; write decimals with a point, not a comma' : '';
      throw new InputError(`no column holds numbers${comma}`);
    }
    return {
      series: undefined,
      time,
      values,
      covariates,
      ignored: this.others([time, ...covariates, ...values]),
    };
  }

  private rows() {
    const series = this.series ?? 0;
    return { series, time: undefined, values: this.others([series]), covariates: [], ignored: [] };
  }

  private find(name: string | undefined, known: ReadonlySet<string>): number | undefined {
    if (name !== undefined) return this.position(name);
    const at = this.names.findIndex((candidate) => known.has(candidate.toLowerCase()));
    return at < 0 ? undefined : at;
  }

  private position(name: string): number {
    const at = this.names.indexOf(name);
    if (at >= 0) return at;
    const some = this.names.slice(0, 10).join(', ') + (this.names.length > 10 ? ', ...' : '');
    throw new InputError(`there is no column ${quote(name)}; there are: ${some}`);
  }

  private isNumeric(column: number): boolean {
    return this.kinds[column] === 'number' || this.kinds[column] === 'missing';
  }

  private textWithId(): number | undefined {
    const at = this.names.findIndex((name, i) => this.kinds[i] === 'text' && ENDS_WITH_ID.test(name));
    return at < 0 ? undefined : at;
  }

  private firstDate(): number | undefined {
    const at = this.kinds.indexOf('date');
    return at < 0 ? undefined : at;
  }

  /** The one column of a kind. */
  private only(kind: Kind): number | undefined {
    const at = this.kinds.indexOf(kind);
    return at >= 0 && at === this.kinds.lastIndexOf(kind) ? at : undefined;
  }

  private others(used: readonly (number | undefined)[]): number[] {
    const taken = new Set(used);
    return this.names.map((_, i) => i).filter((i) => !taken.has(i));
  }
}

/** Names are text; a first row like the others is data, and so is one with numbers beside an id. */
function isHeader(rows: readonly Row[]): boolean {
  const first = rows[0]!.map(cellKind);
  if (rows[0]!.some((cell) => isKnownName(cell))) return true;
  if (!first.includes('text')) return false;
  if (!first.includes('number') && !first.includes('date')) return true;
  // Names that are numbers beside one that is text, as `date,0,1,2`: below the text stands something else.
  const second = rows[1]?.map(cellKind) ?? [];
  return first.some((kind, i) => kind === 'text' && (second[i] === 'number' || second[i] === 'date'));
}

function isKnownName(cell: Cell): boolean {
  const name = String(cell).trim().toLowerCase();
  return SERIES.has(name) || TIME.has(name) || VALUE.has(name);
}

function cellKind(cell: Cell): Kind {
  if (isMissing(cell)) return 'missing';
  if (cell instanceof Date) return 'date';
  if (toNumber(cell) !== undefined) return 'number';
  return looksLikeDate(String(cell)) ? 'date' : 'text';
}

/** A few cells of another kind do not change a column: they are found when it is read. */
function columnKind(rows: readonly Row[], column: number): Kind {
  const kinds = new Set(rows.map((row) => cellKind(row[column] ?? null)));
  return (['number', 'date', 'text'] as const).find((kind) => kinds.has(kind)) ?? 'missing';
}
