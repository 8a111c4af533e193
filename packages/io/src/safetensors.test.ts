import { readdirSync, readFileSync } from 'node:fs';
import { type DType, NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { expectFlipsSurvived, expectInputError, expectTruncationsRefused, shared } from '../test/support.js';
import { InputError } from './errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** A file from its header text and data, with the header length computed. */
function file(header: string | object, data: number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

const u8 = (begin: number, end: number) => ({
  dtype: 'U8',
  shape: [end - begin],
  data_offsets: [begin, end],
});

const ALL: [string, NDArray][] = [
  ['f64', new NDArray(Float64Array.of(Math.PI, -0), [2], 'float64')],
  ['f32', new NDArray(Float32Array.of(1.5, Number.NaN, -3), [3, 1], 'float32')],
  ['f16', new NDArray(Uint16Array.of(0x3c00), [1], 'float16')],
  ['i64', new NDArray(BigInt64Array.of(-(2n ** 63n)), [], 'int64')],
  ['i32', new NDArray(Int32Array.of(-5, 6), [1, 2], 'int32')],
  ['i16', new NDArray(Int16Array.of(-32768), [1], 'int16')],
  ['i8', new NDArray(Int8Array.of(-128, 127, 0), [3], 'int8')],
  ['u32', new NDArray(Uint32Array.of(2 ** 32 - 1), [1], 'uint32')],
  ['u16', new NDArray(Uint16Array.of(65535), [1], 'uint16')],
  ['u8', new NDArray(Uint8Array.of(255), [1], 'uint8')],
  ['bool', new NDArray(Uint8Array.of(1, 0, 1), [3], 'bool')],
  ['empty', new NDArray(new Float32Array(0), [0, 7], 'float32')],
  ['__proto__', new NDArray(Float32Array.of(9), [1], 'float32')],
];

describe('round trip', () => {
  it('keeps every dtype, shape, odd name and the metadata', () => {
    const metadata = { format: 'pt', step: '12', 'é"\\': '\n' };
    const decoded = decodeSafetensors(encodeSafetensors(new Map(ALL), metadata));
    expect(decoded.metadata).toEqual(metadata);
    expect(decoded.tensors.size).toBe(ALL.length);
    for (const [name, array] of ALL) expect(decoded.tensors.get(name)).toEqual(array);
  });

  it('works from any byte offset in a larger buffer', () => {
    const encoded = encodeSafetensors(new Map(ALL));
    for (let shift = 0; shift < 8; shift++) {
      const buffer = new Uint8Array(encoded.length + 8);
      buffer.set(encoded, shift);
      const { tensors } = decodeSafetensors(buffer.subarray(shift, shift + encoded.length));
      for (const [name, array] of ALL) expect(tensors.get(name)).toEqual(array);
    }
  });

  it('of nothing', () => {
    expect(decodeSafetensors(encodeSafetensors(new Map()))).toEqual({ tensors: new Map(), metadata: {} });
  });
});

describe('layout', () => {
  it('is the documented one, byte for byte', () => {
    const encoded = encodeSafetensors(new Map([['a', new NDArray(Uint8Array.of(7), [1], 'uint8')]]), {
      k: 'v',
    });
    const json = '{"__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
    expect(encoded).toEqual(file(padded, [7]));
  });

  it('aligns every tensor to its element', () => {
    const encoded = encodeSafetensors(new Map([...ALL].reverse()));
    for (const array of decodeSafetensors(encoded).tensors.values()) {
      expect(array.data.buffer).toBe(encoded.buffer);
    }
  });

  it('widens BF16', () => {
    const header = { x: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } };
    const { tensors } = decodeSafetensors(file(header, [0x80, 0x3f, 0xa0, 0xc0]));
    expect(tensors.get('x')).toEqual(new NDArray(Float32Array.of(1, -5), [2], 'float32'));
  });

  it('refuses to write the reserved name', () => {
    expect(() => encodeSafetensors(new Map([['__metadata__', ALL[0]![1]]]))).toThrow(InputError);
  });
});

describe('refusals', () => {
  const tensor = (entry: object) => file({ a: { ...u8(0, 1), ...entry } }, [1]);
  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), '0 bytes are too few for a safetensors file'],
    ['a huge header', file('{}').fill(255, 0, 8), 'not a safetensors file: its header would exceed 100 MB'],
    [
      'a cut header',
      file('{}').subarray(0, 9),
      'the header needs 10 bytes but the file has 9; it is cut off',
    ],
    ['an empty header', file(''), 'not a safetensors file: the header is not JSON'],
    ['a header that is a list', file('[]'), 'not a safetensors file: the header is not JSON'],
    ['a header that starts with a space', file(' {}'), 'not a safetensors file: the header is not JSON'],
    [
      'a header that is not UTF-8',
      file('{}').fill(0xff, 9, 10),
      'not a safetensors file: the header is not JSON',
    ],
    [
      'a deeply nested header',
      file(`{"a":${'['.repeat(1e5)}`),
      'not a safetensors file: the header is not JSON',
    ],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), '__metadata__ is not a set of strings'],
    ['metadata that is null', file({ __metadata__: null }), '__metadata__ is not a set of strings'],
    [
      'a tensor that is a list',
      file({ a: [] }),
      'tensor "a": its header is not {dtype, shape, data_offsets}',
    ],
    ['an extra field', tensor({ x: 1 }), 'tensor "a": its header is not {dtype, shape, data_offsets}'],
    ['an inherited dtype name', tensor({ dtype: 'toString' }), 'tensor "a": dtype "toString" is not one of'],
    ['U64', tensor({ dtype: 'U64' }), 'tensor "a": dtype "U64" is not one of'],
    ['a negative size', tensor({ shape: [-1] }), 'tensor "a": shape [-1] is not a list of sizes'],
    ['a fractional size', tensor({ shape: [0.5] }), 'tensor "a": shape [0.5] is not a list of sizes'],
    ['a size beyond exact numbers', tensor({ shape: [2 ** 60] }), 'is not a list of sizes'],
    ['an overflowing shape', tensor({ shape: [2 ** 40, 2 ** 40] }), 'is too large'],
    ['one offset', tensor({ data_offsets: [0] }), 'tensor "a": data_offsets [0] is not [begin, end]'],
    [
      'offsets backwards',
      tensor({ data_offsets: [1, 0] }),
      'tensor "a": U8 of shape [1] takes 1 bytes, not -1',
    ],
    ['a shape that disagrees', tensor({ shape: [2] }), 'tensor "a": U8 of shape [2] takes 2 bytes, not 1'],
    [
      'an end outside',
      file({ a: u8(0, 2) }, [1]),
      'tensor "a" ends after the file does; the file is cut off',
    ],
    ['overlap', file({ a: u8(0, 2), b: u8(1, 3) }, [1, 2, 3]), 'tensor "b" overlaps another'],
    ['a gap', file({ a: u8(0, 1), b: u8(2, 3) }, [1, 2, 3]), 'there are 1 bytes of no tensor before "b"'],
    ['trailing bytes', file({ a: u8(0, 1) }, [1, 2]), '1 bytes follow the last tensor'],
    [
      'a bool of 2',
      file({ a: { ...u8(0, 1), dtype: 'BOOL' } }, [2]),
      'tensor "a": a bool is neither 0 nor 1',
    ],
  ])('%s', (_, bytes, message) => {
    expect(expectInputError(() => decodeSafetensors(bytes))).toContain(message);
  });

  it('keys given twice, at any level and however they are escaped', () => {
    const entry = JSON.stringify(u8(0, 1));
    const gap = ' '.repeat(100);
    expect(expectInputError(() => decodeSafetensors(file(`{"a":${entry},"a":${entry}}`, [1])))).toBe(
      'the header holds "a" twice',
    );
    expect(
      expectInputError(() => decodeSafetensors(file(`{"a":${entry},"\\u0061"${gap}:${entry}}`, [1]))),
    ).toBe('the header holds "a" twice');
    const inner = '{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    expect(expectInputError(() => decodeSafetensors(file(inner, [1])))).toBe(
      'the header holds "dtype" twice',
    );
  });

  it('but not equal strings that are values', () => {
    const { metadata } = decodeSafetensors(file('{"__metadata__":{"a":"b","b":"b,\\"b\\":","c":"a"}}'));
    expect(metadata).toEqual({ a: 'b', b: 'b,"b":', c: 'a' });
  });

  it('quotes a long name in short', () => {
    const message = expectInputError(() => decodeSafetensors(file({ [`x${'y'.repeat(1e6)}`]: 1 })));
    expect(message.length).toBeLessThan(200);
  });
});

