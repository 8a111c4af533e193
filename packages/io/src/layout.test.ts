import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { InputError } from './errors.js';
import { checkedSize, elementsOf, gather, isRowMajor, littleEndianBytes, rowMajorStrides } from './layout.js';

describe('checkedSize', () => {
  it('multiplies, with 1 for a scalar and 0 for an empty axis', () => {
    expect(checkedSize([])).toBe(1);
    expect(checkedSize([2, 3, 4])).toBe(24);
    expect(checkedSize([2, 0, 4])).toBe(0);
  });

  it.each([[[-1]], [[1.5]], [[2 ** 53]], [[2 ** 30, 2 ** 30]], [[Number.NaN]]])('refuses %j', (shape) => {
    expect(() => checkedSize(shape)).toThrow(InputError);
  });
});

describe('elementsOf', () => {
  it('shares aligned memory and copies the rest', () => {
    const bytes = Uint8Array.of(0, 0, 0, 0, 1, 0, 2, 0, 3, 0);
    const aligned = elementsOf(bytes.subarray(4), 'int16');
    expect([...aligned]).toEqual([1, 2, 3]);
    expect(aligned.buffer).toBe(bytes.buffer);
    const shifted = elementsOf(bytes.subarray(3, 9), 'int16');
    expect([...shifted]).toEqual([256, 512, 768]);
    expect(shifted.buffer).not.toBe(bytes.buffer);
  });

  it('reads big-endian bytes and leaves the source as it was', () => {
    const bytes = Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);
    expect([...elementsOf(bytes, 'float32', false)]).toEqual([1, -2]);
    expect(bytes[0]).toBe(0x3f);
    expect([...elementsOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7), 'int64', false)]).toEqual([7n]);
  });

  it('refuses a bool of 2', () => {
    expect(() => elementsOf(Uint8Array.of(0, 1, 2), 'bool')).toThrow('a bool is neither 0 nor 1');
  });

  it('is undone by littleEndianBytes', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(littleEndianBytes(new NDArray(elementsOf(bytes, 'uint32'), [2], 'uint32'))).toEqual(bytes);
  });
});

describe('strides', () => {
  it('row-major strides', () => {
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(rowMajorStrides([])).toEqual([]);
  });

  it('ignores the stride of an axis of size 1', () => {
    expect(isRowMajor([2, 1, 3], [3, 99, 1])).toBe(true);
    expect(isRowMajor([2, 3], [1, 2])).toBe(false);
    expect(isRowMajor([0, 3], [7, 7])).toBe(true);
  });

  it('gathers transposes, slices with an offset, repeats and scalars', () => {
    const storage = Int32Array.from({ length: 24 }, (_, i) => i);
    expect([...gather(storage, 'int32', 0, [3, 2], [1, 3]).data]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...gather(storage, 'int32', 5, [2, 2], [12, 2]).data]).toEqual([5, 7, 17, 19]);
    expect([...gather(storage, 'int32', 4, [2, 3], [0, 1]).data]).toEqual([4, 5, 6, 4, 5, 6]);
    expect([...gather(storage, 'int32', 9, [], []).data]).toEqual([9]);
    expect(gather(storage, 'int32', 9, [2, 0], [1, 1]).shape).toEqual([2, 0]);
  });

  it('gathers three axes in any order', () => {
    const storage = Int32Array.from({ length: 24 }, (_, i) => i);
    const { data } = gather(storage, 'int32', 0, [4, 2, 3], [1, 12, 4]);
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < 2; b++)
        for (let c = 0; c < 3; c++) expect(data[a * 6 + b * 3 + c]).toBe(a + 12 * b + 4 * c);
  });
});
