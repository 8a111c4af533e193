/**
 * @module Reads WAV audio as bytes, whole or as they arrive. Samples are interleaved: frame by frame, one value per
 * channel, full scale from -1 to 1.
 */
import { NDArray } from '@sextant/engine';
import { InputError, quote } from './errors.js';
import { concat } from './layout.js';

/** Sound held in memory. */
export interface Audio {
  /** Frames per second. */
  sampleRate: number;
  /** Shape [frames, channels]; full scale is -1 to 1. */
  samples: NDArray<'float32'>;
}

/** What the header of a WAV file says of its samples. */
export interface WavFormat {
  /** Frames per second. */
  sampleRate: number;
  channels: number;
  encoding: keyof typeof ENCODINGS;
}

interface Encoding {
  /** 1 for integers, 3 for floating point. */
  tag: 1 | 3;
  bytes: number;
  read(view: DataView, at: number): number;
}

const ENCODINGS = {
  pcm8: { tag: 1, bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 2 ** 7 },
  pcm16: { tag: 1, bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  pcm24: {
    tag: 1,
    bytes: 3,
    read: (view, at) => (view.getUint8(at) | (view.getInt16(at + 1, true) << 8)) / 2 ** 23,
  },
  pcm32: { tag: 1, bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 },
  float32: { tag: 3, bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  float64: { tag: 3, bytes: 8, read: (view, at) => view.getFloat64(at, true) },
} satisfies Record<string, Encoding>;

/** Sizes from here on are what programs write who do not know the size yet: 0xFFFFFFFF (ffmpeg), 0x7FFFF000 (SoX). */
const UNKNOWN_SIZE = 0x7ffff000;

const EXTENSIBLE = 0xfffe;
/** What follows the format tag in the GUIDs of WAVE_FORMAT_EXTENSIBLE. */
const GUID_TAIL = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

const CODECS: Readonly<Record<number, string>> = {
  2: 'ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
};

/**
 * Decodes WAV bytes as they arrive, in blocks cut anywhere: PCM of 8, 16, 24 and 32 bits, floating point of 32 and
 * 64, plain or WAVE_FORMAT_EXTENSIBLE, RIFF or RF64/BW64, headers whose size was never filled in.
 */
export class WavDecoder {
  #format: WavFormat | undefined;
  #frames: number | undefined;
  #pending: Uint8Array = new Uint8Array(0);
  /** What the pending bytes begin with. */
  #state: 'start' | 'chunk' | 'skip' | 'samples' | 'end' = 'start';
  /** Bytes left of the chunk that is skipped or decoded; infinite when the size is not known. */
  #left = 0;
  /** Whether the chunk may end before `#left` bytes: its size was a guess. */
  #open = false;
  /** Whether a padding byte may come before the next chunk. */
  #padded = false;
  #position = 0;
  #riffEnd = 0;
  /** From the ds64 chunk of RF64. */
  #dataSize64: number | undefined;

  /** Known once the whole header is decoded, up to where the samples begin. */
  get format(): WavFormat | undefined {
    return this.#state === 'samples' || this.#state === 'end' ? this.#format : undefined;
  }

  /** How many frames the header promises; undefined while it is not decoded, or if it does not say. */
  get frames(): number | undefined {
    return this.#frames;
  }

  /**
   * Takes the next bytes of the file.
   *
   * @returns the samples they complete, interleaved; possibly none.
   * @throws InputError when the bytes are not WAV, or samples are compressed.
   */
  push(bytes: Uint8Array): Float32Array<ArrayBuffer> {
    this.#pending = this.#pending.length === 0 ? bytes : concat([this.#pending, bytes]);
    while (this.#step());
    const samples = this.#state === 'samples' ? this.#samples() : new Float32Array(0);
    // The caller may use its buffer again.
    this.#pending = this.#state === 'end' ? new Uint8Array(0) : this.#pending.slice();
    return samples;
  }

  /** Says that the file has ended. @throws InputError when there should have been more. */
  end(): void {
    if (!this.format) {
      throw new InputError('the WAV file ends before its samples; it is cut off');
    }
    if (this.#state === 'samples' && !this.#open) {
      throw new InputError(`the WAV file ends ${this.#left} bytes too early; it is cut off`);
    }
  }

  #take(length: number): Uint8Array {
    const bytes = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    this.#position += length;
    return bytes;
  }

  /** Decodes one part of the header; false when more bytes are needed, or none before the samples. */
  #step(): boolean {
    if (this.#state === 'start') return this.#start();
    if (this.#state === 'chunk') return this.#chunk();
    if (this.#state !== 'skip') return false;
    this.#left -= this.#take(Math.min(this.#left, this.#pending.length)).length;
    if (this.#left === 0) this.#state = 'chunk';
    return this.#left === 0;
  }

  #start(): boolean {
    if (this.#pending.length < 12) return false;
    const head = this.#take(12);
    const id = textOf(head, 0);
    if (!['RIFF', 'RF64', 'BW64'].includes(id) || textOf(head, 8) !== 'WAVE') {
      throw new InputError('not a WAV file');
    }
    const size = uint32(head, 4);
    this.#riffEnd = size >= UNKNOWN_SIZE ? 0 : 8 + size;
    this.#state = 'chunk';
    return true;
  }

  #chunk(): boolean {
    // Chunks of odd size are followed by a zero, which some programs forget. No chunk's name begins with one.
    if (this.#padded && this.#pending.length > 0) {
      if (this.#pending[0] === 0) this.#take(1);
      this.#padded = false;
    }
    if (this.#pending.length < 8) return false;
    const id = textOf(this.#pending, 0);
    const size = uint32(this.#pending, 4);
    if (id === 'data') {
      this.#take(8);
      this.#startSamples(size);
      return false;
    }
    if (id !== 'fmt ' && id !== 'ds64') {
      this.#take(8);
      this.#padded = size % 2 === 1;
      this.#left = size;
      this.#state = 'skip';
      return true;
    }
    if (size > 65536) throw new InputError(`a WAV ${quote(id)} chunk of ${size} bytes is not credible`);
    if (this.#pending.length < 8 + size) return false;
    this.#take(8);
    const content = this.#take(size);
    this.#padded = size % 2 === 1;
    if (id === 'fmt ') this.#format = parseFormat(content);
    else if (size < 16) throw new InputError('the WAV ds64 chunk is too short');
    else this.#dataSize64 = uint32(content, 8) + uint32(content, 12) * 2 ** 32;
    return true;
  }

  #startSamples(size: number): void {
    if (!this.#format) throw new InputError('the WAV file has no format before its samples');
    const width = ENCODINGS[this.#format.encoding].bytes * this.#format.channels;
    // A header written before its size was known says 0, and the samples begin where the file is said to end.
    const unfilled = size === 0 && this.#riffEnd <= this.#position;
    if (size === 0xffffffff && this.#dataSize64 !== undefined) this.#left = this.#dataSize64;
    else this.#left = size === 0xffffffff || unfilled ? Number.POSITIVE_INFINITY : size;
    this.#open = unfilled || (size >= UNKNOWN_SIZE && this.#dataSize64 === undefined);
    this.#left -= this.#left === Number.POSITIVE_INFINITY ? 0 : this.#left % width;
    if (!this.#open) this.#frames = this.#left / width;
    this.#state = this.#left === 0 ? 'end' : 'samples';
  }

  #samples(): Float32Array<ArrayBuffer> {
    const { encoding, channels } = this.#format as WavFormat;
    const { bytes, read } = ENCODINGS[encoding];
    const available = Math.min(this.#pending.length, this.#left);
    const content = this.#take(available - (available % (bytes * channels)));
    this.#left -= content.length;
    if (this.#left === 0) this.#state = 'end';
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const samples = new Float32Array(content.length / bytes);
    for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * bytes);
    return samples;
  }
}

/**
 * Decodes a whole WAV file.
 *
 * @throws InputError as `WavDecoder` does.
 */
export function decodeWav(bytes: Uint8Array): Audio {
  const decoder = new WavDecoder();
  const data = decoder.push(bytes);
  decoder.end();
  const { sampleRate, channels } = decoder.format as WavFormat;
  return { sampleRate, samples: new NDArray(data, [data.length / channels, channels], 'float32') };
}

/**
 * The mean of all channels.
 *
 * @param samples - interleaved, whole frames
 * @returns one value a frame; the same array when there is one channel.
 */
export function mono(samples: Float32Array<ArrayBuffer>, channels: number): Float32Array<ArrayBuffer> {
  if (channels === 1) return samples;
  const out = new Float32Array(samples.length / channels);
  for (let frame = 0; frame < out.length; frame++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[frame * channels + c] as number;
    out[frame] = sum / channels;
  }
  return out;
}

const textOf = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
const uint16 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) + uint16(bytes, at + 2) * 65536;

function parseFormat(content: Uint8Array): WavFormat {
  if (content.length < 16) throw new InputError('the WAV format chunk is too short');
  let tag = uint16(content, 0);
  const channels = uint16(content, 2);
  const sampleRate = uint32(content, 4);
  const frameBytes = uint16(content, 12);
  const bits = uint16(content, 14);
  if (tag === EXTENSIBLE) {
    if (content.length < 40 || GUID_TAIL.some((byte, i) => content[26 + i] !== byte)) {
      throw new InputError('the WAV file has an extended format that is not known; convert it to 16-bit PCM');
    }
    tag = uint16(content, 24);
  }
  if (tag !== 1 && tag !== 3) {
    const codec = CODECS[tag] ?? `format ${tag}`;
    throw new InputError(`the WAV file is compressed (${codec}); convert it to 16-bit PCM`);
  }
  if (channels === 0 || sampleRate === 0) {
    throw new InputError(`the WAV file says ${channels} channels at ${sampleRate} Hz; it is damaged`);
  }
  const bytes = Math.ceil(bits / 8);
  const found = Object.entries(ENCODINGS).find(([, e]) => e.tag === tag && e.bytes === bytes);
  if (!found) throw new InputError(`WAV samples of ${bits} bits are not supported; convert it to 16-bit PCM`);
  if (frameBytes !== bytes * channels) {
    throw new InputError(
      `the WAV file says ${frameBytes} bytes for ${channels} × ${bits} bits; it is damaged`,
    );
  }
  return { sampleRate, channels, encoding: found[0] as WavFormat['encoding'] };
}
