/**
 * @module The names that a checkpoint's pickle may use, as a table, and the references that calling them builds. This
 * table is the whole allow-list.
 */
import { bytesPerElement, type DType } from '@sextant/engine';
import { InputError } from './errors.js';
import { elementsOf } from './layout.js';
import { parseDescr } from './npy.js';
import { isKey, PickleGlobal } from './pickle.js';

/** What a storage's elements are; bfloat16 is widened when it is read. */
export type StorageType = DType | 'bfloat16';

/** Size of one element in the file, in bytes. */
export const widthOf = (type: StorageType): number => (type === 'bfloat16' ? 2 : bytesPerElement(type));

/** A storage of the file: `length` elements under a key. */
export class Storage {
  readonly key: string;
  readonly type: StorageType;
  readonly length: number;

  constructor(key: string, type: StorageType, length: number) {
    this.key = key;
    this.type = type;
    this.length = length;
  }
}

/** A tensor before its storage is read: element `i` is at `offset + i · strides`. */
export class TensorRef {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** An object of a class that the caller listed as inert: its data, none of its behaviour. */
export class PickledObject<Value = unknown> {
  /** Module and name of its Python class. */
  readonly className: string;
  /** What its constructor was given. */
  readonly args: readonly Value[];
  /** Its items, if its class is a dictionary. */
  readonly entries: Map<unknown, Value>;
  /** Its attributes, usually a Map; null when it has none. */
  state: Value | null;

  constructor(
    className: string,
    args: readonly Value[],
    entries = new Map<unknown, Value>(),
    state: Value | null = null,
  ) {
    this.className = className;
    this.args = args;
    this.entries = entries;
    this.state = state;
  }
}

/** NumPy's description of a scalar's type; the byte order arrives with its state. */
export class NumpyDType {
  readonly code: string;
  order = '<';

  constructor(code: string) {
    this.code = code;
  }

  setState(state: unknown): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (typeof order !== 'string' || !/^[<>|=]$/.test(order)) throw malformed('NumPy type');
    this.order = order;
  }
}

/** A type of storage, named but never called. */
class StorageClass extends PickleGlobal {
  readonly type: StorageType;

  constructor(name: string, type: StorageType) {
    super(name);
    this.type = type;
  }
}

/** An element type such as `torch.float32`, named but never called. */
export class TorchDType extends PickleGlobal {
  readonly type: StorageType;

  constructor(name: string, type: StorageType) {
    super(name);
    this.type = type;
  }
}

const malformed = (what: string) => new InputError(`its pickle describes a malformed ${what}; refused`);

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 64 && value.every(isSize);
const isNothing = (value: unknown) =>
  value === undefined || value === null || (value instanceof Map && value.size === 0);

/** A persistent id `('storage', type, key, device, length)` as the storage it names. */
export function storageOf(id: unknown): Storage {
  const [tag, cls, key, , length, view] = Array.isArray(id) ? id : [];
  if (tag !== 'storage' || !(cls instanceof StorageClass) || typeof key !== 'string' || !isSize(length)) {
    throw malformed('storage');
  }
  if (!isNothing(view))
    throw new InputError('it holds views of storages, which only PyTorch before 0.4 wrote');
  return new Storage(key, cls.type, length);
}

/** `storage, offset, size, stride, requires_grad, backward_hooks, metadata` */
function tensor(args: readonly unknown[]): TensorRef {
  const [storage, offset, shape, strides, , hooks, metadata] = args;
  if (!(storage instanceof Storage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) {
    throw malformed('tensor');
  }
  if (shape.length !== strides.length || !isNothing(hooks)) throw malformed('tensor');
  if (!isNothing(metadata))
    throw new InputError('it holds a lazily negated or conjugated tensor; save a clone of it');
  return new TensorRef(storage, offset, shape, strides);
}

/** As `tensor`, with the element type before the metadata and a storage of bytes. */
function tensorOfType(args: readonly unknown[]): TensorRef {
  const [storage, offset, shape, strides, grad, hooks, dtype, metadata] = args;
  if (!(storage instanceof Storage) || !(dtype instanceof TorchDType)) throw malformed('tensor');
  const length = storage.length / widthOf(dtype.type);
  if (storage.type !== 'uint8' || !Number.isInteger(length)) throw malformed('tensor');
  const typed = new Storage(storage.key, dtype.type, length);
  return tensor([typed, offset, shape, strides, grad, hooks, metadata]);
}

/** `data, requires_grad, backward_hooks`: a parameter is its tensor. */
function parameter([data]: readonly unknown[]): TensorRef {
  if (!(data instanceof TensorRef)) throw malformed('parameter');
  return data;
}

/** Nothing, or a list of pairs. */
function orderedDict([pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  if (!Array.isArray(pairs)) throw malformed('OrderedDict');
  const map = new Map<unknown, unknown>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || !isKey(pair[0])) throw malformed('OrderedDict');
    map.set(pair[0], pair[1]);
  }
  return map;
}

