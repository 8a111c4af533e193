/**
 * @module Pictures of a video, by the `ffmpeg` program.
 */
import { decodeWithFfmpeg, InputError } from '@sextant/io';
import type { Image } from './image.js';

export interface VideoOptions {
  /** Pictures in a second; others are left out or repeated. Without it all there are. */
  readonly fps?: number;
}

/**
 * The pictures of a video file one after the other: one is in memory at a time. Leaving the loop ends the reading.
 *
 * @throws InputError where ffmpeg is missing, or the file cannot be read or holds no pictures.
 */
export async function* readVideo(path: string, { fps }: VideoOptions = {}): AsyncGenerator<Image> {
  const decoding = await decodeWithFfmpeg(path, path, {
    // Portable pixmaps, each of which tells its size.
    options: [
      ...['-map', '0:v:0', '-c:v', 'ppm', '-f', 'image2pipe'],
      ...(fps === undefined ? ['-fps_mode', 'passthrough'] : ['-vf', `fps=${fps}`]),
    ],
    missing: 'it holds no pictures',
  });
  if (!decoding)
    throw new InputError(`${path}: videos are read by ffmpeg, which is not installed: install it`);
  let pictures = 0;
  try {
    const reader = new Reader(decoding.output);
    for (let image = await nextPixmap(reader); image; image = await nextPixmap(reader), pictures++)
      yield image;
  } finally {
    await decoding.stop();
  }
  if (pictures === 0) throw decoding.complaint();
}

/** A pixmap's header: its width, height and largest level. */
const HEADER = /^P6\n(\d+) (\d+)\n255\n/;
/** No header is longer. */
const HEADER_BYTES = 64;

/** @returns undefined where there are no more. */
async function nextPixmap(reader: Reader): Promise<Image | undefined> {
  const beginning = await reader.peek(HEADER_BYTES);
  if (beginning.length === 0) return undefined;
  const found = HEADER.exec(Buffer.from(beginning).toString('latin1'));
  if (!found) throw new Error('readVideo: ffmpeg wrote something else than pixmaps');
  const [width, height] = [Number(found[1]), Number(found[2])];
  await reader.take(found[0].length);
  return { width, height, data: await reader.take(width * height * 3) };
}

/** Bytes of a stream by number. */
class Reader {
  private readonly chunks: Uint8Array[] = [];
  private held = 0;

  constructor(private readonly source: AsyncIterator<Uint8Array>) {}

  /** The next bytes, which stay; fewer at the end. */
  async peek(count: number): Promise<Uint8Array> {
    await this.fill(count);
    return this.copy(Math.min(count, this.held));
  }

  /** The next bytes. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.fill(count);
    if (this.held < count) throw new Error('readVideo: ffmpeg ended within a picture');
    const bytes = this.copy(count);
    this.held -= count;
    for (let left = count; left > 0; ) {
      const first = this.chunks[0]!;
      if (first.length > left) this.chunks[0] = first.subarray(left);
      else this.chunks.shift();
      left -= Math.min(left, first.length);
    }
    return bytes;
  }

  private async fill(count: number): Promise<void> {
    while (this.held < count) {
      const { value, done } = await this.source.next();
      if (done) return;
      this.chunks.push(value);
      this.held += value.length;
    }
  }

  private copy(count: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const chunk of this.chunks) {
      if (at >= count) break;
      const part = chunk.subarray(0, count - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
