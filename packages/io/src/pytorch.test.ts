import { readdirSync, readFileSync } from 'node:fs';
import { NDArray } from '@sextant/engine';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { bytesOf, checkpoint, HOSTILE, integer, storage, tensor, text, tuple } from '../test/pickles.js';
import { expectFlipsSurvived, expectInputError, expectTruncationsRefused, shared } from '../test/support.js';
import { decodePyTorch, type PyTorchValue, stateDict } from './pytorch.js';
import { PickledObject } from './pytorch-globals.js';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../test/fixtures/${name}`, import.meta.url)));
const inertClasses = ['settings.Config', 'settings.Flags'];
const float32 = (shape: number[], ...values: number[]) =>
  new NDArray(Float32Array.from(values), shape, 'float32');
const counting = (n: number) => Array.from({ length: n }, (_, i) => i);

const NESTED: PyTorchValue = new Map([[3, new Map([['x', []]])]]);

/** What test/fixtures/make.py saves. */
const SAVED = new Map<string, PyTorchValue>([
  ['float32', float32([3], 0, 1, 2)],
  ['float64', new NDArray(Float64Array.of(Math.PI), [1], 'float64')],
  ['float16', new NDArray(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff), [4], 'float16')],
  ['bfloat16', float32([2], 1, -5)],
  ['int64', new NDArray(BigInt64Array.of(-(2n ** 63n), 2n ** 62n), [2], 'int64')],
  ['int32', new NDArray(Int32Array.of(-5), [1], 'int32')],
  ['int16', new NDArray(Int16Array.of(-32768), [1], 'int16')],
  ['int8', new NDArray(Int8Array.of(-128, 127), [2], 'int8')],
  ['uint8', new NDArray(Uint8Array.of(255), [1], 'uint8')],
  ['bool', new NDArray(Uint8Array.of(1, 0), [2], 'bool')],
  ['scalar', float32([], 2.5)],
  ['empty', float32([0, 3])],
  [
    'shared',
    new Map<string, PyTorchValue>([
      ['whole', float32([4, 6], ...counting(24))],
      ['row', float32([6], 12, 13, 14, 15, 16, 17)],
      ['column', float32([4], 1, 7, 13, 19)],
      ['transposed', float32([6, 4], ...counting(6).flatMap((c) => counting(4).map((r) => 6 * r + c)))],
      ['every_other', float32([2, 3], 1, 3, 5, 13, 15, 17)],
      ['expanded', float32([2, 3], 1, 1, 1, 1, 1, 1)],
      ['again', float32([4, 6], ...counting(24))],
      ['half_tail', new NDArray(Uint16Array.of(0x3555, 0x7bff), [2], 'float16')],
    ]),
  ],
  [
    'model',
    new Map<string, PyTorchValue>([
      ['0.weight', float32([3, 2], 0, 1, 2, 3, 4, 5)],
      ['0.bias', float32([3], 1, 2, 3)],
      ['1.weight', float32([3], 2, 3, 4)],
      ['1.bias', float32([3], 3, 4, 5)],
      ['1.running_mean', float32([3], 0, 0, 0)],
      ['1.running_var', float32([3], 1, 1, 1)],
      ['1.num_batches_tracked', new NDArray(BigInt64Array.of(0n), [], 'int64')],
    ]),
  ],
  [
    'ordered',
    new Map([
      ['b', 1],
      ['a', 2],
    ]),
  ],
  ['parameter', float32([1], 7)],
  [
    'plain',
    [
      null,
      true,
      false,
      -1,
      255,
      65535,
      2 ** 31 - 1,
      2 ** 40,
      2n ** 70n,
      -(2n ** 70n),
      0.5,
      'text é',
      [],
      [1],
      NESTED,
    ],
  ],
  ['long_tuple', [1, 2, 3, 4, 5]],
  ['size', [2, 3]],
  ['bytes', Uint8Array.of(0, 255, 122)],
  ['numpy', [0.25, -1.5, 2 ** 40, true]],
  [
    'counter',
    new Map([
      [30, 1],
      [80, 2],
    ]),
  ],
  ['device', 'cpu'],
  ['dtype', 'torch.float16'],
  [
    'config',
    new PickledObject<PyTorchValue>(
      'settings.Config',
      [],
      new Map(),
      new Map<string, PyTorchValue>([
        ['d_model', 128],
        ['name', 'né'],
      ]),
    ),
  ],
  ['flags', new PickledObject<PyTorchValue>('settings.Flags', [], new Map([['verbose', 1]]))],
]);

describe('files that PyTorch wrote', () => {
  it.each([
    'torch-1.13.pt',
    'torch-1.13-legacy.pt',
    'torch-2.15.pt',
    'torch-2.15-legacy.pt',
    'torch-2.15-protocol4.pt',
  ])('%s', (name) => {
    const value = decodePyTorch(fixture(name), { inertClasses }) as Map<string, PyTorchValue>;
    expect([...value.keys()]).toEqual([...SAVED.keys()]);
    for (const [key, expected] of SAVED) expect(value.get(key), key).toEqual(expected);
  });

  it('with a dtype that has no storage class of its own', () => {
    expect(decodePyTorch(fixture('torch-2.15-uint16.pt'))).toEqual(
      new Map([['uint16', new NDArray(Uint16Array.of(65535), [1], 'uint16')]]),
    );
  });

  it('and nothing of classes that are not listed', () => {
    expect(expectInputError(() => decodePyTorch(fixture('torch-1.13.pt')))).toBe(
      'it refers to "settings.Config", which is neither a tensor nor a plain value; refused, and nothing was run. ' +
        "Save the model's state_dict() instead",
    );
  });

  it('tensors of one storage share memory', () => {
    const value = decodePyTorch(fixture('torch-2.15.pt'), { inertClasses }) as Map<string, PyTorchValue>;
    const tied = value.get('shared') as Map<string, NDArray>;
    expect(tied.get('again')!.data.buffer).toBe(tied.get('whole')!.data.buffer);
    expect(tied.get('again')!.data.byteOffset).toBe(tied.get('whole')!.data.byteOffset);
    expect(tied.get('row')!.data.byteOffset - tied.get('whole')!.data.byteOffset).toBe(48);
  });

  it('float16 is widened on demand, views of it too', () => {
    const options = { inertClasses, widen: true };
    const value = decodePyTorch(fixture('torch-1.13.pt'), options) as Map<string, PyTorchValue>;
    expect(value.get('float16')).toEqual(float32([4], 1, -2, 0.333251953125, 65504));
    expect((value.get('shared') as Map<string, NDArray>).get('half_tail')).toEqual(
      float32([2], 0.333251953125, 65504),
    );
    expect(value.get('int8')).toEqual(SAVED.get('int8'));
  });
});

describe('stateDict', () => {
  it('joins the names of nested dictionaries and leaves the rest out', () => {
    const value = decodePyTorch(fixture('torch-1.13.pt'), { inertClasses }) as Map<string, PyTorchValue>;
    expect([...stateDict(value.get('model')!).keys()]).toEqual([
      '0.weight',
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
      '1.num_batches_tracked',
    ]);
    const all = stateDict(value);
    expect(all.get('model.0.bias')).toEqual(float32([3], 1, 2, 3));
    expect(all.get('parameter')).toEqual(float32([1], 7));
    expect(all.has('config')).toBe(false);
  });

  it('refuses a checkpoint without tensors, and two tensors of one name', () => {
    expect(expectInputError(() => stateDict(new Map([['a', 1]])))).toBe('it holds no named tensors');
    const x = float32([1], 1);
    const clash = new Map<string, PyTorchValue>([
      ['a.b', x],
      ['a', new Map([['b', x]])],
    ]);
    expect(expectInputError(() => stateDict(clash))).toBe('two tensors are called "a.b"');
  });
});

const six = { 'data/0': new Uint8Array(Float32Array.from(counting(6)).buffer) };
const floats = storage('FloatStorage', '0', 6);

describe('tensors', () => {
  it('are read at their offset, with their strides', () => {
    expect(decodePyTorch(checkpoint(tensor(floats, 1, [2, 2], [1, 2]), six))).toEqual(
      float32([2, 2], 1, 3, 2, 4),
    );
  });

  it('are read big-endian where the file says so', () => {
    const members = { 'data/0': Uint8Array.of(0x3f, 0x80, 0, 0), byteorder: bytesOf('big') };
    const opcodes = tensor(storage('FloatStorage', '0', 1), 0, [1], [1]);
    expect(decodePyTorch(checkpoint(opcodes, members))).toEqual(float32([1], 1));
  });

  it('of one bare storage are flat', () => {
    expect(decodePyTorch(checkpoint(floats, six))).toEqual(float32([6], 0, 1, 2, 3, 4, 5));
  });

  it('without elements may start at the end of their storage', () => {
    expect(decodePyTorch(checkpoint(tensor(floats, 6, [0, 9], [9, 1]), six))).toEqual(float32([0, 9]));
  });

  it.each<[string, string, string]>([
    [
      'an offset outside',
      tensor(floats, 6, [1], [1]),
      'storage "0": a tensor of shape [1] lies outside its 6 elements',
    ],
    [
      'an empty one far outside',
      tensor(floats, 7, [0], [1]),
      'storage "0": a tensor of shape [0] lies outside its 6 elements',
    ],
    [
      'a stride outside',
      tensor(floats, 0, [2, 2], [5, 1]),
      'storage "0": a tensor of shape [2,2] lies outside its 6 elements',
    ],
    [
      'a huge stride',
      tensor(floats, 0, [2], [2 ** 31 - 1]),
      'storage "0": a tensor of shape [2] lies outside its 6 elements',
    ],
    ['a negative size', tensor(floats, 0, [-1], [1]), 'its pickle describes a malformed tensor; refused'],
    ['a negative offset', tensor(floats, -1, [1], [1]), 'its pickle describes a malformed tensor; refused'],
    ['a negative stride', tensor(floats, 5, [2], [-1]), 'its pickle describes a malformed tensor; refused'],
    ['a stride too few', tensor(floats, 0, [2, 2], [1]), 'its pickle describes a malformed tensor; refused'],
    [
      'too many axes',
      tensor(floats, 0, Array(65).fill(1), Array(65).fill(1)),
      'its pickle describes a malformed tensor; refused',
    ],
    [
      'a storage that is a number',
      tensor('N', 0, [1], [1]),
      'its pickle describes a malformed tensor; refused',
    ],
    [
      'a missing storage',
      tensor(storage('FloatStorage', '1', 6), 0, [1], [1]),
      'storage "1": it is not in the file',
    ],
    [
      'a climbing key',
      tensor(storage('FloatStorage', '../version', 6), 0, [1], [1]),
      'storage "../version": it is not in the file',
    ],
    [
      'a wrong length',
      tensor(storage('FloatStorage', '0', 7), 0, [1], [1]),
      'storage "0": it has 24 bytes, not the 28 of its 7 elements',
    ],
    [
      'a wrong type',
      tensor(storage('DoubleStorage', '0', 6), 0, [1], [1]),
      'storage "0": it has 24 bytes, not the 48 of its 6 elements',
    ],
    ['a shape that overflows', tensor(floats, 0, Array(9).fill(2 ** 30), Array(9).fill(0)), 'is too large'],
    [
      'an expanded bomb',
      tensor(floats, 0, [2 ** 20, 2 ** 20], [0, 0]),
      'storage "0": its expanded tensors are far larger than the file; refused',
    ],
  ])('%s is refused', (_, opcodes, message) => {
    expect(expectInputError(() => decodePyTorch(checkpoint(opcodes, six)))).toContain(message);
  });

  it('many modest expansions are a bomb too', () => {
    const one = tensor(floats, 0, [1e6], [0]);
    expect(decodePyTorch(checkpoint(`](${one.repeat(4)}e`, six))).toHaveLength(4);
    expect(expectInputError(() => decodePyTorch(checkpoint(`](${one.repeat(40)}e`, six)))).toBe(
      'storage "0": its expanded tensors are far larger than the file; refused',
    );
  });
});

describe('hostile checkpoints', () => {
  it.each(Object.entries(HOSTILE))('%s', (name, opcodes) => {
    const message = expectInputError(() => decodePyTorch(checkpoint(opcodes)));
    expect(message).toContain(
      `it refers to ${JSON.stringify(name)}, which is neither a tensor nor a plain value`,
    );
  });

  it.each<[string, string, string]>([
    ['a list in itself', ']q\x00h\x00a', 'it holds a list or dictionary that contains itself'],
    [
      'a dictionary in itself',
      `}q\x00${text('x')}h\x00s`,
      'it holds a list or dictionary that contains itself',
    ],
    [
      'a class as a value',
      'ccollections\nOrderedDict\n',
      'it holds a class or function where a value is expected; refused',
    ],
    [
      'a storage type as a value',
      'ctorch\nFloatStorage\n',
      'it holds a class or function where a value is expected; refused',
    ],
    [
      'a call of a storage type',
      'ctorch\nFloatStorage\n)R',
      'its pickle holds a call of torch.FloatStorage before byte 24; refused',
    ],
    ['nesting', `${']'.repeat(1e5)}${'a'.repeat(1e5 - 1)}`, 'it is nested deeper than 200 levels'],
    [
      'nesting shared through the memo',
      `]q\x00${`q\x010]h\x01a`.repeat(300)}`,
      'it is nested deeper than 200 levels',
    ],
    [
      'a billion laughs',
      `]q\x00${`q\x010](${'h\x01'.repeat(10)}e`.repeat(9)}`,
      'it holds more than 10000000 values',
    ],
    ['the state of a list', ']}b', 'its pickle sets the state of a value that has none; refused'],
    ['a storage that is no storage', 'K\x01Q', 'its pickle describes a malformed storage; refused'],
    [
      'a module saved whole',
      `${tuple(text('module'), 'N', 'N', 'N')}Q`,
      'its pickle describes a malformed storage; refused',
    ],
    [
      'a NumPy object scalar',
      `cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n${tuple(text('O8'))}RC\x08ABCDEFGH\x86R`,
      'arrays of Python objects are refused, because reading them could run code',
    ],
    [
      'a NumPy type with a false state',
      `cnumpy\ndtype\n${tuple(text('f4'))}R${tuple(integer(3), text('>>'))}b`,
      'its pickle describes a malformed NumPy type; refused',
    ],
    [
      'a byte string of wide characters',
      `c_codecs\nencode\n${tuple('X\x03\x00\x00\x00\xe2\x82\xac', text('latin1'))}R`,
      'its pickle describes a malformed byte string; refused',
    ],
    [
      'another encoding',
      `c_codecs\nencode\n${tuple(text('a'), text('rot13'))}R`,
      'its pickle describes a malformed byte string; refused',
    ],
    [
      'an OrderedDict of no pairs',
      `ccollections\nOrderedDict\n${tuple(tuple(integer(1)))}R`,
      'its pickle describes a malformed OrderedDict; refused',
    ],
  ])('%s', (_, opcodes, message) => {
    expect(expectInputError(() => decodePyTorch(checkpoint(opcodes)))).toBe(message);
  });

  it('an inert class is data, whatever its name', () => {
    expect(decodePyTorch(checkpoint(HOSTILE['os.system']!), { inertClasses: ['os.system'] })).toEqual(
      new PickledObject('os.system', ['touch pwned']),
    );
  });

  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'not a PyTorch checkpoint: neither a zip archive nor the older format'],
    [
      'a Git LFS pointer',
      bytesOf('version https://git-lfs.github.com/spec/v1'),
      'not a PyTorch checkpoint: neither a zip archive nor the older format',
    ],
    [
      'a bare pickle',
      bytesOf('\x80\x02', HOSTILE['os.system']!, '.'),
      'not a PyTorch checkpoint: neither a zip archive nor the older format',
    ],
    [
      'a zip of something else',
      zipSync({ 'x/y': bytesOf('z') }),
      'not a PyTorch checkpoint: the zip archive has no data.pkl',
    ],
    [
      'two checkpoints in one',
      zipSync({ 'x/data.pkl': bytesOf('N.'), 'y/data.pkl': bytesOf('N.') }),
      'not a PyTorch checkpoint: the zip archive has no data.pkl',
    ],
    [
      'TorchScript',
      checkpoint('N', { 'constants.pkl': bytesOf('N.') }),
      "it is a TorchScript program, not a checkpoint; save the model's state_dict() instead",
    ],
    [
      'an unknown byte order',
      checkpoint('N', { byteorder: bytesOf('middle') }),
      'byte order "middle" is not known',
    ],
    ['a climbing member', zipSync({ '../data.pkl': bytesOf('N.') }), 'member "../data.pkl": unsafe name'],
  ])('%s', (_, bytes, message) => {
    expect(expectInputError(() => decodePyTorch(bytes))).toBe(message);
  });

  it('a compressed bomb', () => {
    const bomb = zipSync({ 'a/data.pkl': new Uint8Array(4e6).fill(0x5d), 'a/version': bytesOf('3') });
    expect(expectInputError(() => decodePyTorch(bomb, { maxInflatedBytes: 1e6 }))).toBe(
      'its compressed members unpack to 4000001 bytes, more than the limit of 1000000; store them uncompressed',
    );
  });

  it.each(['torch-1.13.pt', 'torch-2.15-legacy.pt'])('every truncation of %s; random damage', (name) => {
    const bytes = fixture(name);
    const decode = (b: Uint8Array) => decodePyTorch(b, { inertClasses });
    expectTruncationsRefused(bytes, decode, 1000);
    expectFlipsSurvived(bytes, decode, 1000);
  });

  it('random damage to the pickle under a right checksum', () => {
    const opcodes = `}(${text('a')}${tensor(floats, 1, [2, 2], [1, 2])}${text('b')}](K\x01G12345678N\x88eu`;
    const decode = (b: Uint8Array) => decodePyTorch(checkpoint(b, six));
    expect(decode(bytesOf(opcodes))).toBeInstanceOf(Map);
    expect(expectFlipsSurvived(bytesOf(opcodes), decode, 3000).length).toBeGreaterThan(1500);
  });
});

describe('real files', () => {
  const goldens = shared('goldens');
  it.skipIf(!goldens)('reads every golden checkpoint', () => {
    const paths = readdirSync(goldens!, { recursive: true, encoding: 'utf8' }).filter((p) =>
      p.endsWith('.pt'),
    );
    expect(paths.length).toBeGreaterThan(50);
    let tensors = 0;
    for (const path of paths) {
      const value = decodePyTorch(readFileSync(`${goldens}/${path}`), {
        inertClasses: ['utilities.config_constructor.Config'],
      });
      tensors += stateDict(value).size;
    }
    expect(tensors).toBeGreaterThan(5000);
  });
});