describe('damaged files', () => {
  const bytes = encodeSafetensors(new Map(ALL), { note: 'damage me' });

  it('refuses every truncation', () => {
    expectTruncationsRefused(bytes, decodeSafetensors);
  });

  it('survives random bytes', () => {
    const refused = expectFlipsSurvived(bytes, decodeSafetensors);
    expect(refused.length).toBeGreaterThan(1000);
  });
});

describe('real files', () => {
  const goldens = shared('goldens');
  it.skipIf(!goldens)('reads every golden and writes the same content back', () => {
    const paths = readdirSync(goldens!, { recursive: true, encoding: 'utf8' }).filter((p) =>
      p.endsWith('.safetensors'),
    );
    expect(paths.length).toBeGreaterThan(100);
    const seen = new Set<DType>();
    for (const path of paths) {
      const first = decodeSafetensors(readFileSync(`${goldens}/${path}`));
      const second = decodeSafetensors(encodeSafetensors(first.tensors, first.metadata));
      expect(second.metadata).toEqual(first.metadata);
      expect([...second.tensors.keys()].sort()).toEqual([...first.tensors.keys()].sort());
      for (const [name, array] of first.tensors) {
        seen.add(array.dtype);
        const other = second.tensors.get(name)!;
        expect(other.shape).toEqual(array.shape);
        expect(Buffer.compare(bytesOf(other), bytesOf(array))).toBe(0);
      }
    }
    expect(seen.has('float32')).toBe(true);
  });
});

const bytesOf = ({ data }: NDArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
