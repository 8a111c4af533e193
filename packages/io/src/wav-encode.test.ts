import { NDArray } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { bytesOf, uint32 } from '../test/pickles.js';
import { expectInputError } from '../test/support.js';
import { chunk, fmt, riff } from '../test/wavs.js';
import { decodeWav } from './wav.js';
import { encodeSamples, encodeWav, wavHeader } from './wav-encode.js';

const audio = (...values: number[]) => ({
  sampleRate: 8000,
  samples: new NDArray(Float32Array.from(values), [values.length, 1], 'float32'),
});
const levels = (...values: number[]) => [
  ...new Int16Array(encodeSamples(Float32Array.from(values), 'pcm16').buffer),
];

describe('samples', () => {
  it('are rounded to the nearest level', () => {
    expect(levels(0, 1 / 32768, 1.49 / 32768, 1.51 / 32768, -1.51 / 32768)).toEqual([0, 1, 1, 2, -2]);
  });

  it('are clipped at full scale, and do not wrap', () => {
    expect(levels(1, 1.5, 1e30, -1, -1.5, 0.99999)).toEqual([32767, 32767, 32767, -32768, -32768, 32767]);
    expect([...encodeSamples(Float32Array.of(1, -2), 'pcm24')]).toEqual([255, 255, 127, 0, 0, 128]);
  });

  it('of float32 are kept above full scale', () => {
    expect([...new Float32Array(encodeSamples(Float32Array.of(1.5, -0.1), 'float32').buffer)]).toEqual([
      1.5,
      Math.fround(-0.1),
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', (value) => {
    for (const encoding of ['pcm16', 'pcm24', 'float32'] as const) {
      expect(expectInputError(() => encodeSamples(Float32Array.of(0, value), encoding, 10))).toBe(
        `sample 11 is ${value}: what made this sound is broken; it is not written`,
      );
    }
  });
});

describe('encodeWav', () => {
  it('writes the 44 bytes that every reader knows', () => {
    expect(encodeWav(audio(-1, 0.5))).toEqual(riff([fmt(), chunk('data', [0, 0x80, 0, 0x40])]));
  });

  it('pads an odd number of bytes, and counts the padding', () => {
    expect(encodeWav(audio(-1), 'pcm24')).toEqual(riff([fmt({ bits: 24 }), chunk('data', [0, 0, 0x80])]));
  });

  it('writes float32 with the chunk that counts frames', () => {
    const format = chunk('fmt ', [...fmt({ tag: 3, bits: 32 }).subarray(8), 0, 0]);
    const fact = chunk('fact', uint32(1));
    expect(encodeWav(audio(1), 'float32')).toEqual(riff([format, fact, chunk('data', [0, 0, 0x80, 0x3f])]));
  });

  it('gives every 16-bit and 24-bit level back', () => {
    const all = Float32Array.from({ length: 65536 }, (_, i) => (i - 32768) / 32768);
    expect(decodeWav(encodeWav(audio(...all))).samples.data).toEqual(all);
    const fine = Float32Array.from({ length: 9999 }, (_, i) => (1677 * i - 2 ** 23) / 2 ** 23);
    expect(decodeWav(encodeWav(audio(...fine), 'pcm24')).samples.data).toEqual(fine);
  });

  it('keeps channels and rate', () => {
    const stereo = {
      sampleRate: 44100,
      samples: new NDArray(Float32Array.of(0.5, -0.5, 0.25, -0.25), [2, 2], 'float32'),
    };
    expect(decodeWav(encodeWav(stereo, 'float32'))).toEqual(stereo);
  });
});

describe('headers', () => {
  const options = { sampleRate: 8000, channels: 2 };

  it('of an unknown length say so as ffmpeg does', () => {
    const header = wavHeader(options, Number.POSITIVE_INFINITY);
    expect(header).toEqual(
      riff([fmt({ channels: 2 }), bytesOf('data', uint32(0xffffffff))], { size: 0xffffffff }),
    );
  });

  it('with room become RF64 beyond 4 GiB, at the same length', () => {
    const small = wavHeader(options, 4, true);
    const large = wavHeader(options, 5e9, true);
    expect(large.length).toBe(small.length);
    expect(small).toEqual(
      riff([chunk('JUNK', new Uint8Array(28)), fmt({ channels: 2 }), bytesOf('data', uint32(4))], {
        size: 76,
      }),
    );
    const wide = (value: number) => [...uint32(value % 2 ** 32), ...uint32(Math.floor(value / 2 ** 32))];
    const sizes = chunk('ds64', [...wide(5e9 + 72), ...wide(5e9), ...wide(5e9 / 4), 0, 0, 0, 0]);
    expect(large).toEqual(
      riff([sizes, fmt({ channels: 2 }), bytesOf('data', uint32(0xffffffff))], {
        id: 'RF64',
        size: 0xffffffff,
      }),
    );
  });
});
