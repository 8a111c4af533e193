import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, halfToFloat32, widen } from './half.js';

describe('half precision', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('%i is %d', (bits, value) => {
    expect(halfToFloat32(Uint16Array.of(bits))[0]).toBe(value);
  });
});

describe('bfloat16', () => {
  it.each([
    [0x3f80, 1],
    [0xc0a0, -5],
    [0x0001, 2 ** -133],
    [0x7f80, Number.POSITIVE_INFINITY],
    [0x7fc0, Number.NaN],
  ])('%i is %d', (bits, value) => {
    expect(bfloat16ToFloat32(Uint16Array.of(bits))[0]).toBe(value);
  });
});

describe('widen', () => {
  it('keeps the shape', () => {
    const wide = widen(new NDArray(Uint16Array.of(0x3c00, 0xbc00), [2, 1], 'float16'));
    expect(wide).toEqual(new NDArray(Float32Array.of(1, -1), [2, 1], 'float32'));
  });

  it('returns float32 as it is and refuses integers', () => {
    const single = new NDArray(Float32Array.of(1), [], 'float32');
    expect(widen(single)).toBe(single);
    expect(() => widen(new NDArray(Int32Array.of(1), [], 'int32'))).toThrow(TypeError);
  });
});
