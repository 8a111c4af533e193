/**
 * @module Timestamps as text: recognised, read, and written back in the same manner.
 */
import { InputError, quote } from '@sextant/io';
import { daysInMonth } from './time.js';

/**
 * How a file writes its timestamps. Patterns are made of YYYY, MM, DD, HH, mm, ss (M, D, H without leading zeros) and
 * what stands between them; those that end with A have AM or PM there (with a: am or pm) and hours of 1 to 12, hh or h. A
 * zone offset may follow. `X` are seconds since 1970, `x` milliseconds, and `index` bare whole numbers.
 */
export interface TimeFormat {
  readonly pattern: string;
  /** Whether times name their zone or are of UTC: clocks that change skip and repeat none of them. */
  readonly zoned: boolean;
  /** Seconds since 1970-01-01 00:00 (an index itself); NaN for text that the pattern does not fit. */
  parse(text: string): number;
  /** The inverse of `parse`. */
  format(time: number): string;
}

/** Makes a format of a pattern. @throws InputError when it names no date. */
export function timeFormat(pattern: string): TimeFormat {
  const zoned = true;
  if (pattern === 'index') return { pattern, zoned, parse: integer, format: String };
  if (pattern === 'X') return { pattern, zoned, parse: decimal, format: String };
  if (pattern === 'x')
    return { pattern, zoned, parse: (t) => decimal(t) / 1000, format: (t) => String(t * 1000) };
  return new CalendarFormat(pattern);
}

const decimal = (text: string): number => (/^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN);
const integer = (text: string): number => (Number.isInteger(decimal(text)) ? Number(text) : Number.NaN);

/** The parts of a timestamp in the order of a `CalendarFormat`'s values; the first letters of their tokens. */
const FIELDS = 'YMDHms';
const HOUR = 3;
/** Behind the others: hours that PM adds. */
const HALF_DAY = FIELDS.length;

interface Token {
  /** Position in FIELDS, or HALF_DAY; -1 for a character between fields. */
  readonly field: number;
  /** The token as the pattern writes it. */
  readonly text: string;
  /** Code of the character between fields. */
  readonly code: number;
  readonly minDigits: number;
  readonly maxDigits: number;
}

const ZONE = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/;
const ZERO = 48;
const SPACE = 32;
/** Codes of a, m and p; those of capitals are without this bit. */
const [A, M, P, SMALL] = [97, 109, 112, 32];

/** A pattern of fields. `parse` runs for every row: it makes no objects. */
class CalendarFormat implements TimeFormat {
  private readonly tokens: readonly Token[];
  private readonly zone: string;
  private readonly hasSeconds: boolean;
  /** Whether hours are 1 to 12, before and after noon. */
  private readonly halfDays: boolean;
  /** Year, month, day, hour, minute, second of the last text, and hours that PM adds. */
  private readonly values = new Int32Array(FIELDS.length + 1);

  constructor(readonly pattern: string) {
    this.zone = ZONE.exec(pattern)?.[0] ?? '';
    const dated = pattern.slice(0, pattern.length - this.zone.length);
    this.halfDays = /[Aa]$/.test(dated);
    const texts = dated.match(this.halfDays ? HALF_DAY_TOKENS : TOKENS) ?? [];
    const fields = fieldsOf(texts, this.halfDays);
    this.tokens = texts.map((text, i) => toToken(text, fields[i]!, fields[i + 1] ?? -1));
    const known = this.tokens.map(({ field }) => field).filter((field) => field >= 0);
    this.hasSeconds = known.includes(5);
    if (!known.includes(0) || !known.includes(1) || new Set(known).size < known.length) {
      throw new InputError(
        `${quote(pattern)} is not a date format; write for example DD/MM/YYYY HH:mm, X (seconds since 1970) or index`,
      );
    }
  }

  get zoned(): boolean {
    return this.zone !== '';
  }

  parse(cell: string): number {
    const isPadded = cell.charCodeAt(0) === SPACE || cell.charCodeAt(cell.length - 1) === SPACE;
    const text = isPadded ? cell.trim() : cell;
    const end = this.readFields(text);
    const { values } = this;
    const [year, month, day] = [values[0]!, values[1]!, values[2]!];
    const [hour, minute, second] = [this.hour(), values[4]!, values[5]!];
    if (end < 0 || month < 1 || month > 12 || day < 1 || !(hour <= 23) || minute > 59 || second > 59)
      return Number.NaN;
    if (day > 28 && day > daysInMonth(year, month)) return Number.NaN;
    const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    return end === text.length && this.zone === '' ? seconds : seconds + this.readRest(text.slice(end));
  }

