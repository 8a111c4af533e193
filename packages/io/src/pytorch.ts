/**
 * @module PyTorch checkpoints: what `torch.save` writes, as a tree of plain values and arrays. Nothing in the file is
 * executed: see pickle.ts.
 */
import { bytesPerElement, type DataOf, type DType, NDArray } from '@sextant/engine';
import { InputError, quote, within } from './errors.js';
import { bfloat16ToFloat32, halfToFloat32 } from './half.js';
import { checkedSize, elementsOf, gather, isRowMajor } from './layout.js';
import { type PickleGlobal, unpickle } from './pickle.js';
import {
  ALLOWED,
  inertClass,
  NumpyDType,
  PickledObject,
  Storage,
  type StorageType,
  storageOf,
  TensorRef,
  TorchDType,
  widthOf,
} from './pytorch-globals.js';
import { decodeZip, type ZipOptions } from './zip.js';

/**
 * A value of a checkpoint: dictionaries are Maps in the file's order, lists and tuples are arrays, integers beyond 2^53
 * are bigints.
 */
export type PyTorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NDArray
  | PickledObject<PyTorchValue>
  | PyTorchValue[]
  | Map<PyTorchKey, PyTorchValue>;

/** A key of a dictionary in a checkpoint. */
export type PyTorchKey = null | boolean | number | bigint | string;

/** How a checkpoint is read. */
export interface PyTorchOptions extends ZipOptions {
  /** Turns float16 tensors into float32; by default they stay float16. bfloat16 tensors always become float32. */
  widen?: boolean;
  /**
   * Classes, as `module.name`, whose objects are read as data without behaviour (`PickledObject`). The file is refused
   * at any other class.
   */
  inertClasses?: readonly string[];
}

/** A tree deeper than this, or of more values, is not a checkpoint; whoever walks the tree may rely on it. */
const MAX_DEPTH = 200;
const MAX_VALUES = 10_000_000;

/**
 * Reads a checkpoint written by `torch.save`: the zip format of PyTorch 1.6 and later, or the older format.
 *
 * Tensors become row-major arrays. Those that share a storage share memory here too where their strides allow it, and
 * may share it with `bytes`. The tree has no cycles and is at most 200 levels deep.
 *
 * @throws InputError when the file is damaged or not a checkpoint, refers to anything but tensors, storages and plain
 * values (nothing is run), or would need far more memory than its own size.
 */
export function decodePyTorch(bytes: Uint8Array, options: PyTorchOptions = {}): PyTorchValue {
  const rules = { ...RULES, global: allow(options.inertClasses ?? []) };
  const resolver = new Resolver(bytes.length, options.widen ?? false);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) {
    const { value, storages } = readLegacy(bytes, rules);
    return resolver.resolve(value, (key) => storages.get(key));
  }
  const members = decodeZip(bytes, options);
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const root = pickles[0]?.slice(0, -'data.pkl'.length);
  if (root === undefined || pickles.length > 1) {
    throw new InputError('not a PyTorch checkpoint: the zip archive has no data.pkl');
  }
  if (members.has(`${root}constants.pkl`)) {
    throw new InputError(
      "it is a TorchScript program, not a checkpoint; save the model's state_dict() instead",
    );
  }
  const order =
    new TextDecoder().decode(members.get(`${root}byteorder`) ?? new Uint8Array(0)).trim() || 'little';
  if (order !== 'little' && order !== 'big') throw new InputError(`byte order ${quote(order)} is not known`);
  const { value } = unpickle(members.get(`${root}data.pkl`)!, 0, rules);
  return resolver.resolve(value, (key) => members.get(`${root}data/${key}`), order === 'little');
}

/**
 * The tensors of a checkpoint, or of a part of it, by name. Names of nested dictionaries are joined with dots; values
 * that are not tensors are left out.
 *
 * @throws InputError when there is no tensor at all.
 */
