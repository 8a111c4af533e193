import { describe, expect, it } from 'vitest';
import { bytesOf, HOSTILE, text, uint32 } from '../test/pickles.js';
import { expectInputError, seeded } from '../test/support.js';
import { InputError } from './errors.js';
import { PickleGlobal, type PickleRules, unpickle } from './pickle.js';

const pair = new PickleGlobal('m.pair', (args) => ({ args, state: null as unknown }));
const mention = new PickleGlobal('m.mention');
const rules: PickleRules = {
  global: (name) => [pair, mention].find((global) => global.name === name),
  persistent: (id) => ({ id }),
  build: (object, state) => {
    (object as { state: unknown }).state = state;
  },
  entries: () => undefined,
};
const run = (...parts: Parameters<typeof bytesOf>) => unpickle(bytesOf(...parts, '.'), 0, rules).value;
const float = [0x3f, 0xe0, 0, 0, 0, 0, 0, 0];

describe('values', () => {
  it.each<[string, Parameters<typeof bytesOf>, unknown]>([
    ['None', ['N'], null],
    ['True', ['\x88'], true],
    ['False', ['\x89'], false],
    ['BININT1', ['K', 255], 255],
    ['BININT2', ['M', 0, 1], 256],
    ['BININT', ['J', 255, 255, 255, 255], -1],
    ['LONG1 of no bytes', ['\x8a', 0], 0],
    ['LONG1', ['\x8a', 2, 0, 0x80], -32768],
    ['LONG1 at 2^53 - 1', ['\x8a', 7, 255, 255, 255, 255, 255, 255, 31], 2 ** 53 - 1],
    ['LONG1 at 2^53', ['\x8a', 7, 0, 0, 0, 0, 0, 0, 32], 2n ** 53n],
    ['LONG4', ['\x8b', uint32(9), [0, 0, 0, 0, 0, 0, 0, 0, 1]], 2n ** 64n],
    ['BINFLOAT', ['G', float], 0.5],
    ['SHORT_BINUNICODE', ['\x8c', 2, 0xc3, 0xa9], 'é'],
    ['BINUNICODE', ['X', uint32(3), '\xe2\x82\xac'], '€'],
    ['BINUNICODE8', ['\x8d', [1, 0, 0, 0, 0, 0, 0, 0], 'a'], 'a'],
    ['SHORT_BINSTRING', ['U', 1, 0xe9], 'é'],
    ['BINSTRING', ['T', uint32(2), 'ab'], 'ab'],
    ['SHORT_BINBYTES', ['C', 1, 0xe9], Uint8Array.of(0xe9)],
    ['BINBYTES', ['B', uint32(1), 7], Uint8Array.of(7)],
    ['BINBYTES8', ['\x8e', [1, 0, 0, 0, 0, 0, 0, 0], 7], Uint8Array.of(7)],
    ['lists', [']', 'K\x01', 'a', '(', 'K\x02', 'K\x03', 'e'], [1, 2, 3]],
    ['LIST', ['(', 'K\x01', 'K\x02', 'l'], [1, 2]],
    ['tuples', ['K\x01\x85', 'K\x02', ')', '\x86', ')', 'N', '\x87'], [[2, []], [], null]],
    [
      'dictionaries',
      ['}', 'K\x01', 'N', 's', '(', text('a'), ']', 'u'],
      new Map<unknown, unknown>([
        [1, null],
        ['a', []],
      ]),
    ],
    ['DICT', ['(', 'K\x01', 'K\x02', 'd'], new Map([[1, 2]])],
    [
      'the memo',
      [']', 'q\x00', 'r', uint32(2 ** 32 - 1), '(', 'h\x00', 'j', uint32(2 ** 32 - 1), 't'],
      [[], []],
    ],
    ['MEMOIZE', [text('a'), '\x94', text('b'), '\x94', 'h\x00', '\x87'], ['a', 'b', 'a']],
    ['POP, POP_MARK and DUP', ['K\x01', 'N0', '(NN1', '2', '\x86'], [1, 1]],
    ['FRAME', ['\x95', [1, 0, 0, 0, 0, 0, 0, 0], 'N'], null],
    ['a call', ['cm\npair\n', 'K\x01\x85', 'R'], { args: [1], state: null }],
    ['NEWOBJ and BUILD', ['cm\npair\n', ')', '\x81', '}', 'b'], { args: [], state: new Map() }],
    ['STACK_GLOBAL', [text('m'), text('pair'), '\x93', ')', 'R'], { args: [], state: null }],
    ['BUILD of a dictionary, whose attributes are dropped', ['}', 'K\x07', 'b'], new Map()],
    ['a persistent id', ['K\x05', 'Q'], { id: 5 }],
    ['a name that is only mentioned', ['cm\nmention\n'], mention],
  ])('%s', (_, parts, value) => {
    expect(run(...parts)).toEqual(value);
  });

  it('keeps identity through the memo', () => {
    const [a, b] = run(']', 'q\x00', 'h\x00', '\x86') as unknown[];
    expect(a).toBe(b);
  });

  it('says where a pickle ends, so that the next can be read', () => {
    expect(unpickle(bytesOf('XX\x80\x02N.rest'), 2, rules)).toEqual({ value: null, end: 6 });
  });
});

