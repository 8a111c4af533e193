import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { InputError } from '@sextant/io';
import { afterAll, describe, expect, it } from 'vitest';
import { type ReadOptions, readTable } from './read.js';
import { formatFrequency, timeOf } from './time.js';

const folder = mkdtempSync(join(tmpdir(), 'read-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'table.csv');

function read(content: string | Uint8Array, options: ReadOptions = {}) {
  writeFileSync(path, content);
  return readTable(path, options);
}

/** The table as plain values. */
async function plain(content: string | Uint8Array, options: ReadOptions = {}) {
  const { series, grid, covariates, recognized } = await read(content, options);
  return {
    series: Object.fromEntries(series.map(({ id, start, values }) => [id, [start, ...values]])),
    known: series.map((s) => s.covariates.map((c) => [...c])),
    covariates,
    step: formatFrequency(grid.frequency),
    first: recognized.timeFormat?.format(timeOf(grid, 0)),
    layout: recognized.columns.layout,
    header: recognized.columns.header,
  };
}

const DAYS = ['2020-01-30', '2020-01-31', '2020-02-01', '2020-02-02'] as const;
const NAN = Number.NaN;
const HUMID = `date,humid,load\n${DAYS[0]},yes,5\n${DAYS[1]},no,6\n${DAYS[2]},yes,7\n`;

describe('layouts', () => {
  it('long: series of their own starts and lengths, in any order of rows', async () => {
    const text = `series,timestamp,value\nb,${DAYS[1]},5\na,${DAYS[2]},3\na,${DAYS[0]},1\na,${DAYS[1]},2\nb,${DAYS[2]},6\n`;
    expect(await plain(text)).toEqual({
      series: { b: [1, 5, 6], a: [0, 1, 2, 3] },
      known: [[], []],
      covariates: [],
      step: '1 day',
      first: DAYS[0],
      layout: 'long',
      header: true,
    });
  });
  it.each([
    ['other names', 'unique_id;ds;y\na;2020/01/30;1\na;2020/01/31;2\n'],
    ['a name that ends with id', 'when\tPlant Id\tMWh\n2020-01-30\ta\t1\n2020-01-31\ta\t2\n'],
    ['unknown names', 'plant\twhen\tMWh\na\t2020-01-30\t1\na\t2020-01-31\t2\n', 'plant'],
    ['no header', 'a,2020-01-30,1\na,2020-01-31,2\n', '1'],
    ['gzip and quotes', gzipSync('"item_id","Date","Target"\n"a","2020-01-30","1"\n"a","2020-01-31","2"\n')],
    ['no series column', 'date,a\n2020-01-30,1\n2020-01-31,2\n'],
  ])('%s', async (_, text, seriesColumn?: string) => {
    const { series, step } = await plain(text, seriesColumn === undefined ? {} : { seriesColumn });
    expect([series, step]).toEqual([{ a: [0, 1, 2] }, '1 day']);
  });
  it('text that names no series is left out where that is said', async () => {
    const { series, recognized } = await read(HUMID, { layout: 'wide' });
    expect(series.map(({ id, values }) => [id, ...values])).toEqual([['load', 5, 6, 7]]);
    expect(recognized.columns.ignored).toEqual([1]);
  });
  it('columns that options name', async () => {
    const text = 'site,x,y,t\nn,9,1,5\nn,9,2,6\ns,8,3,6\ns,8,4,7\n';
    const options = { seriesColumn: 'site', timeColumn: 't', valueColumn: 'x', covariates: ['y'] };
    const { series, known, covariates } = await plain(text, options);
    expect(series).toEqual({ n: [0, 9, 9], s: [1, 8, 8] });
    expect([known, covariates]).toEqual([[[[1, 2]], [[3, 4]]], ['y']]);
  });
  it('wide, with dates', async () => {
    const text = `date,0,1\n${DAYS[0]},1,\n${DAYS[1]},2,5\n${DAYS[2]},NaN,6\n`;
    const { series, layout } = await plain(text);
    expect([layout, series]).toEqual(['wide', { 0: [0, 1, 2], 1: [1, 5, 6] }]);
  });
  it('wide, with no dates or no header; chosen columns', async () => {
    expect((await plain('a,b,c\n1,2,3\n4,5,6\n', { targets: ['c', 'a'] })).series).toEqual({
      c: [0, 3, 6],
      a: [0, 1, 4],
    });
    const { series, step, first } = await plain('1,2\n4,5\n');
    expect([series, step, first]).toEqual([{ 1: [0, 1, 4], 2: [0, 2, 5] }, 'index', undefined]);
  });
  it('a row per series', async () => {
    const { series, layout } = await plain('V1,V2,V3,V4\nH1,1,2,3\nH2,4,,\nH3,,5,6\n');
    expect([layout, series]).toEqual(['rows', { H1: [0, 1, 2, 3], H2: [0, 4], H3: [1, 5, 6] }]);
    expect((await plain('H1,1,2\nH2,3,4\n')).series).toEqual({ H1: [0, 1, 2], H2: [0, 3, 4] });
    expect((await plain('id,1,2\n7,1,2\n8,3,4\n')).series).toEqual({ 7: [0, 1, 2], 8: [0, 3, 4] });
  });
  it('Parquet, with covariates', async () => {
    const fixture = fileURLToPath(new URL('../../io/test/fixtures/table-zstd.parquet', import.meta.url));
    const { series, covariates, recognized, grid } = await readTable(fixture);
    expect(series.map(({ id, start, values }) => [id, start, ...values])).toEqual([
      ['a', 0, 1.5, NAN, 3],
      ['b', 1, 4, 5, 6e10],
    ]);
    expect(covariates).toEqual(['n', 'flag']);
    expect(recognized.timeFormat!.format(timeOf(grid, 1))).toBe('2020-01-01 01:00:00');
  });
});

describe('values', () => {
  it('missing rows and every spelling of a missing value; ends are trimmed', async () => {
    const values = ['', 'NaN', '1', 'NA', 'null', '-2.5e-1', 'n/a', 'None', ' 0 ', 'nan'];
    const rows = values.map((v, i) => `a,${i < 5 ? i : i + 2},${v}\n`).join('');
    const { series } = await plain(`series,time,value\n${rows}`);
    expect(series.a).toEqual([2, 1, NAN, NAN, NAN, NAN, -0.25, NAN, NAN, 0]);
  });
  it('covariates that are known for the future', async () => {
    const rows = DAYS.map((day, i) => `a,${day},${i < 2 ? i : ''},${i * 10},${i < 3 ? 7 : ''}\n`).join('');
    const { series, known, covariates } = await plain(`series,timestamp,value,price,promo\n${rows}`);
    expect(series).toEqual({ a: [0, 0, 1] });
    expect([covariates, known]).toEqual([
      ['price', 'promo'],
      [
        [
          [0, 10, 20, 30],
          [7, 7, 7, NAN],
        ],
      ],
    ]);
  });
  it('covariates of a wide table belong to all its series', async () => {
    const text = `date,a,b,t\n${DAYS[0]},,1,10\n${DAYS[1]},2,3,20\n${DAYS[2]},,,30\n`;
    const { series, known } = await plain(text, { covariates: ['t'] });
    expect(series).toEqual({ a: [1, 2], b: [0, 1, 3] });
    expect(known).toEqual([[[20, 30]], [[10, 20, 30]]]);
  });
  it('an empty series is left out when that is wanted', async () => {
    const { series, recognized } = await read('a,b\n1,\n2,NA\n', { dropEmpty: true });
    expect([series.length, recognized.dropped]).toEqual([1, ['b']]);
  });
  it('the seasons of an index follow from a frequency that is said', async () => {
    const frequency = { unit: 'hour', count: 1 } as const;
    expect((await read('a\n1\n2\n', { frequency })).recognized.seasons).toEqual([24, 168]);
    expect((await read('a\n1\n2\n', { frequency, seasons: [5] })).recognized.seasons).toEqual([5]);
  });
});

describe('frequencies', () => {
  const column = (times: readonly (string | number)[]) =>
    `time,x\n${times.map((t, i) => `${t},${i}\n`).join('')}`;
  it.each([
    ['15 minutes', ['2020-01-01 23:30', '2020-01-01 23:45', '2020-01-02 00:00']],
    ['1 week', ['2020-01-01', '2020-01-08', '2020-01-22']],
    ['1 month', ['2020-01', '2020-02', '2020-03', '2020-05']],
    ['1 month', ['2020-11-30', '2020-12-31', '2021-01-31', '2021-02-28', '2021-04-30']],
    ['1 month', ['2020-01-15', '2020-02-15', '2020-03-15']],
    ['3 months', ['2020-03-31', '2020-06-30', '2020-09-30']],
    ['12 months', ['2019-12-31', '2020-12-31', '2021-12-31']],
    ['1 day', ['2020-01-03', '2020-01-06', '2020-01-07', '2020-01-08', '2020-01-09']],
    ['1 hour', ['1/13/2020 11:00 PM', '1/14/2020 12:00 AM', '1/14/2020 1:00 AM']],
    ['1 hour', [1577836800, 1577840400, 1577847600]],
    ['1 second', [1577836800000, 1577836801000, 1577836802000]],
    ['0.25 seconds', ['2020-01-01 00:00:00.250', '2020-01-01 00:00:00.500', '2020-01-01 00:00:01']],
    ['1 hour', ['2020-03-29T01:00+01:00', '2020-03-29T03:00+02:00', '2020-03-29T04:00+02:00']],
    ['index', [2001, 2002, 2004]],
    ['every 10 of an index', [5, 15, 25]],
  ])('%s: %j', async (step, times) => {
    const { grid, series, recognized } = await read(column(times));
    expect(formatFrequency(grid.frequency)).toBe(step);
    const [{ start, values }] = series as [(typeof series)[0]];
    const found = [...values].flatMap((v, t) => (Number.isNaN(v) ? [] : [timeOf(grid, start + t)]));
    expect(found).toEqual(times.map((t) => recognized.timeFormat!.parse(String(t))));
  });
});

it('hours that clocks skip are told', async () => {
  const hour = (t: number) => new Date(Date.UTC(2020, 2, 29, t)).toISOString().slice(0, 16).replace('T', ' ');
  const of = (zone: string) =>
    read(`time,x\n${[0, 1, 3, 4, 5].map((t) => `${hour(t)}${zone},${t}\n`).join('')}`);
  const { recognized } = await of('');
  expect(recognized.skippedHours.map(recognized.timeFormat!.format, recognized.timeFormat)).toEqual([
    '2020-03-29 02:00',
  ]);
  expect(recognized.missing).toBe(1);
  expect((await of('Z')).recognized.skippedHours).toEqual([]);
});

it('weekends of business days are not missing', async () => {
  const days = Array.from({ length: 28 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)));
  const shut = new Set([0, 6]);
  const workdays = days.filter((day) => !shut.has(day.getUTCDay()));
  const text = workdays.map((day, i) => (i === 3 ? '' : `${day.toISOString().slice(0, 10)},${i}\n`)).join('');
  const { series, grid, recognized } = await read(`date,x\n${text}`);
  expect([formatFrequency(grid.frequency), recognized.seasons, recognized.missing]).toEqual([
    '1 business day',
    [5],
    1,
  ]);
  expect(series[0]!.values).toHaveLength(20);
  expect(recognized.timeFormat!.format(timeOf(grid, 20))).toBe('2024-01-29');
});

describe('refused with one line', () => {
  const rows = (lines: string) => `series,timestamp,value\n${lines}`;
  const hours = (id: string, n: number, step: number) =>
    Array.from(
      { length: n },
      (_, i) => `${id},${new Date(Math.round(i * step * 3.6e6)).toISOString()},1\n`,
    ).join('');
  const bad: [name: string, content: string | Uint8Array, message: RegExp, options?: ReadOptions][] = [
    ['an empty file', '', /it is empty/],
    ['blank lines', '\n\n', /it is empty/],
    ['a header only', 'series,timestamp,value\n', /it holds a header and no rows/],
    ['one row', rows('a,2020-01-01,1\n'), /it holds one row/],
    ['a row per series', rows('a,2020-01-01,1\nb,2020-01-01,1\n'), /no series has two rows/],
    [
      'duplicate timestamps',
      rows('a,2020-01-01,1\nb,2020-01-01,1\nb,2020-01-02,1\nb,2020-01-01,2\n'),
      /series "b": there are two rows for 2020-01-01/,
    ],
    [
      'duplicates of a wide table',
      'date,x\n2020-01-01,1\n2020-01-01,2\n',
      /: there are two rows for 2020-01-01/,
    ],
    [
      'an hour that clocks repeat',
      rows(['01:00', '02:00', '02:00', '03:00'].map((time) => `a,2020-10-25 ${time},1\n`).join('')),
      /series "a": there are two rows for 2020-10-25 02:00, an hour that clocks repeat .*\(2020-10-25 02:00\+02:00\), or keep one/,
    ],
    [
      'a time twice, with offsets',
      rows(['01:00', '02:00', '02:00'].map((time) => `a,2020-10-25 ${time}+02:00,1\n`).join('')),
      /series "a": there are two rows for 2020-10-25 02:00\+02:00; keep one of them/,
    ],
    [
      'a bad date',
      rows('a,2020-01-31,1\na,2020-02-30,2\n'),
      /row 3: column "timestamp": "2020-02-30" is not a date of/,
    ],
    ['no date', rows('a,2020-01-31,1\na,,2\n'), /row 3: column "timestamp": is empty/],
    [
      'words for dates',
      rows('a,soon,1\na,later,2\n'),
      /row 2: "soon" is not a timestamp of a known form; give --date/,
    ],
    [
      'day or month',
      rows('a,01/02/2020,1\na,02/02/2020,2\n'),
      /day and month could be exchanged.*--date-format/,
    ],
    [
      'mixed frequencies',
      rows(hours('a', 50, 1) + hours('b', 20, 24)),
      /mixed frequencies: series "b": steps of 1 day, most others of 1 hour/,
    ],
    [
      'other mixed frequencies',
      rows(hours('a', 50, 1) + hours('b', 20, 0.7)),
      /mixed frequencies: series "b": steps of 42 minutes, most others of 1 hour/,
    ],
    [
      'a time off the grid',
      rows(`${hours('a', 30, 1)}a,1970-01-02T07:20:00.000Z,1\n`),
      /series "a": 1970-01-02T07:20:00Z is off the grid of 1 hour/,
    ],
    [
      'a first time off the grid',
      rows(`a,1969-12-31T20:20:00.000Z,1\n${hours('a', 30, 1)}`),
      /series "a": 1969-12-31T20:20:00Z is off the grid of 1 hour/,
    ],
    [
      'a series off the grid',
      rows(`${hours('a', 30, 1)}b,1970-01-02T07:20:00.000Z,1\nb,1970-01-02T08:20:00.000Z,1\n`),
      /series "b": 1970-01-02T07:20:00Z is off the grid/,
    ],
    [
      'a date far away',
      rows(`${hours('a', 30, 1)}a,2070-01-01T00:00:00.000Z,1\n`),
      /876\d+ steps of 1 hour for 31 rows, the widest gap from 1970-01-02T05:00:00Z to 2070/,
    ],
    [
      'nothing but NaN',
      rows('a,2020-01-01,1\na,2020-01-02,2\nb,2020-01-01,NaN\nb,2020-01-02,\n'),
      /series "b" holds no value; remove it, or give --drop-empty/,
    ],
    ['no value at all', 'a,b\n,NA\nNA,\n', /no series holds a value/, { header: true }],
    [
      'a word for a number',
      rows('a,2020-01-01,1\na,2020-01-02,many\n'),
      /row 3: column "value": "many" is not a number/,
    ],
    ['hexadecimal', rows('a,2020-01-01,1\na,2020-01-02,0x1F\n'), /row 3: .*"0x1F" is not a number/],
    [
      'a decimal comma',
      rows('a,2020-01-01,1\na,2020-01-02,"1,5"\n'),
      /row 3: .* write decimals with a point/,
    ],
    [
      'infinite',
      rows('a,2020-01-01,1\na,2020-01-02,-Infinity\n'),
      /row 3: column "value": "-Infinity" is infinite/,
    ],
    ['too large', rows('a,2020-01-01,1\na,2020-01-02,1e999\n'), /row 3: .*"1e999" is infinite/],
    ['a ragged row', rows('a,2020-01-01,1\na,2020-01-02\n'), /row 3: it has 2 cells/],
    ['no series', rows('a,2020-01-01,1\n,2020-01-02,2\n'), /row 3: column "series" is empty/],
    ['a series twice', 'V1,V2,V3\nH1,1,2\nH1,2,3\n', /row 3: a second series "H1"/],
    [
      'text that may name series',
      HUMID,
      /: column "humid" holds text: give --series-column "humid" if it names the series, or --layout wide to leave it out$/,
    ],
    [
      'text beside a value',
      HUMID.replace('load', 'value'),
      /: column "humid" holds text: give --series-column "humid"/,
      { layout: 'long' },
    ],
    [
      'times of an unknown form',
      'period,load\nQ1-2020,5\nQ2-2020,6\n',
      /: column "period" holds text: .*--time-column and --date-format if it holds times/,
    ],
    ['a column twice', 'date,a,a\n2020-01-01,1,2\n', /two columns are called "a"/],
    ['an unknown column', 'a,b\n1,2\n3,4\n', /no column "c"; there are: a, b/, { targets: ['c'] }],
    ['targets of a long table', rows('a,2020-01-01,1\na,2020-01-02,1\n'), /--target/, { targets: ['value'] }],
    ['no clear value', 'id,date,p,q\na,2020-01-01,1,2\n', /which column holds the values\?.*"p", "q"/],
    [
      'decimal commas',
      'day;a;b\n2020-01-01;1,5;1,5\n2020-01-02;2,5;2,5\n',
      /no column holds numbers; write decimals with a point/,
    ],
    [
      'ids that are numbers',
      'shop,date,sales\n1,2020-01-01,5\n2,2020-01-01,6\n',
      /or name .* --series-column/,
    ],
    ['too many numbers', 'a,b\n1,2\n3,4\n', /more than 5 numbers/, { maxValues: 5 }],
    ['NUL bytes', rows('a,2020-01-01,1\na,\0,1\n'), /row 3: it holds a NUL byte/],
    ['gzip cut off', gzipSync(rows(hours('a', 999, 1))).subarray(0, 300), /the gzip data are cut off/],
    [
      'a wrong format',
      rows('a,2020-01-01,1\na,2020-01-02,1\n'),
      /row 2: .*not a date of the form DD\/MM\/YYYY/,
      { dateFormat: 'DD/MM/YYYY' },
    ],
  ];
  it.each(bad)('%s', async (_, content, message, options) => {
    const failure = await read(content, options).catch((error) => error);
    expect(failure).toBeInstanceOf(InputError);
    expect(failure.message).toMatch(message);
    expect(failure.message.split(path)).toHaveLength(2);
    expect(failure.message).not.toContain('\n');
  });
  it('day and month by the format that is said', async () => {
    const text = rows('a,01/02/2020,1\na,02/02/2020,2\n');
    expect((await plain(text, { dateFormat: 'DD/MM/YYYY' })).step).toBe('1 day');
    expect((await plain(text, { dateFormat: 'MM/DD/YYYY' })).step).toBe('1 month');
  });
});