  format(time: number): string {
    const date = new Date(Math.round((time + zoneSeconds(this.zone)) * 1000));
    // 2020-01-31T12:30:00.000Z
    const parts = date.toISOString().split(/[-T:.Z]/);
    const hour = date.getUTCHours();
    if (this.halfDays) parts[HOUR] = String(hour % 12 || 12).padStart(2, '0');
    const text = this.tokens
      .map(({ field, text, maxDigits }) => {
        if (field < 0) return text;
        if (field === HALF_DAY) return (hour < 12 ? { A: 'AM', a: 'am' } : { A: 'PM', a: 'pm' })[text];
        return text.length < maxDigits ? String(Number(parts[field])) : parts[field];
      })
      .join('');
    const fraction = parts[6] === '000' ? '' : `.${parts[6]}`;
    return text + fraction + this.zone;
  }

  /** Reads the fields into `values`. @returns where they end, -1 where the text does not have them. */
  private readFields(text: string): number {
    const { tokens, values } = this;
    values.fill(0);
    values[2] = 1;
    let at = 0;
    for (let i = 0; i < tokens.length; i++) {
      const { field, code, minDigits, maxDigits } = tokens[i]!;
      if (field < 0) {
        if (text.charCodeAt(at++) !== code) return -1;
        continue;
      }
      if (field === HALF_DAY) {
        const letter = text.charCodeAt(at) | SMALL;
        if ((letter !== A && letter !== P) || (text.charCodeAt(at + 1) | SMALL) !== M) return -1;
        values[field] = letter === P ? 12 : 0;
        at += 2;
        continue;
      }
      const begin = at;
      let value = 0;
      while (at - begin < maxDigits) {
        const digit = text.charCodeAt(at) - ZERO;
        if (!(digit >= 0 && digit <= 9)) break;
        value = value * 10 + digit;
        at++;
      }
      if (at - begin < minDigits) return -1;
      values[field] = value;
    }
    return at;
  }

  /** The hour of the last text, 0 to 23; NaN where no half of a day has it. */
  private hour(): number {
    const hour = this.values[HOUR]!;
    if (!this.halfDays) return hour;
    return hour < 1 || hour > 12 ? Number.NaN : (hour % 12) + this.values[HALF_DAY]!;
  }

  /** Fraction of a second less the offset of the zone, in seconds. */
  private readRest(text: string): number {
    const [whole, fraction, zone = ''] = /^([.,]\d+)?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text) ?? [];
    if (whole === undefined || (fraction && !this.hasSeconds) || (zone === '') !== (this.zone === '')) {
      return Number.NaN;
    }
    const part = fraction ? Math.round(Number(`0.${fraction.slice(1)}`) * 1000) / 1000 : 0;
    return part - zoneSeconds(zone);
  }
}

const TOKENS = /YYYY|MM?|DD?|HH?|mm?|ss?|./g;
/** In other patterns, h is a character between fields: 14h30. */
const HALF_DAY_TOKENS = /YYYY|MM?|DD?|HH?|hh?|mm?|ss?|./g;

/** The fields of tokens; -1 for characters between them. */
const fieldsOf = (texts: readonly string[], halfDays: boolean): number[] =>
  texts.map((text, i) => {
    if (halfDays && i === texts.length - 1) return HALF_DAY;
    if (halfDays && /^hh?$/.test(text)) return HOUR;
    return /^(YYYY|MM?|DD?|HH?|mm?|ss?)$/.test(text) ? FIELDS.indexOf(text[0]!) : -1;
  });

/** @param next - the field that follows, -1 for none. */
function toToken(text: string, field: number, next: number): Token {
  // Fields of digits that stand side by side have no end but their width.
  const exact = field === 0 || (next >= 0 && next !== HALF_DAY);
  const maxDigits = field === 0 ? 4 : 2;
  return { field, text, code: text.charCodeAt(0), minDigits: exact ? maxDigits : 1, maxDigits };
}

