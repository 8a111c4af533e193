/**
 * @module An interpreter of Python pickles that can only build plain values. Python's own reader imports and calls
 * whatever the file names; this one knows no function but those its caller lists, and refuses the file at the first
 * other name. Memory is bounded by a budget, time by the length of the file.
 */
import { InputError, quote } from './errors.js';

/** An importable name that a pickle may use, and what calling it with positional arguments builds. */
export class PickleGlobal {
  /** Dotted: module and name. */
  readonly name: string;
  /** Undefined for names that are only ever mentioned, such as storage types. */
  readonly call: ((args: readonly unknown[]) => unknown) | undefined;

  constructor(name: string, call?: (args: readonly unknown[]) => unknown) {
    this.name = name;
    this.call = call;
  }
}

/** What a pickle may do beyond plain values. */
export interface PickleRules {
  /** The allow-list. Undefined refuses the file. */
  global(name: string): PickleGlobal | undefined;
  /** The object that a persistent id stands for. */
  persistent(id: unknown): unknown;
  /** Sets the state of an object that `global` or a call of it made; plain values are never passed. */
  build(object: unknown, state: unknown): void;
  /** The dictionary inside an object that a call made, for objects that are dictionaries too. */
  entries(object: unknown): Map<unknown, unknown> | undefined;
}

/** About how many bytes of objects one pickle may allocate. */
const MEMORY_BUDGET = 256 * 2 ** 20;
const BYTES = { slot: 16, entry: 64, array: 32, map: 200, string: 40, integer: 40 };

/** Names of modules and classes are far shorter; so are integers that mean something in a checkpoint. */
const MAX_NAME_BYTES = 512;
const MAX_INTEGER_BYTES = 64;

/**
 * Interprets one pickle that starts at `start`.
 *
 * Dictionaries become Maps, lists and tuples arrays, bytes Uint8Arrays, integers numbers (or bigints beyond 2^53).
 * Arrays and maps may be shared and may contain themselves: the caller checks for that.
 *
 * @returns the value, and where the pickle ends.
 * @throws InputError when it is damaged, names what `rules` do not allow, or needs too much memory.
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  rules: PickleRules,
): { value: unknown; end: number } {
  const machine = new Machine(bytes, start, rules);
  return { value: machine.run(), end: machine.at };
}

const STOP = 0x2e;

/** What each opcode does, by its code in the pickle format; Python's own names beside them. */
const OPERATIONS: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => m.protocol(m.uint(1)), // PROTO
  149: (m) => m.take(8), // FRAME

  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  75: (m) => m.push(m.uint(1)), // BININT1
  77: (m) => m.push(m.uint(2)), // BININT2
  74: (m) => m.push(m.uint(4) | 0), // BININT
  138: (m) => m.push(m.integer(m.uint(1))), // LONG1
  139: (m) => m.push(m.integer(m.uint(4))), // LONG4
  71: (m) => m.push(m.float()), // BINFLOAT

  140: (m) => m.push(m.text(m.uint(1))), // SHORT_BINUNICODE
  88: (m) => m.push(m.text(m.uint(4))), // BINUNICODE
  141: (m) => m.push(m.text(m.uint(8))), // BINUNICODE8
  85: (m) => m.push(m.latin1(m.uint(1))), // SHORT_BINSTRING
  84: (m) => m.push(m.latin1(m.uint(4))), // BINSTRING
  67: (m) => m.push(m.content(m.uint(1))), // SHORT_BINBYTES
  66: (m) => m.push(m.content(m.uint(4))), // BINBYTES
  142: (m) => m.push(m.content(m.uint(8))), // BINBYTES8

  93: (m) => m.push(m.list([])), // EMPTY_LIST
  41: (m) => m.push(m.list([])), // EMPTY_TUPLE
  108: (m) => m.push(m.list(m.popToMark())), // LIST
  116: (m) => m.push(m.list(m.popToMark())), // TUPLE
  133: (m) => m.push(m.list(m.popMany(1))), // TUPLE1
  134: (m) => m.push(m.list(m.popMany(2))), // TUPLE2
  135: (m) => m.push(m.list(m.popMany(3))), // TUPLE3
  97: (m) => m.append(m.popMany(1)), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS

  125: (m) => m.push(m.map()), // EMPTY_DICT
  100: (m) => m.dict(m.popToMark()), // DICT
  115: (m) => m.setItems(m.popMany(2)), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS

  40: (m) => m.mark(), // MARK
  48: (m) => m.pop(), // POP
  49: (m) => m.popToMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  113: (m) => m.remember(m.uint(1)), // BINPUT
  114: (m) => m.remember(m.uint(4)), // LONG_BINPUT
  148: (m) => m.remember(m.memo.size), // MEMOIZE
  104: (m) => m.recall(m.uint(1)), // BINGET
  106: (m) => m.recall(m.uint(4)), // LONG_BINGET

  99: (m) => m.global(m.line(), m.line()), // GLOBAL
  147: (m) => m.global(...m.popMany(2)), // STACK_GLOBAL
  82: (m) => m.call(...m.popMany(2)), // REDUCE
  129: (m) => m.call(...m.popMany(2)), // NEWOBJ
  98: (m) => m.build(m.pop()), // BUILD
  81: (m) => m.persistent(m.pop()), // BINPERSID
};

class Machine {
  at: number;
  readonly memo = new Map<number, unknown>();
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rules: PickleRules;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  #budget = MEMORY_BUDGET;

