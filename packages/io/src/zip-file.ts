/**
 * @module Zip archives too large to be held: members are listed first and read one by one, as ranges of bytes.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { fileError, InputError, within } from './errors.js';
import {
  damaged,
  END_BYTES,
  findDirectory,
  localHeaderLength,
  type Member,
  readDirectory,
  unpackMember,
} from './zip.js';

/** A member of an archive, as plain data: it can be handed to a worker thread. */
export type ZipEntry = Readonly<Member>;

/** The most that one member may unpack to. */
const MAX_ENTRY_BYTES = 2 ** 30;

/** Local headers seldom have more behind them than a name and a few bytes. */
const EXPECTED_EXTRA = 64;

/**
 * The members of an archive in their order, folders left out; those that have a `problem` cannot be read. Reads the
 * directory alone.
 *
 * @throws InputError when the file cannot be read or is no zip archive.
 */
export async function listZip(path: string): Promise<ZipEntry[]> {
  const handle = await open(path, 'r').catch((error) => {
    throw fileError('read', path, error);
  });
  try {
    const { size } = await handle.stat();
    const tail = await readRange(handle, Math.max(0, size - END_BYTES), Math.min(size, END_BYTES));
    const base = size - tail.length;
    const { start, length, count } = within(path, () => findDirectory(viewOf(tail), base));
    const directory = start >= base ? tail.subarray(start - base) : await readRange(handle, start, length);
    return within(path, () => readDirectory(directory.subarray(0, length), count));
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    await handle.close();
  }
}

/**
 * The content of one member.
 *
 * @param archive - the file that `entry` was listed of, open for reading.
 * @throws InputError when the entry has a problem, is too large, damaged, or the archive has changed.
 */
export async function readZipEntry(archive: FileHandle, entry: ZipEntry): Promise<Uint8Array> {
  const { offset, packedSize, size, name, problem } = entry;
  if (problem !== undefined) throw new InputError(problem);
  if (Math.max(size, packedSize) > MAX_ENTRY_BYTES) throw new InputError(`it has ${size} bytes: too large`);
  const guess = 30 + Buffer.byteLength(name) + EXPECTED_EXTRA + packedSize;
  let bytes = await readRange(archive, offset, guess);
  if (bytes.length < 30) throw damaged();
  const begin = localHeaderLength(viewOf(bytes), 0);
  if (begin + packedSize > guess) bytes = await readRange(archive, offset, begin + packedSize);
  if (begin + packedSize > bytes.length) throw damaged();
  return unpackMember(entry, bytes.subarray(begin, begin + packedSize));
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes of a file; fewer where it ends before. */
async function readRange(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}
