/**
 * @module Whole-file reads and atomic writes, with the operating system's errors turned into one clear line.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { access, constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileError, InputError } from './errors.js';
import { onExit } from './on-exit.js';

/** Bytes up to which a file is read at once: 10 µs; by way of Node's threads it is 270 µs of processor time. */
const SMALL = 2 ** 20;

/**
 * The bytes of a file.
 *
 * @throws InputError when it is missing, a folder, not permitted or too large to be held.
 */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    const found = statSync(path);
    // A pipe may have nothing to read yet, and would hold everything up.
    if (found.isFile() && found.size <= SMALL) return readFileSync(path);
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      // Node's own reader stops at 2 GiB; a pipe or device has no size and is left to it.
      if (size < 2 ** 31) return await handle.readFile();
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await handle.read(bytes, at, Math.min(size - at, 2 ** 30), at);
        if (bytesRead === 0) return bytes.subarray(0, at);
        at += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`cannot read ${path}: it is too large; split it`);
    throw fileError('read', path, error);
  }
}

/**
 * Writes a file so that `path` holds either what it held before or all of the new bytes, also after a crash or a
 * power cut.
 *
 * @param chunks - the file's content in pieces, written one after the other
 * @throws InputError when the folder is missing, the disk is full, or writing is not permitted.
 */
export async function writeFile(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const file = await OutputFile.open(path);
  try {
    for (const chunk of chunks) await file.append(chunk);
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/**
 * Refuses, before any work is done, a path that {@link OutputFile.open} would refuse. Leaves nothing behind.
 *
 * @throws InputError as it does.
 */
export async function requireWritable(path: string): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  // A pipe's reader would take a file that is opened and closed for the whole.
  if (existing && !existing.isFile() && !existing.isDirectory()) return;
  const file = await OutputFile.open(path);
  await file.abort();
}

interface Temporary {
  readonly name: string;
  /** From now on it is not removed when the process ends. */
  keep(): void;
}

/**
 * A file being written under a temporary name beside its final one. `commit` flushes it to the disk and gives it its
 * name; `abort` removes it, and so do a signal that ends the process and `process.exit`. What is not a regular file (`/dev/null`, a named pipe) is written in place.
 */
export class OutputFile {
  /** True when `writeAt` may go back over what was written. */
  readonly seekable: boolean;
  #handle: FileHandle;
  #path: string;
  #target: string;
  #temporary: Temporary | undefined;
  #length = 0;
  #open = true;

  private constructor(handle: FileHandle, path: string, target: string, temporary?: Temporary) {
    this.#handle = handle;
    this.#path = path;
    this.#target = target;
    this.#temporary = temporary;
    this.seekable = temporary !== undefined;
  }

  /** @throws InputError when `path` is empty or a folder, its folder is missing, or writing is not permitted. */
  static async open(path: string): Promise<OutputFile> {
    if (path === '') throw new InputError('cannot write a file: its path is empty; give a path');
    try {
      const existing = await stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (existing?.isDirectory()) {
        throw new InputError(`cannot write ${path}: it is a folder; give the path of a file`);
      }
      if (existing && !existing.isFile()) return new OutputFile(await open(path, 'w'), path, path);
      // A rename would replace a file that may only be read.
      if (existing) await access(path, constants.W_OK);
      // A link is followed, so that the file it names is replaced and not the link.
      const target = existing ? await realpath(path) : path;
      const name = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
      const keep = onExit(() => rmSync(name, { force: true }));
      const handle = await open(name, 'wx', existing ? existing.mode & 0o777 : 0o666).catch((error) => {
        keep();
        throw error;
      });
      return new OutputFile(handle, path, target, { name, keep });
    } catch (error) {
      throw fileError('write', path, error);
    }
  }

  /** Number of bytes appended so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds bytes at the end. @throws InputError when the disk is full. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, this.seekable ? this.#length : null);
    this.#length += bytes.length;
  }

  /** Overwrites bytes already appended; needs `seekable`. */
  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    await this.#write(bytes, position);
  }

  /** Flushes the file to the disk, closes it and gives it its name. */
  async commit(): Promise<void> {
    try {
      if (this.#temporary !== undefined) await this.#handle.sync();
      await this.#close();
      if (this.#temporary === undefined) return;
      await rename(this.#temporary.name, this.#target);
      this.#temporary.keep();
      await syncFolder(dirname(this.#target));
    } catch (error) {
      await this.abort();
      throw fileError('write', this.#path, error);
    }
  }

  /** Closes and removes the temporary file. Does nothing after `commit`. */
  async abort(): Promise<void> {
    await this.#close().catch(() => {});
    if (this.#temporary === undefined) return;
    await rm(this.#temporary.name, { force: true }).catch(() => {});
    this.#temporary.keep();
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }

  async #write(bytes: Uint8Array, position: number | null): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const at = position === null ? null : position + done;
        done += (await this.#handle.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
    } catch (error) {
      throw fileError('write', this.#path, error);
    }
  }
}

/** A stream such as standard output, to which bytes can only be added. */
export class OutputStream {
  readonly seekable = false;
  #stream: Writable;
  #name: string;

  /** @param name - what messages call it */
  constructor(stream: Writable, name: string) {
    this.#stream = stream;
    this.#name = name;
    // Errors arrive at `append`; an event that nobody hears would end the process.
    stream.on('error', () => {});
  }

  /** Adds bytes, and waits until they are taken. @throws InputError when the reader has gone. */
  async append(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) reject(fileError('write', this.#name, error));
        else resolve();
      });
    });
  }
}

/** Makes a rename survive a power cut. Some systems cannot flush a folder; the rename is atomic all the same. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
