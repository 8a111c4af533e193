import { InputError } from '@sextant/io';
import { describe, expect, it } from 'vitest';
import { recognizeTimeFormat, timeFormat } from './time-format.js';

const at = (iso: string) => Date.parse(`${iso}Z`) / 1000;

describe('recognised timestamps', () => {
  it.each([
    ['2016-07-01 00:00:00', 'YYYY-MM-DD HH:mm:ss', at('2016-07-01T00:00')],
    ['2016-07-01 13:05', 'YYYY-MM-DD HH:mm', at('2016-07-01T13:05')],
    ['2016-07-01T13:05:09', 'YYYY-MM-DDTHH:mm:ss', at('2016-07-01T13:05:09')],
    ['2016-07-01T13:05:09.250', 'YYYY-MM-DDTHH:mm:ss', at('2016-07-01T13:05:09.250')],
    ['2016-07-01T13:05:09Z', 'YYYY-MM-DDTHH:mm:ssZ', at('2016-07-01T13:05:09')],
    ['2016-07-01T13:05+02:00', 'YYYY-MM-DDTHH:mm+02:00', at('2016-07-01T11:05')],
    ['2016-07-01 13:05:00-0330', 'YYYY-MM-DD HH:mm:ss-0330', at('2016-07-01T16:35')],
    ['2016-07-01', 'YYYY-MM-DD', at('2016-07-01T00:00')],
    ['2016/07/01', 'YYYY/MM/DD', at('2016-07-01T00:00')],
    ['2016/7/1 0:00', 'YYYY/M/D H:mm', at('2016-07-01T00:00')],
    ['2016-07', 'YYYY-MM', at('2016-07-01T00:00')],
    ['20160701', 'YYYYMMDD', at('2016-07-01T00:00')],
    ['31.12.2019', 'DD.MM.YYYY', at('2019-12-31T00:00')],
    ['31/12/2019 23:59', 'DD/MM/YYYY HH:mm', at('2019-12-31T23:59')],
    ['12/31/2019', 'MM/DD/YYYY', at('2019-12-31T00:00')],
    ['1969-12-31 23:59:59', 'YYYY-MM-DD HH:mm:ss', -1],
    ['12/31/2019 01:05 PM', 'MM/DD/YYYY hh:mm A', at('2019-12-31T13:05')],
    ['12/31/2019 1:05:09AM', 'MM/DD/YYYY h:mm:ssA', at('2019-12-31T01:05:09')],
    ['2016-07-01 12:00 am', 'YYYY-MM-DD hh:mm a', at('2016-07-01T00:00')],
    ['2016-07-01 12:30 pm', 'YYYY-MM-DD hh:mm a', at('2016-07-01T12:30')],
    ['2016-07-01 11:30 PM-05:00', 'YYYY-MM-DD hh:mm A-05:00', at('2016-07-02T04:30')],
    ['1577836800', 'X', 1577836800],
    ['1577836800250', 'x', 1577836800.25],
    ['17', 'index', 17],
    ['0', 'index', 0],
  ])('%s', (text, pattern, time) => {
    const format = recognizeTimeFormat([text])!;
    expect(format.pattern).toBe(pattern);
    expect(format.parse(text)).toBe(time);
    expect(format.parse(` ${text} `)).toBe(time);
    expect(format.format(time)).toBe(text);
  });
  it('day and month are told apart by any of the dates, and otherwise not guessed', () => {
    expect(recognizeTimeFormat(['01/02/2020', '13/02/2020'])!.pattern).toBe('DD/MM/YYYY');
    expect(recognizeTimeFormat(['01/02/2020', '01/13/2020'])!.pattern).toBe('MM/DD/YYYY');
    expect(() => recognizeTimeFormat(['01/02/2020', '03/04/2020'])).toThrow(
      /day and month could be exchanged: say which it is, for example --date-format "DD\/MM\/YYYY"/,
    );
    expect(() => recognizeTimeFormat(['1/2/2020 9:00 AM'])).toThrow(/--date-format "DD\/MM\/YYYY h:mm A"/);
  });
  it('other text and decimal numbers are none', () => {
    for (const text of ['yesterday', '1.5', '2020.01', '12:30', 'H1', '']) {
      expect(recognizeTimeFormat([text])).toBeUndefined();
    }
  });
});

describe('a pattern', () => {
  it.each([
    '2020-02-30',
    '2019-02-29',
    '2020-13-01',
    '2020-00-10',
    '2020-01-00',
    '20-01-01',
    '2020-01-01 00:00',
    '2020-01-01Z',
    '2020/01/01',
    '2020-01-',
    '',
    'x',
  ])('YYYY-MM-DD does not fit %j', (text) => {
    expect(timeFormat('YYYY-MM-DD').parse(text)).toBeNaN();
  });
  it.each([
    '2020-01-01 13:00 PM',
    '2020-01-01 00:30 AM',
    '2020-01-01 10:30',
    '2020-01-01 10:30 XM',
    '2020-01-01 10:30 A',
  ])('YYYY-MM-DD hh:mm A does not fit %j', (text) => {
    expect(timeFormat('YYYY-MM-DD hh:mm A').parse(text)).toBeNaN();
  });
  it('has letters of its own between fields', () => {
    expect(timeFormat('DD/MM/YYYY HHhmm').parse('31/12/2019 14h30')).toBe(at('2019-12-31T14:30'));
    expect(timeFormat('DD/MM/YYYY at h:mm a').parse('31/12/2019 at 2:30 PM')).toBe(at('2019-12-31T14:30'));
  });
  it('wants a zone exactly where it has one', () => {
    expect(timeFormat('YYYY-MM-DD HH:mmZ').parse('2020-01-01 00:00')).toBeNaN();
    expect(timeFormat('YYYY-MM-DD HH:mm').parse('2020-01-01 00:00Z')).toBeNaN();
  });
  it('days of four centuries and back', () => {
    const format = timeFormat('D.M.YYYY H:mm:ss');
    for (let time = at('1900-01-01T00:00'); time < at('2300-01-01T00:00'); time += 86_400 * 19.37) {
      const whole = Math.floor(time);
      expect(format.parse(format.format(whole))).toBe(whole);
      expect(new Date(whole * 1000).toISOString()).toBe(
        timeFormat('YYYY-MM-DDTHH:mm:ss').format(whole).concat('.000Z'),
      );
    }
  });
  it('that names no date is refused', () => {
    for (const pattern of ['', 'HH:mm', 'DD/MM/YY', 'YYYY-MM-DD YYYY']) {
      expect(() => timeFormat(pattern)).toThrow(InputError);
    }
  });
});
