/**
 * @module The safetensors format: an 8-byte header length, a JSON header, the tensors' bytes.
 */
import { bytesPerElement, type DType, NDArray } from '@sextant/engine';
import { InputError, quote, within } from './errors.js';
import { bfloat16ToFloat32 } from './half.js';
import { checkedSize, concat, elementsOf, littleEndianBytes } from './layout.js';

/** Named tensors with free-text metadata. */
export interface Safetensors {
  tensors: Map<string, NDArray>;
  metadata: Record<string, string>;
}

const DTYPE_OF: Readonly<Record<string, DType | 'bfloat16'>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};
const NAME_OF = Object.fromEntries(Object.entries(DTYPE_OF).map(([name, dtype]) => [dtype, name]));

/** The format's own limit on the JSON header. */
const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  name: string;
  dtype: DType | 'bfloat16';
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Reads safetensors. bfloat16 tensors are widened to float32; the others keep their dtype and may share memory with
 * `bytes`.
 *
 * @throws InputError when any part of the format is violated: header length or JSON, names given twice, dtypes,
 * shapes that disagree with their bytes, tensors that overlap, leave gaps or lie outside the file.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) throw new InputError(`${bytes.length} bytes are too few for a safetensors file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw new InputError('not a safetensors file: its header would exceed 100 MB');
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw new InputError(`the header needs ${start} bytes but the file has ${bytes.length}; it is cut off`);
  }
  const { entries, metadata } = parseHeader(bytes.subarray(8, start));
  checkCoverage(entries, bytes.length - start);
  const tensors = new Map<string, NDArray>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const content = bytes.subarray(start + begin, start + end);
    within(`tensor ${quote(name)}`, () =>
      tensors.set(
        name,
        dtype === 'bfloat16'
          ? new NDArray(bfloat16ToFloat32(elementsOf(content, 'uint16')), shape, 'float32')
          : new NDArray(elementsOf(content, dtype), shape, dtype),
      ),
    );
  }
  return { tensors, metadata };
}

/**
 * Writes safetensors: wider dtypes first, so that every tensor is aligned, otherwise in the map's order.
 *
 * @throws InputError for the reserved tensor name `__metadata__`, or a header above 100 MB.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NDArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return concat(safetensorsChunks(tensors, metadata));
}

/** The bytes of `encodeSafetensors` in pieces, with no copy of the tensors. */
export function safetensorsChunks(
  tensors: ReadonlyMap<string, NDArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const sorted = [...tensors].sort((a, b) => bytesPerElement(b[1].dtype) - bytesPerElement(a[1].dtype));
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let at = 0;
  for (const [name, array] of sorted) {
    if (name === '__metadata__') throw new InputError("a tensor cannot be named '__metadata__'");
    const end = at + array.data.byteLength;
    header.push([name, { dtype: NAME_OF[array.dtype], shape: array.shape, data_offsets: [at, end] }]);
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > MAX_HEADER_BYTES)
    throw new InputError('the names and metadata exceed 100 MB of safetensors header');
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return [head, ...sorted.map(([, array]) => littleEndianBytes(array))];
}

function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith('{')) throw new SyntaxError();
    header = JSON.parse(text);
    const repeated = firstRepeatedKey(text);
    if (repeated !== undefined) throw new InputError(`the header holds ${quote(repeated)} twice`);
  } catch (error) {
    throw error instanceof InputError
      ? error
      : new InputError('not a safetensors file: the header is not JSON');
  }
  const { __metadata__: metadata = {}, ...tensors } = header as Record<string, unknown>;
  if (!isRecord(metadata) || !Object.values(metadata).every((v) => typeof v === 'string')) {
    throw new InputError('__metadata__ is not a set of strings');
  }
  return {
    entries: Object.entries(tensors).map(([name, value]) =>
      within(`tensor ${quote(name)}`, () => parseEntry(name, value)),
    ),
    metadata: metadata as Record<string, string>,
  };
}

function parseEntry(name: string, value: unknown): Entry {
  if (!isRecord(value) || Object.keys(value).sort().join() !== 'data_offsets,dtype,shape') {
    throw new InputError('its header is not {dtype, shape, data_offsets}');
  }
  const { dtype: code, shape, data_offsets: offsets } = value;
  if (typeof code !== 'string' || !Object.hasOwn(DTYPE_OF, code)) {
    throw new InputError(`dtype ${quote(code)} is not one of ${Object.keys(DTYPE_OF).join(', ')}`);
  }
  const dtype = DTYPE_OF[code] as DType | 'bfloat16';
  if (!isSizes(shape)) throw new InputError(`shape ${quote(shape)} is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new InputError(`data_offsets ${quote(offsets)} is not [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  const needed = checkedSize(shape) * (dtype === 'bfloat16' ? 2 : bytesPerElement(dtype));
  if (end - begin !== needed) {
    throw new InputError(`${code} of shape ${quote(shape)} takes ${needed} bytes, not ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Tensors must follow one another with no overlap and no gap and end where the file ends. */
function checkCoverage(entries: readonly Entry[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) throw new InputError(`tensor ${quote(name)} overlaps another`);
    if (begin > at) throw new InputError(`there are ${begin - at} bytes of no tensor before ${quote(name)}`);
    if (end > length)
      throw new InputError(`tensor ${quote(name)} ends after the file does; the file is cut off`);
    at = end;
  }
  if (at !== length) throw new InputError(`${length - at} bytes follow the last tensor`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

/** The first key that valid JSON text holds twice in one object; JSON.parse would keep the last and say nothing. */
function firstRepeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    if (character === '{' || character === ',') isKey = open.at(-1) !== undefined;
    else if (character === ':') isKey = false;
    else if (character === '"') {
      const start = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      if (!isKey) continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