function counter([counts = new Map()]: readonly unknown[]): Map<unknown, unknown> {
  if (!(counts instanceof Map)) throw malformed('Counter');
  return counts;
}

/** A `torch.Size` or a set is the list it is made of. */
function list([items = []]: readonly unknown[]): unknown[] {
  if (!Array.isArray(items)) throw malformed('size or set');
  return items;
}

function device([type, index]: readonly unknown[]): string {
  if (typeof type !== 'string') throw malformed('device');
  return isSize(index) ? `${type}:${index}` : type;
}

/** Python 3 writes bytes as the text of the same codes. */
function bytesOfText([text, encoding]: readonly unknown[]): Uint8Array {
  if (typeof text !== 'string' || encoding !== 'latin1') throw malformed('byte string');
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) as number;
    if (code > 255) throw malformed('byte string');
    return code;
  });
}

function numpyDType([code]: readonly unknown[]): NumpyDType {
  if (typeof code !== 'string') throw malformed('NumPy type');
  return new NumpyDType(code);
}

function numpyScalar([dtype, content]: readonly unknown[]): number | bigint | boolean {
  if (!(dtype instanceof NumpyDType)) throw malformed('NumPy scalar');
  const { dtype: type, littleEndian } = parseDescr(dtype.order + dtype.code);
  // Python 2 wrote bytes as text.
  const bytes = typeof content === 'string' ? bytesOfText([content, 'latin1']) : content;
  if (!(bytes instanceof Uint8Array) || bytes.length !== bytesPerElement(type))
    throw malformed('NumPy scalar');
  if (type === 'float16') throw new InputError('it holds a float16 NumPy scalar; save it as a float');
  const value = elementsOf(bytes, type, littleEndian)[0] as number | bigint;
  if (type === 'bool') return value === 1;
  return typeof value === 'bigint' && BigInt.asIntN(53, value) === value ? Number(value) : value;
}

const TYPES: Readonly<Record<string, readonly [storage: string, type: StorageType]>> = {
  float64: ['DoubleStorage', 'float64'],
  float32: ['FloatStorage', 'float32'],
  float16: ['HalfStorage', 'float16'],
  bfloat16: ['BFloat16Storage', 'bfloat16'],
  int64: ['LongStorage', 'int64'],
  int32: ['IntStorage', 'int32'],
  int16: ['ShortStorage', 'int16'],
  int8: ['CharStorage', 'int8'],
  uint8: ['ByteStorage', 'uint8'],
  bool: ['BoolStorage', 'bool'],
};

/** Every name that a checkpoint may use, unless the caller lists inert classes. */
export const ALLOWED: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...Object.values(TYPES).flatMap(([storage, type]) => [
      new StorageClass(`torch.${storage}`, type),
      new StorageClass(`torch.cuda.${storage}`, type),
    ]),
    new StorageClass('torch.storage.UntypedStorage', 'uint8'),
    new StorageClass('torch.storage._UntypedStorage', 'uint8'),
    ...Object.entries(TYPES).map(([name, [, type]]) => new TorchDType(`torch.${name}`, type)),
    new TorchDType('torch.uint16', 'uint16'),
    new TorchDType('torch.uint32', 'uint32'),
    new PickleGlobal('torch._utils._rebuild_tensor', tensor),
    new PickleGlobal('torch._utils._rebuild_tensor_v2', tensor),
    new PickleGlobal('torch._utils._rebuild_tensor_v3', tensorOfType),
    new PickleGlobal('torch._utils._rebuild_parameter', parameter),
    new PickleGlobal('torch._utils._rebuild_parameter_with_state', parameter),
    new PickleGlobal('torch.Size', list),
    new PickleGlobal('torch.device', device),
    new PickleGlobal('collections.OrderedDict', orderedDict),
    new PickleGlobal('collections.Counter', counter),
    new PickleGlobal('builtins.set', list),
    new PickleGlobal('__builtin__.set', list),
    new PickleGlobal('_codecs.encode', bytesOfText),
    new PickleGlobal('numpy.dtype', numpyDType),
    new PickleGlobal('numpy.core.multiarray.scalar', numpyScalar),
    new PickleGlobal('numpy._core.multiarray.scalar', numpyScalar),
  ].map((global) => [global.name, global]),
);

/** A class whose objects are kept as data. */
export const inertClass = (name: string): PickleGlobal =>
  new PickleGlobal(name, (args) => new PickledObject(name, args));
