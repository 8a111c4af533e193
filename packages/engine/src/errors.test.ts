import { describe, expect, it } from 'vitest';
import { callSite } from './errors.js';
import { matmul } from './ops/linalg.js';
import { full } from './ops/shape.js';
import { scope } from './scope.js';

const here = (path: string) => new URL(path, import.meta.url).href;

/** An error whose innermost frames are given first. */
function thrownAt(...frames: string[]): Error {
  const error = new Error();
  error.stack = ['Error', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

describe("the user's line", () => {
  it('is the first outside the engine and the layers', () => {
    const error = thrownAt(
      `matmul (${here('ops/linalg.ts')}:40:10)`,
      `Linear.forward (${here('../../nn/dist/linear.js')}:21:19)`,
      'Array.map (<anonymous>)',
      `Sequential.forward (${here('../../nn/src/module.ts')}:3:4)`,
      'Generator.forward (file:///home/me/model.ts:12:3)',
      'file:///home/me/train.ts:1:1',
    );
    expect(callSite(error)).toBe('/home/me/model.ts:12:3');
  });
  it('is not known where all frames are ours', () => {
    expect(callSite(thrownAt(`add (${here('ops/elementwise.ts')}:1:1)`))).toBeUndefined();
  });
});

it('the scope is named', () => {
  const wrong = () => matmul(full([2, 3], 1), full([4, 5], 1));
  expect(() => scope('generator', () => scope('stage1', wrong))).toThrow(
    /^matmul \(in generator\/stage1\): shapes \[2, 3\] and \[4, 5\] do not align: 3 ≠ 4 \(at /,
  );
  expect(wrong).toThrow(/^matmul: shapes/);
});
