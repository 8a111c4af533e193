/**
 * @module The bytes of a file or of standard input one piece after the other, unpacked where they are gzip.
 */
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileError, InputError } from './errors.js';

/** Large enough that reading costs little, small enough that the text of a piece dies young. */
const CHUNK_BYTES = 2 ** 16;

const GZIP = [0x1f, 0x8b];

export interface ByteStream {
  /** What messages call it. */
  readonly name: string;
  /** The first bytes, not removed from `chunks`; few or none where the file is short. */
  readonly head: Buffer;
  /** All bytes, once. Leaving the loop closes the file. */
  readonly chunks: AsyncIterable<Buffer>;
  /** For a stream that nobody will read. */
  close(): Promise<void>;
}

/**
 * Opens a file, or standard input where `path` is `-`. Gzip is recognised by its first bytes.
 *
 * @throws InputError when it cannot be opened; while reading, when gzip data are damaged or cut off.
 */
export async function openBytes(path: string): Promise<ByteStream> {
  const name = path === '-' ? 'standard input' : path;
  const packed = await source(path, name);
  const raw = await withHead(packed);
  if (!GZIP.every((byte, i) => raw.head[i] === byte)) return { name, ...raw };
  return { name, ...(await withHead(gunzip(raw.chunks, name))) };
}

async function source(path: string, name: string): Promise<AsyncGenerator<Buffer>> {
  const stream: Readable =
    path === '-'
      ? process.stdin
      : (
          await open(path, 'r').catch((error) => {
            throw fileError('read', name, error);
          })
        ).createReadStream({ highWaterMark: CHUNK_BYTES });
  return iterate(stream, (error) => fileError('read', name, error));
}

async function* iterate(stream: Readable, explain: (error: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw explain(error);
  }
}

function gunzip(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either end arrives at the reader of `unpacked`.
  pipeline(Readable.from(chunks, { objectMode: false }), unpacked, () => {});
  return iterate(unpacked, (error) => {
    if (!(error instanceof Error && 'code' in error)) return error;
    const cutOff = error.code === 'Z_BUF_ERROR';
    const what = cutOff ? 'are cut off' : `are damaged (${error.message})`;
    return new InputError(`${name}: the gzip data ${what}; copy or download the file again`, {
      cause: error,
    });
  });
}

/** Reads until there are enough bytes to recognise a format, and gives them back to the front. */
async function withHead(chunks: AsyncGenerator<Buffer>): Promise<Omit<ByteStream, 'name'>> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 4) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const all = async function* () {
    try {
      yield head;
      // Not `yield*`: V8 then keeps the pieces until a full collection.
      for await (const chunk of chunks) yield chunk;
    } finally {
      await chunks.return(undefined);
    }
  };
  return {
    head,
    chunks: all(),
    close: async () => {
      await chunks.return(undefined);
    },
  };
}
