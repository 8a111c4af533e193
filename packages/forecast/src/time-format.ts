/**
 * @module Timestamps as text: recognised, read, and written back in the same manner.
 */
import { InputError, quote } from '@sextant/io';
import { daysInMonth } from './time.js';

/**
 * How a file writes its timestamps. Patterns are made of YYYY, MM, DD, HH, mm, ss (M, D, H without leading zeros) and
 * what stands between them; a zone offset may follow. `X` are seconds since 1970, `x` milliseconds, and `index` bare
 * whole numbers.
 */
export interface TimeFormat {
  readonly pattern: string;
  /** Seconds since 1970-01-01 00:00 (an index itself); NaN for text that the pattern does not fit. */
  parse(text: string): number;
  /** The inverse of `parse`. */
  format(time: number): string;
}

/** Makes a format of a pattern. @throws InputError when it names no date. */
export function timeFormat(pattern: string): TimeFormat {
  if (pattern === 'index') return { pattern, parse: integer, format: String };
  if (pattern === 'X') return { pattern, parse: decimal, format: String };
  if (pattern === 'x') return { pattern, parse: (t) => decimal(t) / 1000, format: (t) => String(t * 1000) };
  return calendarFormat(pattern);
}

const decimal = (text: string): number => (/^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN);
const integer = (text: string): number => (Number.isInteger(decimal(text)) ? Number(text) : Number.NaN);

type Field = 'Y' | 'M' | 'D' | 'H' | 'm' | 's';

interface Token {
  /** Undefined for text between fields. */
  readonly field?: Field;
  /** The token as the pattern writes it. */
  readonly text: string;
  readonly pad: number;
  readonly maxDigits: number;
}

const ZONE = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/;
const ZERO = 48;

function calendarFormat(pattern: string): TimeFormat {
  const [zone] = ZONE.exec(pattern) ?? [];
  const tokens = (
    pattern.slice(0, pattern.length - (zone?.length ?? 0)).match(/YYYY|MM?|DD?|HH?|mm?|ss?|[^YMDHms]+|./g) ??
    []
  ).map(toToken);
  const known = tokens.flatMap(({ field }) => field ?? []);
  if (!known.includes('Y') || !known.includes('M') || new Set(known).size < known.length) {
    throw new InputError(
      `${quote(pattern)} is not a date format; write for example DD/MM/YYYY HH:mm, X (seconds since 1970) or index`,
    );
  }
  // Fields that stand side by side have no end but their width.
  const widths = tokens.map((token, i) => (tokens[i + 1]?.field ? token.text.length : token.maxDigits));
  const offset = zone === undefined ? undefined : zoneSeconds(zone);
  const values: Record<Field, number> = { Y: 0, M: 0, D: 0, H: 0, m: 0, s: 0 };

  const parse = (cell: string): number => {
    const text = cell.trim();
    let at = 0;
    values.D = 1;
    values.H = values.m = values.s = 0;
    for (let i = 0; i < tokens.length; i++) {
      const { field, text: literal } = tokens[i]!;
      if (field === undefined) {
        if (!text.startsWith(literal, at)) return Number.NaN;
        at += literal.length;
        continue;
      }
      const end = at + widths[i]!;
      const begin = at;
      let value = 0;
      for (; at < end; at++) {
        const digit = text.charCodeAt(at) - ZERO;
        if (!(digit >= 0 && digit <= 9)) break;
        value = value * 10 + digit;
      }
      if (at === begin || (field === 'Y' && at - begin !== 4)) return Number.NaN;
      values[field] = value;
    }
    const { Y, M, D, H, m, s } = values;
    if (M < 1 || M > 12 || D < 1 || D > 31 || H > 23 || m > 59 || s > 59) return Number.NaN;
    if (D > 28 && D > daysInMonth(Y, M)) return Number.NaN;
    let seconds = daysSince1970(Y, M, D) * 86_400 + H * 3_600 + m * 60 + s;
    if (at < text.length) {
      const [whole, fraction, found] = /^([.,]\d+)?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text.slice(at)) ?? [];
      if (whole === undefined || (fraction && !known.includes('s'))) return Number.NaN;
      if ((found === undefined) !== (offset === undefined)) return Number.NaN;
      if (fraction) seconds += Math.round(Number(`0.${fraction.slice(1)}`) * 1000) / 1000;
      if (found) seconds -= zoneSeconds(found);
    } else if (offset !== undefined) return Number.NaN;
    return seconds;
  };

  const format = (time: number): string => {
    const date = new Date(Math.round((time + (offset ?? 0)) * 1000));
    const parts: Record<Field, number> = {
      Y: date.getUTCFullYear(),
      M: date.getUTCMonth() + 1,
      D: date.getUTCDate(),
      H: date.getUTCHours(),
      m: date.getUTCMinutes(),
      s: date.getUTCSeconds(),
    };
    const text = tokens
      .map(({ field, text, pad }) => (field ? String(parts[field]).padStart(pad, '0') : text))
      .join('');
    const ms = date.getUTCMilliseconds();
    return `${text}${ms ? `.${String(ms).padStart(3, '0')}` : ''}${zone ?? ''}`;
  };
  return { pattern, parse, format };
}

function toToken(text: string): Token {
  const field = /^(YYYY|MM?|DD?|HH?|mm?|ss?)$/.test(text) ? (text[0] as Field) : undefined;
  return { ...(field && { field }), text, pad: text.length, maxDigits: field === 'Y' ? 4 : 2 };
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

const TIME = '(?:([T ]+)(\\d{1,2}):\\d{2}(:\\d{2}(?:[.,]\\d+)?)?)?(Z|[+-]\\d{2}(?::?\\d{2})?)?$';
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
      `in ${quote(texts[0])} day and month could be exchanged: say which it is, for example --date-format DD${separator}MM${separator}YYYY`,
    );
  }
  const [one, two] = dayFirst ? ['DD', 'MM'] : ['MM', 'DD'];
  return `${padded(one!, found, 1)}${separator}${padded(two!, found, 3)}${separator}YYYY${clockPattern(found, 4)}`;
}

type Matches = readonly (RegExpExecArray | null)[];

/** The token without its padding where a value has none. */
const padded = (token: string, found: Matches, group: number): string =>
  found.some((match) => match?.[group]?.length === 1) ? token[0]! : token;

/** Time of day and zone; their groups are `from` (what separates it), the hour, the seconds and the zone. */
function clockPattern(found: Matches, from: number): string {
  const [separator, , seconds, zone = ''] = found[0]!.slice(from);
  const clock = separator ? `${separator}${padded('HH', found, from + 1)}:mm${seconds ? ':ss' : ''}` : '';
  return clock + zone;
}