describe('refusals', () => {
  it.each(Object.entries(HOSTILE))('%s', (name, opcodes) => {
    expect(expectInputError(() => run(opcodes))).toBe(
      `it refers to ${JSON.stringify(name)}, which is neither a tensor nor a plain value; refused, and nothing was ` +
        "run. Save the model's state_dict() instead",
    );
  });

  it.each<[string, Parameters<typeof bytesOf>, string]>([
    ['INST', ['(ios\nsystem\n'], 'opcode 105, which no checkpoint needs,'],
    ['OBJ', ['(cm\npair\no'], 'opcode 111, which no checkpoint needs,'],
    ['EXT1', ['\x82\x01'], 'opcode 130, which no checkpoint needs,'],
    ['text protocol integers', ['I1\n'], 'opcode 73, which no checkpoint needs,'],
    ['protocol 6', ['\x80\x06N'], 'protocol 6'],
    ['a call of a mentioned name', ['cm\nmention\n', ')', 'R'], 'a call of m.mention'],
    ['a call of a value', ['N', ')', 'R'], 'a call of no function'],
    ['arguments that are no tuple', ['cm\npair\n', 'N', 'R'], 'a call of no function'],
    ['a global that is not text', ['NN', '\x93'], 'a global that is not text'],
    ['a name without end', ['c', 'x'.repeat(600)], 'a name that does not end'],
    ['a name that is not UTF-8', ['c\xff\nx\n'], 'text that is not UTF-8'],
    ['text that is not UTF-8', ['X', uint32(1), '\xff'], 'text that is not UTF-8'],
    ['a huge integer', ['\x8b', uint32(2 ** 31 - 1)], 'an integer of 2147483647 bytes'],
    ['pop of nothing', ['0'], 'an operation without its operands'],
    ['pop below a mark', ['N(0'], 'an operation without its operands'],
    ['build of nothing', ['N', 'b'], 'an operation without its operands'],
    ['a tuple without mark', ['t'], 'a list without its beginning'],
    ['an unknown memo entry', ['h\x05'], 'a reference to nothing'],
    ['append to a number', ['K\x01', 'N', 'a'], 'an item added to what is no list'],
    ['set in a list', [']', 'NN', 's'], 'an item added to what is no dictionary'],
    ['half an item', ['}', '(N', 'u'], 'an item added to what is no dictionary'],
    ['a key that is a tuple', ['}', ')', 'N', 's'], 'a dictionary key that is not text or a number'],
  ])('%s', (_, parts, message) => {
    expect(expectInputError(() => run(...parts))).toMatch(
      new RegExp(`^its pickle holds ${message.replace('.', '\\.')} before byte \\d+; refused$`),
    );
  });

  it.each<[string, Parameters<typeof bytesOf>]>([
    ['text', ['X', uint32(2 ** 32 - 1), 'a']],
    ['long text', ['\x8d', [0, 0, 0, 0, 0, 0, 0, 255], 'a']],
    ['bytes', ['B', uint32(1000), 'a']],
    ['Python 2 text', ['T', uint32(2 ** 32 - 1), 'a']],
    ['an integer', ['\x8a', 60]],
    ['a float', ['G', 0]],
  ])('%s cut off', (_, parts) => {
    expect(expectInputError(() => run(...parts))).toBe('its pickle is cut off');
  });

  it('no stop', () => {
    expect(expectInputError(() => unpickle(bytesOf('N'), 0, rules))).toBe('its pickle is cut off');
  });
});

describe('bombs are stopped by the memory budget', () => {
  const MEMORY = 'its pickle needs too much memory; it is damaged or hostile';
  const filled = (length: number, opcode: string) => new Uint8Array(length).fill(opcode.charCodeAt(0));
  const dumpOf = (...parts: Uint8Array[]) => Buffer.concat([...parts, bytesOf('.')]);

  it.each<[string, Uint8Array]>([
    ['dictionaries', filled(2e6, '}')],
    ['lists', filled(6e6, ']')],
    ['a memo of millions', dumpOf(bytesOf('N'), filled(5e6, '\x94'))],
  ])('%s', (_, bytes) => {
    expect(expectInputError(() => unpickle(dumpOf(bytes), 0, rules))).toBe(MEMORY);
  });

  it('calls that would copy one large list again and again', () => {
    const list = dumpOf(bytesOf(']q\x00('), filled(1e5, 'N'), bytesOf('e0')).subarray(0, -1);
    const call = bytesOf('cm\npair\nh\x00\x85R0');
    const bytes = dumpOf(list, ...Array<Uint8Array>(10_000).fill(call));
    expect(expectInputError(() => unpickle(bytes, 0, rules))).toBe(MEMORY);
  });

  it('but a list of a million values is fine', () => {
    const bytes = dumpOf(bytesOf(']('), filled(1e6, 'N'), bytesOf('e'));
    expect((unpickle(bytes, 0, rules).value as null[]).length).toBe(1e6);
  });
});

it('survives any random bytes', () => {
  const random = seeded(9);
  const common = bytesOf('(]}.Nat0125qhRQbcueds)\x85\x86\x87\x88\x8c\x93\x94\x81X');
  let refused = 0;
  for (let trial = 0; trial < 20_000; trial++) {
    const bytes = Uint8Array.from({ length: 40 }, () =>
      random() < 0.8 ? common[Math.floor(random() * common.length)]! : Math.floor(random() * 256),
    );
    try {
      unpickle(bytes, 0, { ...rules, build: () => {} });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(15_000);
});
