/**
 * @module The zip container of .pt and .npz files: stored or deflated members, zip64, checksums, no execution of
 * anything and no path ever taken from a member's name.
 */
import { Inflate } from 'fflate';
import { InputError, quote, within } from './errors.js';

/** Limits on what is read. */
export interface ZipOptions {
  /** The most bytes that all compressed members together may unpack to; default 1 GiB. */
  maxInflatedBytes?: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const STORED = 0;
const DEFLATED = 8;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

/** PyTorch aligns members to this, so that they can be mapped into memory. */
const ALIGNMENT = 64;

/** What the directory says of a member. */
export interface Member {
  readonly name: string;
  method: number;
  crc: number;
  packedSize: number;
  size: number;
  /** Where the local header starts. */
  offset: number;
  /** Why it cannot be read; absent where it can. */
  readonly problem?: string;
}

/**
 * The members of a zip archive by name, folders left out. Stored members share memory with `bytes`.
 *
 * @throws InputError when the archive is damaged, encrypted or compressed by another method than DEFLATE; when members
 * overlap, share a name, fail their checksum or have an absolute or climbing (`..`) name; when they would unpack to
 * more than the limit.
 */
export function decodeZip(bytes: Uint8Array, options: ZipOptions = {}): Map<string, Uint8Array> {
  const { maxInflatedBytes = 2 ** 30 } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, length, start } = findDirectory(view, 0);
  const members = readDirectory(bytes.subarray(start, start + length), count);
  for (const { name, problem } of members) {
    if (problem !== undefined) throw new InputError(`member ${quote(name)}: ${problem}`);
  }
  const inflated = members.reduce((n, m) => (m.method === STORED ? n : n + m.size), 0);
  if (inflated > maxInflatedBytes) {
    throw new InputError(
      `its compressed members unpack to ${inflated} bytes, more than the limit of ${maxInflatedBytes}; store them uncompressed`,
    );
  }
  const ends = new Map<Member, { packed: Uint8Array; end: number }>();
  for (const member of members) {
    within(`member ${quote(member.name)}`, () => ends.set(member, locatePacked(view, bytes, member, start)));
  }
  checkOverlap(members, ends);
  const contents = new Map<string, Uint8Array>();
  for (const member of members) {
    within(`member ${quote(member.name)}`, () => {
      if (contents.has(member.name)) throw new InputError('the archive holds it twice');
      const packed = ends.get(member)!.packed;
      contents.set(member.name, unpackMember(member, packed));
    });
  }
  return contents;
}

/** A zip archive in pieces: every member stored and aligned to 64 bytes, zip64 where sizes or counts ask for it. */
export function zipChunks(members: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (chunk: Uint8Array) => {
    chunks.push(chunk);
    at += chunk.length;
  };
  for (const [memberName, content] of members) {
    const name = new TextEncoder().encode(memberName);
    const size = content.length;
    const offset = at;
    const crc = crc32(content);
    const wide = size >= FULL32 || offset >= FULL32;
    const size32 = wide ? FULL32 : size;
    const version = wide ? 45 : 20;
    // Version needed, flags (UTF-8 name), method, time and date (1 January 1980: same input, same bytes), sizes.
    const common: Field[] = [
      [2, version],
      [2, 0x800],
      [2, STORED],
      [4, 0x00210000],
      [4, crc],
      [4, size32],
      [4, size32],
      [2, name.length],
    ];
    const sizes64: Field[] = [
      [8, size],
      [8, size],
    ];
    const extra = wide ? record([2, 1], [2, 16], ...sizes64) : new Uint8Array(0);
    const padding = (ALIGNMENT - ((at + 30 + name.length + extra.length + 4) % ALIGNMENT)) % ALIGNMENT;
    add(record([4, LOCAL], ...common, [2, extra.length + 4 + padding]));
    add(name);
    add(extra);
    add(record([2, 0x4246], [2, padding])); // PyTorch's own id for padding
    add(new Uint8Array(padding));
    add(content);
    const extraCentral = wide ? record([2, 1], [2, 24], ...sizes64, [8, offset]) : extra;
    const attributes: Field[] = [
      [2, extraCentral.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, wide ? FULL32 : offset],
    ];
    directory.push(record([4, CENTRAL], [2, version], ...common, ...attributes), name, extraCentral);
  }
  const start = at;
  for (const chunk of directory) add(chunk);
  const length = at - start;
  const count = members.size;
  if (count >= FULL16 || start >= FULL32 || length >= FULL32) {
    const end64 = at;
    add(
      record(
        [4, END64],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, length],
        [8, start],
      ),
    );
    add(record([4, LOCATOR64], [4, 0], [8, end64], [4, 1]));
  }
  const count16 = Math.min(count, FULL16);
  add(
    record(
      [4, END],
      [2, 0],
      [2, 0],
      [2, count16],
      [2, count16],
      [4, Math.min(length, FULL32)],
      [4, Math.min(start, FULL32)],
      [2, 0],
    ),
  );
  return chunks;
}

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Little-endian unsigned integers one after the other. */
function record(...fields: Field[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((n, [bytes]) => n + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return out;
}

export const damaged = () => new InputError('the zip archive is damaged or cut off');

/** A 64-bit unsigned integer; beyond 2^53 it is larger than any file and the caller's range checks refuse it. */
const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** How far from its end an archive may have the record that says where its directory is, zip64's included. */
export const END_BYTES = 22 + FULL16 + 20 + 56;

/** Where the directory is, and of how many members. */
export interface Directory {
  readonly count: number;
  readonly length: number;
  readonly start: number;
}

/**
 * Reads the end record, or its zip64 form where there is one.
 *
 * @param view - the end of an archive, or all of it.
 * @param base - where in the archive it begins.
 * @throws InputError when it is no zip archive.
 */
export function findDirectory(view: DataView, base: number): Directory {
  const { end, ...directory } = readEnd(view, base);
  const { start, length, count } = directory;
  if (start + length > end || count > length / 46) throw damaged();
  return directory;
}

function readEnd(view: DataView, base: number): Directory & { end: number } {
  const lowest = Math.max(0, view.byteLength - 22 - FULL16);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) !== END || at + 22 + view.getUint16(at + 20, true) !== view.byteLength)
      continue;
    const count = view.getUint16(at + 10, true);
    const length = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    const plain = { count, length, start, end: base + at };
    if (count !== FULL16 && length !== FULL32 && start !== FULL32) return plain;
    if (at < 20 || view.getUint32(at - 20, true) !== LOCATOR64) return plain;
    const end = uint64(view, at - 12);
    const record64 = end - base;
    if (!(record64 >= 0) || record64 + 56 > at - 20 || view.getUint32(record64, true) !== END64)
      throw damaged();
    return {
      count: uint64(view, record64 + 32),
      length: uint64(view, record64 + 40),
      start: uint64(view, record64 + 48),
      end,
    };
  }
  throw damaged();
}

