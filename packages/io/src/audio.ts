/**
 * @module Sound from any file or pipe, whole or in blocks: WAV is read here, other formats through ffmpeg.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { NDArray } from '@sextant/engine';
import { fileError, InputError, within } from './errors.js';
import { decodeWithFfmpeg, type Wanted } from './ffmpeg.js';
import { Resampler } from './resample.js';
import { type Audio, mono, WavDecoder, type WavFormat } from './wav.js';

/** What the sound is turned into as it is read. */
export interface AudioOptions {
  /** Frames per second; by default the file's own. */
  sampleRate?: number;
  /** Replaces the channels by their mean. */
  mono?: boolean;
}

/** The first sound of a file, as a WAV stream of 32-bit floating point. */
const SOUND: Wanted = {
  options: ['-map', '0:a:0', '-c:a', 'pcm_f32le', '-f', 'wav'],
  missing: 'it holds no sound',
};

type Block = Float32Array<ArrayBuffer>;

/** A WAV header lies within this; beyond it, the file is not read on in search of one. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

/**
 * A sound that is read once, in blocks: `for await (const block of stream)`. Each block is interleaved whole frames,
 * full scale from -1 to 1. Leaving the loop, or `close`, ends the reading.
 */
export class AudioStream implements AsyncIterable<Block> {
  /** Frames per second. */
  readonly sampleRate: number;
  readonly channels: number;
  /** How many frames will come, if the file says so: for progress bars, not for allocation. */
  readonly frames: number | undefined;
  readonly #blocks: AsyncGenerator<Block>;
  readonly #stop: () => Promise<void>;
  #used = false;

  constructor(
    sampleRate: number,
    channels: number,
    frames: number | undefined,
    blocks: AsyncGenerator<Block>,
    stop: () => Promise<void>,
  ) {
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.frames = frames;
    this.#blocks = blocks;
    this.#stop = stop;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Block> {
    if (this.#used) throw new Error('AudioStream: it can be read once only');
    this.#used = true;
    try {
      yield* this.#blocks;
    } finally {
      await this.#stop();
    }
  }

  /** Ends the reading before its time. */
  async close(): Promise<void> {
    this.#used = true;
    await this.#stop();
  }
}

/**
 * Opens a sound for reading in blocks.
 *
 * @param source - a path, or `-` for standard input
 * @throws InputError when it is missing, is no sound, or needs ffmpeg and that is not installed; while reading, when
 * the file turns out to be cut off.
 */
export async function openAudio(source: string, options: AudioOptions = {}): Promise<AudioStream> {
  if (source === '-') return openAudioStream(process.stdin, 'standard input', options);
  let isFile: boolean;
  try {
    isFile = (await stat(source)).isFile();
  } catch (error) {
    throw fileError('read', source, error);
  }
  return open({ name: source, stream: createReadStream(source), path: isFile ? source : undefined }, options);
}

/**
 * Opens a sound that arrives through a Node stream of bytes.
 *
 * @param name - what messages call it
 * @throws InputError as `openAudio` does.
 */
export function openAudioStream(
  stream: Readable,
  name = 'the stream',
  options: AudioOptions = {},
): Promise<AudioStream> {
  return open({ name, stream, path: undefined }, options);
}

/**
 * Reads a whole sound.
 *
 * @param source - a path, or `-` for standard input
 * @throws InputError as `openAudio` does.
 */
export async function readAudio(source: string, options: AudioOptions = {}): Promise<Audio> {
  const stream = await openAudio(source, options);
  const { sampleRate, channels } = stream;
  const blocks: Block[] = [];
  for await (const block of stream) blocks.push(block);
  const data = join(blocks);
  return { sampleRate, samples: new NDArray(data, [data.length / channels, channels], 'float32') };
}

interface Input {
  name: string;
  stream: Readable;
  /** Given for regular files, in which ffmpeg can jump; some formats need that. */
  path: string | undefined;
}

async function open({ name, stream, path }: Input, options: AudioOptions): Promise<AudioStream> {
  const bytes = bytesOf(stream, name);
  let stop = async () => void stream.destroy();
  try {
    let wav = await startWav(bytes, name);
    if (wav.problem !== undefined) {
      const decoding = await decodeWithFfmpeg(path ?? chain(wav.seen, bytes), name, SOUND);
      if (!decoding) {
        throw new InputError(
          `${name}: ${wav.problem}; for other formats install ffmpeg (https://ffmpeg.org), or convert it to WAV`,
        );
      }
      stop = async () => {
        stream.destroy();
        await decoding.stop();
      };
      wav = await startWav(decoding.output, name);
      if (wav.problem !== undefined) throw decoding.complaint();
      wav.blocks = notEmpty(wav.blocks, decoding.complaint);
    }
    return within(name, () => convert(wav, stop, options));
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StartedWav {
  decoder: WavDecoder;
  /** Why this is no WAV file that is read here. */
  problem: string | undefined;
  /** What was read to find that out. */
  seen: Uint8Array[];
  blocks: AsyncGenerator<Block>;
}

/** Reads a WAV header, and promises its samples. */
async function startWav(bytes: AsyncGenerator<Uint8Array>, name: string): Promise<StartedWav> {
  const decoder = new WavDecoder();
  const seen: Uint8Array[] = [];
  const first: Block[] = [];
  let problem: string | undefined;
  for (let length = 0; !decoder.format && problem === undefined; ) {
    const { value, done } = await bytes.next();
    try {
      if (done) decoder.end();
      else {
        seen.push(value);
        length += value.length;
        first.push(decoder.push(value));
      }
      if (length > MAX_HEADER_BYTES && !decoder.format) throw new InputError('its WAV header does not end');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problem = error.message;
    }
  }
  async function* blocks(): AsyncGenerator<Block> {
    yield* first;
    for await (const chunk of bytes) yield within(name, () => decoder.push(chunk));
    within(name, () => decoder.end());
  }
  return { decoder, problem, seen, blocks: blocks() };
}

function convert(
  { decoder, blocks }: StartedWav,
  stop: () => Promise<void>,
  options: AudioOptions,
): AudioStream {
  const { sampleRate: from, channels: all } = decoder.format as WavFormat;
  const to = options.sampleRate ?? from;
  const channels = options.mono ? 1 : all;
  const resampler = from === to ? undefined : new Resampler(from, to, channels);
  async function* converted(): AsyncGenerator<Block> {
    for await (const block of blocks) {
      const mixed = options.mono ? mono(block, all) : block;
      const out = resampler ? resampler.push(mixed) : mixed;
      if (out.length > 0) yield out;
    }
    const rest = resampler?.end();
    if (rest && rest.length > 0) yield rest;
  }
  const frames = decoder.frames === undefined ? undefined : Math.ceil((decoder.frames * to) / from);
  return new AudioStream(to, channels, frames, converted(), stop);
}

async function* bytesOf(stream: Readable, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    throw fileError('read', name, error);
  }
}

/** ffmpeg ends well even where it found no sound. */
async function* notEmpty(blocks: AsyncGenerator<Block>, complaint: () => InputError): AsyncGenerator<Block> {
  let length = 0;
  for await (const block of blocks) {
    length += block.length;
    yield block;
  }
  if (length === 0) throw complaint();
}

async function* chain(first: Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

function join(blocks: readonly Block[]): Block {
  const out = new Float32Array(blocks.reduce((n, block) => n + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}