/** Days of the Gregorian calendar. Years are counted from March, so that the leap day is a year's last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const sinceMarch = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + sinceMarch + day - 719_469;
}

function zoneSeconds(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60) : 0;
}

const TIME =
  '(?:([T ]+)(\\d{1,2}):\\d{2}(:\\d{2}(?:[.,]\\d+)?)?( ?[AP]M| ?[ap]m)?)?(Z|[+-]\\d{2}(?::?\\d{2})?)?$';
const YEAR_FIRST = new RegExp(`^\\d{4}([-/.])(\\d{1,2})(?:\\1(\\d{1,2}))?${TIME}`);
const YEAR_LAST = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2\\d{4}${TIME}`);

/** Whether text has the form of a date, also where day and month could be exchanged. */
export const looksLikeDate = (text: string): boolean =>
  YEAR_FIRST.test(text.trim()) || YEAR_LAST.test(text.trim());

/**
 * The format of timestamps, recognised from some of them.
 *
 * @returns undefined when they are not timestamps of a known form.
 * @throws InputError when day and month could be exchanged.
 */
export function recognizeTimeFormat(cells: readonly string[]): TimeFormat | undefined {
  const texts = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  if (texts.length === 0) return undefined;
  const pattern = numericPattern(texts) ?? yearFirstPattern(texts) ?? yearLastPattern(texts);
  return pattern === undefined ? undefined : timeFormat(pattern);
}

/** Where whole numbers are seconds or milliseconds since 1970: from 1973 to 2100. */
const isEpoch = (value: number): boolean => value >= 1e8 && value < 4.2e9;

function numericPattern(texts: readonly string[]): string | undefined {
  const numbers = texts.map(decimal);
  if (numbers.some(Number.isNaN)) return undefined;
  if (numbers.every(isEpoch)) return 'X';
  if (numbers.every((v) => isEpoch(v / 1000))) return 'x';
  const compact = timeFormat('YYYYMMDD');
  const isDate = (text: string) =>
    text.length === 8 && /^(19|20)/.test(text) && !Number.isNaN(compact.parse(text));
  if (texts.every(isDate)) return 'YYYYMMDD';
  return numbers.every(Number.isInteger) ? 'index' : undefined;
}

function yearFirstPattern(texts: readonly string[]): string | undefined {
  const found = texts.map((text) => YEAR_FIRST.exec(text));
  const [first] = found;
  if (!first || found.includes(null)) return undefined;
  const [, separator, , day] = first;
  // `2020.01` is a number.
  if (day === undefined && separator === '.') return undefined;
  const month = padded('MM', found, 2);
  const date = `YYYY${separator}${month}${day === undefined ? '' : `${separator}${padded('DD', found, 3)}`}`;
  return date + clockPattern(found, 4);
}

function yearLastPattern(texts: readonly string[]): string | undefined {
  const found = texts.map((text) => YEAR_LAST.exec(text));
  const [first] = found;
  if (!first || found.includes(null)) return undefined;
  const separator = first[2]!;
  const largest = (group: number) => Math.max(...found.map((match) => Number(match![group])));
  const dayFirst = separator === '.' || largest(1) > 12;
  if (!dayFirst && largest(3) <= 12) {
    throw new InputError(
      `in ${quote(texts[0])} day and month could be exchanged: say which it is, for example --date-format ${quote(`DD${separator}MM${separator}YYYY${clockPattern(found, 4)}`)}`,
    );
  }
  const [one, two] = dayFirst ? ['DD', 'MM'] : ['MM', 'DD'];
  return `${padded(one!, found, 1)}${separator}${padded(two!, found, 3)}${separator}YYYY${clockPattern(found, 4)}`;
}

type Matches = readonly (RegExpExecArray | null)[];

/** The token without its padding where a value has none. */
const padded = (token: string, found: Matches, group: number): string =>
  found.some((match) => match?.[group]?.length === 1) ? token[0]! : token;

/** Time of day and zone; their groups are `from` (what separates it), the hour, the seconds, AM or PM, and the zone. */
function clockPattern(found: Matches, from: number): string {
  const [separator, , seconds, half = '', zone = ''] = found[0]!.slice(from);
  if (!separator) return zone;
  const hours = padded(half === '' ? 'HH' : 'hh', found, from + 1);
  return `${separator}${hours}:mm${seconds ? ':ss' : ''}${half.replace(/[AP]M/, 'A').replace(/[ap]m/, 'a')}${zone}`;
}
