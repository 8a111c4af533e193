/**
 * @module Pickles and checkpoints put together by hand for the tests.
 */
import { concat } from '../src/layout.js';
import { zipChunks } from '../src/zip.js';

/** Bytes from text (one byte a character), numbers and byte lists, in order. */
export const bytesOf = (...parts: (string | number | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string'
        ? Array.from(part, (c) => c.charCodeAt(0))
        : typeof part === 'number'
          ? [part]
          : part,
    ),
  );

export const uint32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/** The opcodes that push a text. */
export const text = (value: string): string => `X${String.fromCharCode(...uint32(value.length))}${value}`;

/** The opcodes that push an integer. */
export const integer = (value: number): string => `J${String.fromCharCode(...uint32(value))}`;

export const tuple = (...items: string[]): string => `(${items.join('')}t`;

/** The opcodes that push a storage. */
export const storage = (type: string, key: string, length: number): string =>
  `${tuple(text('storage'), `ctorch\n${type}\n`, text(key), text('cpu'), integer(length))}Q`;

/** The opcodes that push a tensor. */
export const tensor = (from: string, offset: number, shape: number[], strides: number[]): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n${tuple(
    from,
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    '\x89',
    'ccollections\nOrderedDict\n)R',
  )}R`;

/** A checkpoint whose data.pkl is `opcodes`, framed by protocol and stop. */
export const checkpoint = (
  opcodes: string | Uint8Array,
  members: Record<string, Uint8Array> = {},
): Uint8Array => {
  const body = typeof opcodes === 'string' ? bytesOf(opcodes) : opcodes;
  const pickle = concat([bytesOf('\x80\x02'), body, bytesOf('.')]);
  return concat(
    zipChunks(
      new Map([
        ['a/data.pkl', pickle],
        ...Object.entries(members).map(([name, content]) => [`a/${name}`, content] as const),
        ['a/version', bytesOf('3\n')],
      ]),
    ),
  );
};

/** Programs that a reader which runs what it reads would run, by what they call. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'os.system': `cos\nsystem\n${tuple(text('touch pwned'))}R`,
  'posix.system': `cposix\nsystem\n${tuple(text('touch pwned'))}R`,
  'nt.system': `cnt\nsystem\n${tuple(text('touch pwned'))}R`,
  'subprocess.Popen': `csubprocess\nPopen\n${tuple(text('touch pwned'))}R`,
  'builtins.eval': `cbuiltins\neval\n${tuple(text('1'))}R`,
  '__builtin__.eval': `c__builtin__\neval\n${tuple(text('1'))}R`,
  'builtins.getattr': `cbuiltins\ngetattr\n${tuple(text('a'), text('b'))}R`,
  'builtins.exec': `\x8c\x08builtins\x8c\x04exec\x93${tuple(text('1'))}R`,
  'torch.hub.load': `ctorch.hub\nload\n${tuple(text('x/y'))}R`,
  'torch.storage._load_from_bytes': `ctorch.storage\n_load_from_bytes\n${tuple(text('x'))}R`,
  'torch._utils._rebuild_tensor_v2.__globals__': 'ctorch._utils\n_rebuild_tensor_v2.__globals__\n',
  'collections.OrderedDict.__reduce__': 'ccollections\nOrderedDict.__reduce__\n',
  'constructor.constructor': `cconstructor\nconstructor\n${tuple(text('process.exit()'))}R`,
  '__proto__.toString': 'c__proto__\ntoString\n',
};
