import { TensorError } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { fileError, fromFile, InputError, quote, within } from './errors.js';

describe('within', () => {
  it('returns what the function returns', () => {
    expect(within('a.wav', () => 5)).toBe(5);
  });

  it('puts the place before the message and keeps the cause', () => {
    const inner = new InputError('header is cut off');
    const run = () =>
      within('a.wav', () => {
        throw inner;
      });
    expect(run).toThrow(new InputError('a.wav: header is cut off', { cause: inner }));
    expect(run).toThrow(InputError);
  });

  it('leaves programming errors alone', () => {
    const bug = new TypeError('x is not a function');
    const run = () =>
      within('a.wav', () => {
        throw bug;
      });
    expect(run).toThrow(bug);
  });
});

describe('fromFile', () => {
  const failing = (error: Error) => () =>
    fromFile('these are no weights', () => {
      throw error;
    });

  it("makes the file's fault of what arrays do not fit", () => {
    const error = new TensorError('loadStateDict', 'there is no a.weight');
    expect(failing(error)).toThrow(new InputError('these are no weights: there is no a.weight'));
    expect(failing(error)).toThrow(InputError);
  });

  it('leaves programming errors alone', () => {
    expect(failing(new TypeError('x'))).toThrow(new TypeError('x'));
    expect(fromFile('these are no weights', () => 5)).toBe(5);
  });
});

describe('quote', () => {
  it('is one line of at most 80 characters', () => {
    expect(quote('a\nb')).toBe('"a\\nb"');
    expect(quote(undefined)).toBe('undefined');
    expect(quote('x'.repeat(1000))).toBe(`"${'x'.repeat(76)}...`);
  });
});

describe('fileError', () => {
  const errno = (code: string) => Object.assign(new Error(`${code}: raw text`), { code });

  it.each([
    ['ENOENT', 'cannot read m.pt: no such file or folder; check the path'],
    ['EISDIR', 'cannot read m.pt: it is a folder; give the path of a file'],
    ['EACCES', 'cannot read m.pt: permission denied; change its permissions or choose another path'],
    ['ENOSPC', 'cannot read m.pt: the disk is full; free some space and run again'],
    ['EOTHER', 'cannot read m.pt: EOTHER: raw text'],
  ])('%s', (code, line) => {
    const error = fileError('read', 'm.pt', errno(code));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(line);
  });

  it('leaves errors without a code alone', () => {
    const bug = new RangeError('nope');
    expect(fileError('read', 'm.pt', bug)).toBe(bug);
  });
});
