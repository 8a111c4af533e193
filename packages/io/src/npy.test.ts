import { readFileSync } from 'node:fs';
import { type DType, NDArray } from '@sextant/engine';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { expectFlipsSurvived, expectInputError, expectTruncationsRefused, shared } from '../test/support.js';
import { concat } from './layout.js';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from './npy.js';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** A .npy file as NumPy lays it out, from its header and data. */
function npy(header: string, data: number[] = [], version = 1): Uint8Array {
  const length = header.length + 1;
  const size =
    version === 1 ? [length & 255, length >> 8] : [length & 255, (length >> 8) & 255, length >> 16, 0];
  return concat([
    latin1(`\x93NUMPY${String.fromCharCode(version)}\0`),
    Uint8Array.from(size),
    latin1(`${header}\n`),
    Uint8Array.from(data),
  ]);
}
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const ALL: NDArray[] = [
  new NDArray(Float64Array.of(Math.PI, -0, Number.NaN), [3], 'float64'),
  new NDArray(Float32Array.of(1.5, -3), [2, 1], 'float32'),
  new NDArray(Uint16Array.of(0x3c00), [], 'float16'),
  new NDArray(BigInt64Array.of(-(2n ** 63n), 1n), [1, 2], 'int64'),
  new NDArray(Int32Array.of(-5), [1], 'int32'),
  new NDArray(Int16Array.of(-32768), [1, 1, 1], 'int16'),
  new NDArray(Int8Array.of(-128, 127), [2], 'int8'),
  new NDArray(Uint32Array.of(2 ** 32 - 1), [1], 'uint32'),
  new NDArray(Uint16Array.of(65535), [1], 'uint16'),
  new NDArray(Uint8Array.of(255), [1], 'uint8'),
  new NDArray(Uint8Array.of(1, 0), [2], 'bool'),
  new NDArray(new Float32Array(0), [3, 0], 'float32'),
];

describe('npy', () => {
  it('keeps every dtype and shape', () => {
    for (const array of ALL) expect(decodeNpy(encodeNpy(array))).toEqual(array);
  });

  it('writes what NumPy writes, byte for byte', () => {
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    const expected = npy(dict.padEnd(117), [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]);
    expect(expected.length).toBe(128 + 12);
    expect(encodeNpy(new NDArray(Float32Array.of(1, 2, 3), [3], 'float32'))).toEqual(expected);
  });

  it('writes a shape of many axes, with the data at a multiple of 64', () => {
    const shape = Array.from({ length: 40 }, () => 1);
    const encoded = encodeNpy(new NDArray(Uint8Array.of(9), shape, 'uint8'));
    expect(encoded.length % 64).toBe(1);
    expect(decodeNpy(encoded).shape).toEqual(shape);
  });

  it.each([1, 2, 3])('reads version %i', (version) => {
    expect(decodeNpy(npy(header('|u1', '(2,)'), [4, 5], version))).toEqual(
      new NDArray(Uint8Array.of(4, 5), [2], 'uint8'),
    );
  });

  it('reads big-endian data', () => {
    expect(decodeNpy(npy(header('>i2', '(2,)'), [1, 2, 255, 254]))).toEqual(
      new NDArray(Int16Array.of(258, -2), [2], 'int16'),
    );
  });

  it('turns Fortran order into row-major order', () => {
    // Column by column, the array [[0, 1, 2], [3, 4, 5]] is 0 3 1 4 2 5.
    expect(decodeNpy(npy(header('|i1', '(2, 3)', 'True'), [0, 3, 1, 4, 2, 5]))).toEqual(
      new NDArray(Int8Array.of(0, 1, 2, 3, 4, 5), [2, 3], 'int8'),
    );
  });

  it("reads Python 2's long sizes and no trailing comma", () => {
    const old = "{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L)}";
    expect(decodeNpy(npy(old, [1, 2])).shape).toEqual([1, 2]);
  });
});

