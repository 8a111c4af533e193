/**
 * @module NumPy's .npy format (one array) and .npz (a zip of them).
 */
import { bytesPerElement, type DType, NDArray } from '@sextant/engine';
import { InputError, quote, within } from './errors.js';
import { checkedSize, concat, elementsOf, gather, littleEndianBytes } from './layout.js';
import { decodeZip, type ZipOptions, zipChunks } from './zip.js';

/** NumPy's type codes without the byte order. */
const DTYPE_OF: Readonly<Record<string, DType>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
};
const CODE_OF = Object.fromEntries(Object.entries(DTYPE_OF).map(([code, dtype]) => [dtype, code]));

const MAGIC = '\x93NUMPY';

/** The largest header that is read; NumPy's own limit for files it does not trust is 10,000 characters. */
const MAX_HEADER_BYTES = 65_535;

/**
 * Reads a .npy file of version 1, 2 or 3. Fortran-ordered and big-endian arrays are turned into row-major ones of the
 * machine's byte order; other arrays may share memory with `bytes`.
 *
 * @throws InputError when the file is damaged or cut off, when data follow the array, and for arrays of Python
 * objects, text, complex numbers, dates, records or uint64, which no NDArray holds.
 */
export function decodeNpy(bytes: Uint8Array): NDArray {
  const { dtype, littleEndian, fortranOrder, shape, start } = parseHeader(bytes);
  const size = checkedSize(shape);
  const needed = size * bytesPerElement(dtype);
  const present = bytes.length - start;
  if (present < needed)
    throw new InputError(`${needed} bytes of data expected, ${present} found; it is cut off`);
  if (present > needed) throw new InputError(`${present - needed} bytes follow the array`);
  const data = elementsOf(bytes.subarray(start), dtype, littleEndian);
  if (!fortranOrder || shape.length < 2) return new NDArray(data, shape, dtype);
  let stride = 1;
  const strides = shape.map((d) => {
    const own = stride;
    stride *= d;
    return own;
  });
  return gather(data, dtype, 0, shape, strides);
}

/** Writes an array as a .npy file of version 1, row-major and little-endian. */
export function encodeNpy(array: NDArray): Uint8Array {
  const order = bytesPerElement(array.dtype) === 1 ? '|' : '<';
  const shape = array.shape.length === 1 ? `(${array.shape[0]},)` : `(${array.shape.join(', ')})`;
  const dict = `{'descr': '${order}${CODE_OF[array.dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  // Magic, version and length take 10 bytes; spaces and a newline bring the data to a multiple of 64.
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const data = littleEndianBytes(array);
  const out = new Uint8Array(10 + length + data.length);
  const head = `${MAGIC}\x01\x00${String.fromCharCode(length & 255, length >> 8)}${dict.padEnd(length - 1)}\n`;
  for (let i = 0; i < head.length; i++) out[i] = head.charCodeAt(i);
  out.set(data, 10 + length);
  return out;
}

/**
 * Reads a .npz file: its arrays by name, without the `.npy` of the members' names.
 *
 * @throws InputError as `decodeZip` and `decodeNpy` do, and when a member is not a .npy file.
 */
export function decodeNpz(bytes: Uint8Array, options: ZipOptions = {}): Map<string, NDArray> {
  const arrays = new Map<string, NDArray>();
  for (const [name, content] of decodeZip(bytes, options)) {
    within(`member ${quote(name)}`, () => {
      if (!name.endsWith('.npy')) throw new InputError('it is not a .npy file');
      arrays.set(name.slice(0, -4), decodeNpy(content));
    });
  }
  return arrays;
}

/** Writes arrays as an uncompressed .npz file. */
export function encodeNpz(arrays: ReadonlyMap<string, NDArray>): Uint8Array {
  return concat(npzChunks(arrays));
}

/** The bytes of `encodeNpz` in pieces. */
export function npzChunks(arrays: ReadonlyMap<string, NDArray>): Uint8Array[] {
  return zipChunks(new Map([...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)])));
}

/**
 * The dtype and byte order of a NumPy type code such as `<f4`.
 *
 * @throws InputError for types that no NDArray holds.
 */
export function parseDescr(descr: string): { dtype: DType; littleEndian: boolean } {
  const order = descr[0] as string;
  const code = descr.slice(1);
  if (code.startsWith('O')) {
    throw new InputError('arrays of Python objects are refused, because reading them could run code');
  }
  if (!'<>|='.includes(order) || !Object.hasOwn(DTYPE_OF, code)) {
    throw new InputError(
      `NumPy type ${quote(descr)} is not supported; convert the array with .astype('float32')`,
    );
  }
  return { dtype: DTYPE_OF[code] as DType, littleEndian: order !== '>' };
}

interface Header {
  dtype: DType;
  littleEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  /** Where the data begin. */
  start: number;
}

function parseHeader(bytes: Uint8Array): Header {
  const cut = () => new InputError('the .npy header is cut off');
  if (bytes.length < 12) throw cut();
  if (MAGIC !== String.fromCharCode(...bytes.subarray(0, 6))) throw new InputError('not a .npy file');
  const version = bytes[6] as number;
  if (version < 1 || version > 3) throw new InputError(`.npy version ${version} is not supported`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw new InputError(`a .npy header of ${length} bytes is not credible`);
  const start = begin + length;
  if (start > bytes.length) throw cut();
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(begin, start));
  // NumPy writes the three keys in this order; the pattern allows any spacing and Python 2's long integers (3L).
  const fields =
    /^\{\s*'descr':\s*(?<descr>.+?),\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<sizes>[\d\sL,]*)\),?\s*\}\s*$/.exec(
      text,
    )?.groups as { descr: string; order: string; sizes: string } | undefined;
  if (!fields) throw new InputError(`the .npy header is not understood: ${quote(text.trim())}`);
  const type = /^'([^']+)'$/.exec(fields.descr)?.[1];
  if (type === undefined)
    throw new InputError(`records are not supported (NumPy type ${quote(fields.descr)})`);
  return {
    ...parseDescr(type),
    fortranOrder: fields.order === 'True',
    shape: parseSizes(fields.sizes),
    start,
  };
}

/** The sizes inside the parentheses of a shape: ``, `3,` or `2, 3`. */
function parseSizes(text: string): number[] {
  if (text.trim() === '') return [];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '' && parts.length > 1) parts.pop();
  const sizes = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  if (sizes.length > 64 || sizes.some(Number.isNaN))
    throw new InputError(`shape (${text.slice(0, 60)}) is not valid`);
  return sizes;
}