  constructor(bytes: Uint8Array, start: number, rules: PickleRules) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
    this.#rules = rules;
  }

  run(): unknown {
    for (;;) {
      const opcode = this.uint(1);
      if (opcode === STOP) return this.pop();
      const operation = OPERATIONS[opcode];
      if (!operation) throw this.#error(`opcode ${opcode}, which no checkpoint needs,`);
      operation(this);
    }
  }

  #error(what: string): InputError {
    return new InputError(`its pickle holds ${what} before byte ${this.at}; refused`);
  }

  #spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) throw new InputError('its pickle needs too much memory; it is damaged or hostile');
  }

  // Reading

  /** Moves past `length` bytes and returns where they start. */
  take(length: number): number {
    const start = this.at;
    if (length > this.#bytes.length - start) throw new InputError('its pickle is cut off');
    this.at += length;
    return start;
  }

  uint(width: 1 | 2 | 4 | 8): number {
    const at = this.take(width);
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, true);
    if (width === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  float(): number {
    return this.#view.getFloat64(this.take(8), false);
  }

  /** A little-endian two's complement integer of any length. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw this.#error(`an integer of ${length} bytes`);
    const start = this.take(length);
    this.#spend(BYTES.integer);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i] as number);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  content(length: number): Uint8Array {
    const start = this.take(length);
    this.#spend(BYTES.map + length);
    return this.#bytes.slice(start, start + length);
  }

  text(length: number): string {
    const start = this.take(length);
    this.#spend(BYTES.string + 2 * length);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return decoder.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw this.#error('text that is not UTF-8');
    }
  }

  /** Python 2's str, which is text or bytes: one character per byte. */
  latin1(length: number): string {
    const start = this.take(length);
    this.#spend(BYTES.string + 2 * length);
    let text = '';
    for (const byte of this.#bytes.subarray(start, start + length)) text += String.fromCharCode(byte);
    return text;
  }

  line(): string {
    const length = this.#bytes.subarray(this.at, this.at + MAX_NAME_BYTES).indexOf(0x0a);
    if (length < 0) throw this.#error('a name that does not end');
    const text = this.text(length);
    this.take(1);
    return text;
  }

  protocol(version: number): void {
    if (version > 5) throw this.#error(`protocol ${version}`);
  }

  // The stack

  push(value: unknown): void {
    this.#spend(BYTES.slot);
    this.#stack.push(value);
  }

  top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.#error('an operation without its operands');
    return this.#stack.at(-1);
  }

  pop(): unknown {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  /** The topmost values, the last pushed last. */
  popMany(count: 1 | 2 | 3): [unknown, unknown] {
    return Array.from({ length: count }, () => this.pop()).reverse() as [unknown, unknown];
  }

  mark(): void {
    this.#spend(BYTES.slot);
    this.#marks.push(this.#stack.length);
  }

  popToMark(): unknown[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.#error('a list without its beginning');
    return this.#stack.splice(height);
  }

  remember(index: number): void {
    this.#spend(BYTES.entry);
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw this.#error('a reference to nothing');
    this.push(this.memo.get(index));
  }

  // Containers

  list(items: unknown[]): unknown[] {
    this.#spend(BYTES.array);
    return items;
  }

  append(items: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.#error('an item added to what is no list');
    for (const item of items) list.push(item);
  }

  map(): Map<unknown, unknown> {
    this.#spend(BYTES.map);
    return new Map();
  }

  dict(items: unknown[]): void {
    this.push(this.map());
    this.setItems(items);
  }

  setItems(items: unknown[]): void {
    const target = this.top();
    const map = target instanceof Map ? target : this.#rules.entries(target);
    if (!map || items.length % 2 !== 0) throw this.#error('an item added to what is no dictionary');
    this.#spend((items.length / 2) * BYTES.entry);
    for (let i = 0; i < items.length; i += 2) {
      if (!isKey(items[i])) throw this.#error('a dictionary key that is not text or a number');
      map.set(items[i], items[i + 1]);
    }
  }

  // What the rules allow

  global(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.#error('a global that is not text');
    const found = this.#rules.global(`${module}.${name}`);
    if (!found) {
      throw new InputError(
        `it refers to ${quote(`${module}.${name}`)}, which is neither a tensor nor a plain value; refused, and ` +
          "nothing was run. Save the model's state_dict() instead",
      );
    }
    this.push(found);
  }

  call(callee: unknown, args: unknown): void {
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw this.#error('a call of no function');
    if (!callee.call) throw this.#error(`a call of ${callee.name}`);
    // A call may copy its arguments, as often as the file repeats it.
    this.#spend(BYTES.map);
    for (const arg of args) this.#spend(sizeOfArgument(arg) * BYTES.slot);
    this.push(callee.call(args));
  }

  build(state: unknown): void {
    const object = this.top();
    // An OrderedDict's own attributes (a state dict's _metadata) are not its content.
    if (!(object instanceof Map)) this.#rules.build(object, state);
  }

  persistent(id: unknown): void {
    this.#spend(BYTES.map);
    this.push(this.#rules.persistent(id));
  }
}

function sizeOfArgument(arg: unknown): number {
  if (typeof arg === 'string' || Array.isArray(arg)) return arg.length;
  return arg instanceof Map ? arg.size : 0;
}

/** True of values that a JavaScript Map finds again; a tuple is not among them. */
export const isKey = (value: unknown): boolean => typeof value !== 'object' || value === null;