export function stateDict(value: PyTorchValue): Map<string, NDArray> {
  const tensors = new Map<string, NDArray>();
  const collect = (prefix: string, child: PyTorchValue) => {
    if (child instanceof NDArray) {
      if (tensors.has(prefix)) throw new InputError(`two tensors are called ${quote(prefix)}`);
      tensors.set(prefix, child);
    } else if (child instanceof Map) {
      for (const [key, item] of child) collect(prefix === '' ? String(key) : `${prefix}.${key}`, item);
    }
  };
  collect('', value);
  if (tensors.size === 0) throw new InputError('it holds no named tensors');
  return tensors;
}

const RULES = {
  persistent: storageOf,
  build(object: unknown, state: unknown): void {
    if (object instanceof NumpyDType) object.setState(state);
    else if (object instanceof PickledObject) object.state = state;
    else throw new InputError('its pickle sets the state of a value that has none; refused');
  },
  entries: (object: unknown) => (object instanceof PickledObject ? object.entries : undefined),
};

function allow(inertClasses: readonly string[]): (name: string) => PickleGlobal | undefined {
  const inert = new Map(inertClasses.map((name) => [name, inertClass(name)]));
  return (name) => ALLOWED.get(name) ?? inert.get(name);
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** The format before PyTorch 1.6: five pickles (magic, version, machine, value, storage keys), then the storages. */
function readLegacy(
  bytes: Uint8Array,
  rules: Parameters<typeof unpickle>[2],
): { value: unknown; storages: Map<string, Uint8Array> } {
  const notCheckpoint = () =>
    new InputError('not a PyTorch checkpoint: neither a zip archive nor the older format');
  // A pickle of protocol 2 that holds the 10-byte magic number.
  if (bytes[0] !== 0x80 || bytes[2] !== 0x8a || bytes[3] !== 10) throw notCheckpoint();
  const magic = unpickle(bytes, 0, rules);
  if (magic.value !== LEGACY_MAGIC) throw notCheckpoint();
  const version = unpickle(bytes, magic.end, rules);
  if (version.value !== 1001)
    throw new InputError(`format version ${quote(String(version.value))} is not known`);
  const machine = unpickle(bytes, version.end, rules);
  const types = new Map<string, StorageType>();
  const persistent = (id: unknown) => {
    const storage = storageOf(id);
    if ((types.get(storage.key) ?? storage.type) !== storage.type) {
      throw new InputError(`storage ${quote(storage.key)} has two types`);
    }
    types.set(storage.key, storage.type);
    return storage;
  };
  const { value, end } = unpickle(bytes, machine.end, { ...rules, persistent });
  const keys = unpickle(bytes, end, rules);
  if (!Array.isArray(keys.value)) throw new InputError('its list of storages is missing');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let at = keys.end;
  for (const key of keys.value) {
    const type = types.get(key);
    if (type === undefined) throw new InputError(`storage ${quote(key)} is of no tensor`);
    if (at + 8 > bytes.length) throw new InputError('its storages are cut off');
    const length = Number(view.getBigInt64(at, true)) * widthOf(type);
    at += 8;
    if (length < 0 || length > bytes.length - at) throw new InputError('its storages are cut off');
    storages.set(key, bytes.subarray(at, at + length));
    at += length;
  }
  return { value, storages };
}

/** Turns what the pickle built into the tree that is returned, with tensors read from their storages. */
class Resolver {
  readonly #widen: boolean;
  /** How many bytes may still be copied for tensors whose strides are not row-major: expanding is how a bomb grows. */
  #copyBudget: number;
  #load: (key: string) => Uint8Array | undefined = () => undefined;
  #littleEndian = true;
  readonly #storages = new Map<string, { data: DataOf<DType>; dtype: DType }>();
  readonly #done = new Map<object, { value: PyTorchValue; depth: number; count: number }>();
  readonly #open = new Set<object>();

  constructor(fileBytes: number, widen: boolean) {
    this.#widen = widen;
    this.#copyBudget = 64 * 2 ** 20 + 4 * fileBytes;
  }

  resolve(value: unknown, load: (key: string) => Uint8Array | undefined, littleEndian = true): PyTorchValue {
    this.#load = load;
    this.#littleEndian = littleEndian;
    return this.#visit(value, 0).value;
  }

  /** The resolved value, how deep it is and how many values it holds, shared ones counted each time they occur. */
  #visit(value: unknown, level: number): { value: PyTorchValue; depth: number; count: number } {
    if (value instanceof TorchDType) return { value: value.name, depth: 0, count: 1 };
    if (typeof value !== 'object' || value === null) {
      return { value: value as PyTorchValue, depth: 0, count: 1 };
    }
    const known = this.#done.get(value);
    if (level + (known?.depth ?? 0) > MAX_DEPTH)
      throw new InputError(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (known) return known;
    if (this.#open.has(value)) throw new InputError('it holds a list or dictionary that contains itself');
    this.#open.add(value);
    const result = this.#build(value, level);
    if (result.count > MAX_VALUES) throw new InputError(`it holds more than ${MAX_VALUES} values`);
    this.#open.delete(value);
    this.#done.set(value, result);
    return result;
  }

  #build(value: object, level: number): { value: PyTorchValue; depth: number; count: number } {
    let depth = 0;
    let count = 1;
    const child = (item: unknown): PyTorchValue => {
      const result = this.#visit(item, level + 1);
      depth = Math.max(depth, result.depth + 1);
      count += result.count;
      return result.value;
    };
    const mapOf = (map: Map<unknown, unknown>) => {
      const out = new Map<PyTorchKey, PyTorchValue>();
      for (const [key, item] of map) out.set(key as PyTorchKey, child(item));
      return out;
    };
    const done = (result: PyTorchValue) => ({ value: result, depth, count });
    if (value instanceof TensorRef) return done(this.#tensor(value));
    if (value instanceof Storage) return done(this.#tensor(new TensorRef(value, 0, [value.length], [1])));
    if (value instanceof Uint8Array) return done(value);
    if (Array.isArray(value)) return done(value.map(child));
    if (value instanceof Map) return done(mapOf(value));
    if (value instanceof PickledObject) {
      const { className, args, entries, state } = value;
      return done(new PickledObject(className, args.map(child), mapOf(entries), child(state)));
    }
    throw new InputError('it holds a class or function where a value is expected; refused');
  }

  #tensor({ storage, offset, shape, strides }: TensorRef): NDArray {
    return within(`storage ${quote(storage.key)}`, () => {
      const { data, dtype } = this.#storage(storage);
      const size = checkedSize(shape);
      const last = shape.reduce((index, d, axis) => index + (d - 1) * (strides[axis] as number), offset);
      if (offset > data.length || (size > 0 && last >= data.length)) {
        throw new InputError(`a tensor of shape ${quote(shape)} lies outside its ${data.length} elements`);
      }
      if (isRowMajor(shape, strides)) return new NDArray(data.subarray(offset, offset + size), shape, dtype);
      this.#copyBudget -= size * bytesPerElement(dtype);
      if (this.#copyBudget < 0)
        throw new InputError('its expanded tensors are far larger than the file; refused');
      return gather(data, dtype, offset, shape, strides);
    });
  }

  #storage({ key, type, length }: Storage): { data: DataOf<DType>; dtype: DType } {
    const id = `${type} ${key}`;
    const known = this.#storages.get(id);
    if (known) return known;
    const bytes = this.#load(key);
    if (!bytes) throw new InputError('it is not in the file');
    const expected = length * widthOf(type);
    if (bytes.length !== expected) {
      throw new InputError(`it has ${bytes.length} bytes, not the ${expected} of its ${length} elements`);
    }
    const read = <D extends DType>(dtype: D) => elementsOf(bytes, dtype, this.#littleEndian);
    const storage: { data: DataOf<DType>; dtype: DType } =
      type === 'bfloat16'
        ? { data: bfloat16ToFloat32(read('uint16')), dtype: 'float32' }
        : type === 'float16' && this.#widen
          ? { data: halfToFloat32(read('uint16')), dtype: 'float32' }
          : { data: read(type), dtype: type };
    this.#storages.set(id, storage);
    return storage;
  }
}