/** The members that a directory lists, folders left out. @throws InputError when it is damaged. */
export function readDirectory(bytes: Uint8Array, count: number): Member[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: Member[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) throw damaged();
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damaged();
    const { name, problem: unsafe } = memberName(bytes.subarray(at + 46, nameEnd));
    const method = view.getUint16(at + 10, true);
    const encrypted = (view.getUint16(at + 8, true) & 1) !== 0;
    const problem =
      unsafe ?? (encrypted ? 'it is encrypted; unpack it and pack it anew' : unsupported(method));
    const member: Member = {
      name,
      method,
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
      ...(problem === undefined ? {} : { problem }),
    };
    readZip64(view, nameEnd, extraEnd, member);
    if (!name.endsWith('/')) members.push(member);
    at = next;
  }
  if (at !== bytes.length) throw damaged();
  return members;
}

const unsupported = (method: number): string | undefined =>
  method === STORED || method === DEFLATED ? undefined : `compression method ${method} is not supported`;

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder();

function memberName(bytes: Uint8Array): { name: string; problem?: string } {
  let name: string;
  try {
    name = strict.decode(bytes);
  } catch {
    return { name: lenient.decode(bytes), problem: 'its name is not UTF-8' };
  }
  const unsafe = /^\/|^[A-Za-z]:|\\|\0/.test(name) || name.split('/').includes('..');
  return unsafe ? { name, problem: 'unsafe name' } : { name };
}

/** Replaces the sizes and offset that do not fit 32 bits by those of the zip64 extra field. */
function readZip64(view: DataView, begin: number, end: number, member: Member): void {
  for (let at = begin; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    const fieldsEnd = field + view.getUint16(at + 2, true);
    for (const key of ['size', 'packedSize', 'offset'] as const) {
      if (member[key] !== FULL32) continue;
      if (field + 8 > Math.min(fieldsEnd, end)) throw damaged();
      member[key] = uint64(view, field);
      field += 8;
    }
    return;
  }
}

/** A member's content. @throws InputError when the data do not unpack to it. */
export function unpackMember({ method, size, crc }: Member, packed: Uint8Array): Uint8Array {
  const content = method === STORED ? packed : inflate(packed, size);
  if (content.length !== size || crc32(content) !== crc)
    throw new InputError('checksum mismatch; the file is damaged');
  return content;
}

/** Length of a local header whose first 30 bytes are given; the data begin behind it. */
export function localHeaderLength(view: DataView, at: number): number {
  if (view.getUint32(at, true) !== LOCAL) throw damaged();
  return 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
}

/** A member's bytes as they are in the archive; `limit` is where members must have ended. */
function locatePacked(
  view: DataView,
  bytes: Uint8Array,
  { offset, packedSize, size, method }: Member,
  limit: number,
): { packed: Uint8Array; end: number } {
  if (offset + 30 > limit) throw damaged();
  const begin = offset + localHeaderLength(view, offset);
  const end = begin + packedSize;
  if (end > limit || (method === STORED && size !== packedSize)) throw damaged();
  return { packed: bytes.subarray(begin, end), end };
}

/** Members that share bytes are how a small file unpacks to a huge one. */
function checkOverlap(members: readonly Member[], ends: ReadonlyMap<Member, { end: number }>): void {
  let last = 0;
  for (const member of [...members].sort((a, b) => a.offset - b.offset)) {
    if (member.offset < last) throw new InputError(`member ${quote(member.name)} overlaps another`);
    last = ends.get(member)!.end;
  }
}

/** Unpacks in small steps, so that a member which lies about its size is stopped before it fills the memory. */
function inflate(packed: Uint8Array, size: number): Uint8Array {
  const STEP = 4096;
  const out = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > size)
      throw new InputError(`it unpacks to more than the ${size} bytes it declares`);
    out.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length || at === 0; at += STEP) {
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
    }
  } catch (error) {
    throw error instanceof InputError ? error : new InputError('its compressed data are damaged');
  }
  if (length !== size) throw new InputError(`it unpacks to ${length} bytes, not the ${size} it declares`);
  return out;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