describe('npy refusals', () => {
  const cases: [string, Uint8Array, string][] = [
    ['no bytes', new Uint8Array(0), 'the .npy header is cut off'],
    ['another format', latin1('PK\x03\x04 and so on'), 'not a .npy file'],
    ['version 4', npy(header('|u1', '(1,)'), [1], 4), '.npy version 4 is not supported'],
    [
      'a header longer than the file',
      npy(header('|u1', '(1,)'), [1]).fill(255, 8, 9),
      'the .npy header is cut off',
    ],
    [
      'a huge header',
      npy(header('|u1', '(1,)'), [1], 2).fill(255, 8, 12),
      'a .npy header of 4294967295 bytes is not credible',
    ],
    [
      'objects',
      npy(header('|O', '(1,)'), [1]),
      'arrays of Python objects are refused, because reading them could run code',
    ],
    ['text', npy(header('<U3', '(1,)'), [1]), 'NumPy type "<U3" is not supported'],
    ['complex numbers', npy(header('<c8', '(1,)'), [1]), 'NumPy type "<c8" is not supported'],
    ['uint64', npy(header('<u8', '(1,)'), [1]), 'NumPy type "<u8" is not supported'],
    ['an inherited name', npy(header('<toString', '(1,)'), [1]), 'NumPy type "<toString" is not supported'],
    [
      'records',
      npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", []),
      'records are not supported',
    ],
    ['a call for a shape', npy(header('|u1', '(exit(),)'), [1]), 'the .npy header is not understood'],
    ['a negative size', npy(header('|u1', '(-1,)'), [1]), 'the .npy header is not understood'],
    ['sizes run together', npy(header('|u1', '(1 2,)'), [1]), 'shape (1 2,) is not valid'],
    ['an empty size', npy(header('|u1', '(1,,2)'), [1]), 'shape (1,,2) is not valid'],
    ['a giant shape', npy(header('<f8', '(1000000000000, 1000000000000)'), [1]), 'is too large'],
    ['a giant size', npy(header('<f8', `(${'9'.repeat(400)},)`), [1]), 'is not a list of sizes'],
    [
      'more shape than data',
      npy(header('<f4', '(1000000000,)'), [1]),
      '4000000000 bytes of data expected, 1 found; it is cut off',
    ],
    ['more data than shape', npy(header('|u1', '(1,)'), [1, 2, 3]), '2 bytes follow the array'],
    ['a bool of 7', npy(header('|b1', '(1,)'), [7]), 'a bool is neither 0 nor 1'],
  ];
  it.each(cases)('%s', (_, bytes, message) => {
    expect(expectInputError(() => decodeNpy(bytes))).toContain(message);
  });

  it('a header made to be slow to match', () => {
    const slow = npy(`{'descr': ${", 'fortran_order': True, 'shape': (1".repeat(1700)}`, []);
    expectInputError(() => decodeNpy(slow));
  });

  it('every truncation; random damage', () => {
    const bytes = encodeNpy(ALL[0]!);
    expectTruncationsRefused(bytes, decodeNpy);
    expect(expectFlipsSurvived(bytes, decodeNpy).length).toBeGreaterThan(500);
  });
});

describe('npz', () => {
  const arrays = new Map(ALL.map((array, i) => [`array/${i}`, array] as const));

  it('keeps every array', () => {
    expect(decodeNpz(encodeNpz(arrays))).toEqual(arrays);
  });

  it('reads compressed archives', () => {
    const zip = zipSync(
      Object.fromEntries([...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)])),
    );
    expect(decodeNpz(zip)).toEqual(arrays);
  });

  it('names the member that is wrong', () => {
    const wrong = (name: string, content: Uint8Array) => () => decodeNpz(zipSync({ [name]: content }));
    expect(expectInputError(wrong('a.txt', latin1('x')))).toBe('member "a.txt": it is not a .npy file');
    expect(expectInputError(wrong('a.npy', npy(header('|O', '(1,)'))))).toBe(
      'member "a.npy": arrays of Python objects are refused, because reading them could run code',
    );
  });

  it('refuses a bomb', () => {
    const bomb = zipSync({ 'a.npy': new Uint8Array(2e6) });
    expect(expectInputError(() => decodeNpz(bomb, { maxInflatedBytes: 1e6 }))).toBe(
      'its compressed members unpack to 2000000 bytes, more than the limit of 1000000; store them uncompressed',
    );
  });

  it('every truncation; random damage', () => {
    const bytes = encodeNpz(arrays);
    expectTruncationsRefused(bytes, decodeNpz, 500);
    expect(expectFlipsSurvived(bytes, decodeNpz, 1000).length).toBeGreaterThan(600);
  });
});

describe('real files', () => {
  const features = shared('data/activitynet/women_long_jump_rgb.npy');
  it.skipIf(!features)('reads features that NumPy wrote', () => {
    const array = decodeNpy(readFileSync(features!));
    expect(array.dtype).toBe('float32');
    expect(array.shape).toEqual([14, 1024]);
    // The sum that NumPy gives in float64.
    expect((array.data as Float32Array).reduce((sum, x) => sum + x, 0)).toBeCloseTo(2480.5444155892556, 9);
  });

  const parameters = shared('goldens/caption/vggish_pca_params.npz');
  it.skipIf(!parameters)('reads an archive that NumPy wrote', () => {
    const arrays = decodeNpz(readFileSync(parameters!));
    const types: [string, DType, readonly number[]][] = [...arrays].map(([n, a]) => [n, a.dtype, a.shape]);
    expect(types.sort()).toEqual([
      ['pca_eigen_vectors', 'float64', [128, 128]],
      ['pca_means', 'float64', [128]],
    ]);
    expect(arrays.get('pca_means')!.data.at(-1)).toBe(-0.02600395306944847);
  });
});
