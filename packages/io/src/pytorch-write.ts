/**
 * @module Writes state dicts as PyTorch checkpoints, so that weights can be taken back to Python.
 */
import { type DType, NDArray } from '@sextant/engine';
import { InputError, quote } from './errors.js';
import { concat, littleEndianBytes, rowMajorStrides } from './layout.js';
import { zipChunks } from './zip.js';

/** Tensors by name, or dictionaries of them. */
export type StateTree = ReadonlyMap<string, NDArray | StateTree>;

const STORAGE_OF: Readonly<Partial<Record<DType, string>>> = {
  float64: 'DoubleStorage',
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
};

/**
 * Writes a checkpoint that `torch.load(path)` reads (PyTorch 1.6 and later, `weights_only=True` too). Every dictionary
 * becomes an OrderedDict. Arrays over the same memory stay tied: they share one storage.
 *
 * @throws InputError for uint16 and uint32 arrays, for which PyTorch has no storage.
 */
export function encodePyTorch(state: StateTree): Uint8Array {
  return concat(pyTorchChunks(state));
}

/** The bytes of `encodePyTorch` in pieces. */
export function pyTorchChunks(state: StateTree): Uint8Array[] {
  const pickle = new Pickler();
  const text = (s: string) => new TextEncoder().encode(s);
  return zipChunks(
    new Map([
      ['archive/data.pkl', pickle.dump(state)],
      ['archive/byteorder', text('little')],
      ...pickle.storages.map((bytes, key) => [`archive/data/${key}`, bytes] as const),
      ['archive/version', text('3\n')],
    ]),
  );
}

/** A pickle of protocol 2, written the way PyTorch's own is read back. */
class Pickler {
  readonly storages: Uint8Array[] = [];
  readonly #keys = new Map<ArrayBufferLike, Map<string, number>>();
  readonly #out: Uint8Array[] = [];

  dump(state: StateTree): Uint8Array {
    this.#op('\x80\x02');
    this.#dict(state, '');
    this.#op('.');
    return concat(this.#out);
  }

  #dict(state: StateTree, path: string): void {
    this.#op('ccollections\nOrderedDict\n)R(');
    for (const [key, value] of state) {
      this.#text(key);
      if (value instanceof NDArray) this.#tensor(value, path + key);
      else this.#dict(value, `${path}${key}.`);
    }
    this.#op('u');
  }

  #tensor(array: NDArray, name: string): void {
    const storage = STORAGE_OF[array.dtype];
    if (!storage) {
      throw new InputError(
        `tensor ${quote(name)}: PyTorch has no ${array.dtype} storage; convert it to int64`,
      );
    }
    this.#op('ctorch._utils\n_rebuild_tensor_v2\n((');
    this.#text('storage');
    this.#op(`ctorch\n${storage}\n`);
    this.#text(String(this.#storage(array)));
    this.#text('cpu');
    this.#integer(array.size);
    this.#op('tQ');
    this.#integer(0);
    this.#tuple(array.shape);
    this.#tuple(rowMajorStrides(array.shape));
    // No gradient, no hooks.
    this.#op('\x89ccollections\nOrderedDict\n)RtR');
  }

  #storage(array: NDArray): number {
    const { buffer, byteOffset, byteLength } = array.data;
    const keys = this.#keys.get(buffer) ?? new Map<string, number>();
    this.#keys.set(buffer, keys);
    const span = `${array.dtype} ${byteOffset} ${byteLength}`;
    const key = keys.get(span) ?? this.storages.push(littleEndianBytes(array)) - 1;
    keys.set(span, key);
    return key;
  }

  #tuple(values: readonly number[]): void {
    this.#op('(');
    for (const value of values) this.#integer(value);
    this.#op('t');
  }

  #integer(value: number): void {
    const wide = value >= 2 ** 31;
    const bytes = new Uint8Array(wide ? 10 : 5);
    const view = new DataView(bytes.buffer);
    if (wide) {
      bytes.set([0x8a, 8]);
      view.setBigInt64(2, BigInt(value), true);
    } else {
      bytes[0] = 'J'.charCodeAt(0);
      view.setInt32(1, value, true);
    }
    this.#out.push(bytes);
  }

  #text(text: string): void {
    const content = new TextEncoder().encode(text);
    const head = new Uint8Array(5);
    head[0] = 'X'.charCodeAt(0);
    new DataView(head.buffer).setUint32(1, content.length, true);
    this.#out.push(head, content);
  }

  /** Opcodes, one a character. */
  #op(codes: string): void {
    this.#out.push(Uint8Array.from(codes, (code) => code.charCodeAt(0)));
  }
}
