import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { expectInputError } from '../test/support.js';
import { decodePyTorch, stateDict } from './pytorch.js';
import { encodePyTorch, type StateTree } from './pytorch-write.js';
import { decodeZip } from './zip.js';

const ALL: [string, NDArray][] = [
  ['f64', new NDArray(Float64Array.of(Math.PI, -0), [2], 'float64')],
  ['f32', new NDArray(Float32Array.of(1.5, Number.NaN, -3), [3, 1], 'float32')],
  ['f16', new NDArray(Uint16Array.of(0x3c00), [1], 'float16')],
  ['i64', new NDArray(BigInt64Array.of(-(2n ** 63n)), [], 'int64')],
  ['i32', new NDArray(Int32Array.of(-5, 6), [1, 2], 'int32')],
  ['i16', new NDArray(Int16Array.of(-32768), [1], 'int16')],
  ['i8', new NDArray(Int8Array.of(-128, 127, 0), [3], 'int8')],
  ['u8', new NDArray(Uint8Array.of(255), [1], 'uint8')],
  ['bool', new NDArray(Uint8Array.of(1, 0, 1), [3], 'bool')],
  ['empty', new NDArray(new Float32Array(0), [0, 7], 'float32')],
  ['name é\n', new NDArray(Float32Array.of(9), [1], 'float32')],
];

describe('encodePyTorch', () => {
  it('keeps every dtype, shape and name', () => {
    expect(decodePyTorch(encodePyTorch(new Map(ALL)))).toEqual(new Map(ALL));
  });

  it('keeps nested dictionaries, empty ones too', () => {
    const state: StateTree = new Map<string, NDArray | StateTree>([
      ['netG', new Map(ALL.slice(0, 2))],
      ['netD', new Map()],
      ['step', ALL[3]![1]],
    ]);
    expect(decodePyTorch(encodePyTorch(state))).toEqual(state);
    expect([...stateDict(decodePyTorch(encodePyTorch(state))).keys()]).toEqual([
      'netG.f64',
      'netG.f32',
      'step',
    ]);
  });

  it('writes arrays over the same memory once, and other views of that memory on their own', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const state = new Map([
      ['a', new NDArray(data, [2, 2], 'float32')],
      ['b', new NDArray(data, [4], 'float32')],
      ['tail', new NDArray(data.subarray(2), [2], 'float32')],
    ]);
    const bytes = encodePyTorch(state);
    expect([...decodeZip(bytes).keys()].filter((name) => name.includes('/data/'))).toEqual([
      'archive/data/0',
      'archive/data/1',
    ]);
    const read = decodePyTorch(bytes) as Map<string, NDArray>;
    expect(read).toEqual(state);
    expect(read.get('a')!.data.byteOffset).toBe(read.get('b')!.data.byteOffset);
  });

  it('writes the pickle that PyTorch reads, byte for byte', () => {
    const members = decodeZip(
      encodePyTorch(new Map([['w', new NDArray(Float32Array.of(1), [1], 'float32')]])),
    );
    expect([...members.keys()]).toEqual([
      'archive/data.pkl',
      'archive/byteorder',
      'archive/data/0',
      'archive/version',
    ]);
    expect(Buffer.from(members.get('archive/data.pkl')!).toString('latin1')).toBe(
      '\x80\x02ccollections\nOrderedDict\n)R(X\x01\0\0\0w' +
        'ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu' +
        'J\x01\0\0\0tQJ\0\0\0\0(J\x01\0\0\0t(J\x01\0\0\0t\x89ccollections\nOrderedDict\n)RtRu.',
    );
  });

  it('refuses what PyTorch has no storage for', () => {
    const state = new Map([['net', new Map([['x', new NDArray(Uint32Array.of(1), [1], 'uint32')]])]]);
    expect(expectInputError(() => encodePyTorch(state))).toBe(
      'tensor "net.x": PyTorch has no uint32 storage; convert it to int64',
    );
  });
});
