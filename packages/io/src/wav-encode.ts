/**
 * @module Writes WAV audio as bytes.
 */
import { InputError } from './errors.js';
import { concat } from './layout.js';
import type { Audio } from './wav.js';

/** How samples are stored: 16-bit or 24-bit integers, or 32-bit floating point. */
export type WavEncoding = 'pcm16' | 'pcm24' | 'float32';

/** What a WAV file that is written holds. */
export interface WavOptions {
  /** Frames per second. */
  sampleRate: number;
  /** Default 1. */
  channels?: number;
  /** Default `pcm16`. */
  encoding?: WavEncoding;
}

const BYTES: Readonly<Record<WavEncoding, number>> = { pcm16: 2, pcm24: 3, float32: 4 };

/** The largest size a RIFF header can state. */
const MAX_RIFF_BYTES = 0xffffffff;

/**
 * The bytes of a WAV file.
 *
 * @param encoding - integers are rounded to the nearest and clipped at full scale
 * @throws InputError when a sample is not a finite number, or the file would exceed 4 GiB.
 */
export function encodeWav(audio: Audio, encoding: WavEncoding = 'pcm16'): Uint8Array {
  const { sampleRate, samples } = audio;
  const data = encodeSamples(samples.data, encoding);
  if (data.length > MAX_RIFF_BYTES - 100) throw new InputError('the sound is too long for one WAV file');
  const header = wavHeader({ sampleRate, channels: samples.shape[1] ?? 1, encoding }, data.length);
  return concat([header, data, new Uint8Array(data.length % 2)]);
}

/**
 * Samples as they are stored, interleaved as they are given. Integers are `round(x · 2^(bits - 1))`, clipped.
 *
 * @param first - the number of the first sample, for the message
 * @throws InputError when a sample is not a finite number.
 */
export function encodeSamples(
  samples: Float32Array,
  encoding: WavEncoding,
  first = 0,
): Uint8Array<ArrayBuffer> {
  const bytes = BYTES[encoding];
  const out = new Uint8Array(samples.length * bytes);
  const view = new DataView(out.buffer);
  const scale = 2 ** (8 * bytes - 1);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    if (!Number.isFinite(value)) {
      throw new InputError(
        `sample ${first + i} is ${value}: what made this sound is broken; it is not written`,
      );
    }
    const at = i * bytes;
    if (encoding === 'float32') {
      view.setFloat32(at, value, true);
      continue;
    }
    const level = Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));
    view.setInt16(at + bytes - 2, encoding === 'pcm16' ? level : level >> 8, true);
    if (encoding === 'pcm24') view.setUint8(at, level & 255);
  }
  return out;
}

/**
 * A WAV header.
 *
 * @param dataBytes - how long the samples are; `Infinity` when that is not known and cannot be filled in later
 * @param reserve - leaves room for the sizes of RF64, so that a header of the same length can replace this one when the
 * file turns out to exceed 4 GiB
 */
export function wavHeader(options: WavOptions, dataBytes: number, reserve = false): Uint8Array<ArrayBuffer> {
  const { sampleRate, channels = 1, encoding = 'pcm16' } = options;
  const isFloat = encoding === 'float32';
  const frameBytes = BYTES[encoding] * channels;
  const length = 12 + (reserve ? 36 : 0) + (isFloat ? 26 + 12 : 24) + 8;
  const riffBytes = length - 8 + dataBytes + (dataBytes % 2 || 0);
  const known = Number.isFinite(dataBytes);
  const is64 = known && riffBytes > MAX_RIFF_BYTES;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let at = 0;
  const text = (value: string) => {
    for (const character of value) out[at++] = character.charCodeAt(0);
  };
  const uint = (width: 2 | 4 | 8, value: number) => {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, Math.min(value, MAX_RIFF_BYTES), true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  };
  text(is64 ? 'RF64' : 'RIFF');
  uint(4, is64 ? MAX_RIFF_BYTES : riffBytes);
  text('WAVE');
  if (reserve) {
    text(is64 ? 'ds64' : 'JUNK');
    uint(4, 28);
    uint(8, is64 ? riffBytes : 0);
    uint(8, is64 ? dataBytes : 0);
    uint(8, is64 ? dataBytes / frameBytes : 0);
    uint(4, 0);
  }
  text('fmt ');
  uint(4, isFloat ? 18 : 16);
  uint(2, isFloat ? 3 : 1);
  uint(2, channels);
  uint(4, sampleRate);
  uint(4, sampleRate * frameBytes);
  uint(2, frameBytes);
  uint(2, 8 * BYTES[encoding]);
  if (isFloat) {
    uint(2, 0);
    text('fact');
    uint(4, 4);
    uint(4, dataBytes / frameBytes);
  }
  text('data');
  uint(4, is64 ? MAX_RIFF_BYTES : dataBytes);
  return out;
}
