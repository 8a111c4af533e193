import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesOf, uint32 } from '../test/pickles.js';
import { expectFlipsSurvived, expectInputError, expectTruncationsRefused, shared } from '../test/support.js';
import { chunk, fmt, riff, uint16 } from '../test/wavs.js';
import { concat } from './layout.js';
import { decodeWav, mono, WavDecoder } from './wav.js';

const samplesOf = (bytes: Uint8Array) => [...decodeWav(bytes).samples.data];
const littleEndian = (array: Float32Array | Float64Array | Int32Array) => [...new Uint8Array(array.buffer)];

/** -1, 0 and 0.5 as 16-bit samples. */
const DATA = [0, 0x80, 0, 0, 0, 0x40];
const PLAIN = riff([fmt(), chunk('data', DATA)]);

describe('encodings', () => {
  it.each<[string, Parameters<typeof fmt>[0], number[], number[]]>([
    ['8-bit', { bits: 8 }, [0, 128, 255, 192], [-1, 0, 127 / 128, 0.5]],
    ['16-bit', { bits: 16 }, [0, 0x80, 0xff, 0x7f, 1, 0], [-1, 32767 / 32768, 1 / 32768]],
    ['12-bit in two bytes', { bits: 12 }, [0, 0x80, 0, 0x40], [-1, 0.5]],
    ['24-bit', { bits: 24 }, [0, 0, 0x80, 255, 255, 255, 1, 2, 3], [-1, -1 / 2 ** 23, 0x030201 / 2 ** 23]],
    ['32-bit', { bits: 32 }, [0, 0, 0, 0x80, 0, 0, 0, 0x40], [-1, 0.5]],
    ['float 32', { tag: 3, bits: 32 }, littleEndian(Float32Array.of(0.25, -1.5)), [0.25, -1.5]],
    ['float 64', { tag: 3, bits: 64 }, littleEndian(Float64Array.of(0.25, -1.5)), [0.25, -1.5]],
  ])('%s', (_, format, data, samples) => {
    expect(samplesOf(riff([fmt(format), chunk('data', data)]))).toEqual(samples);
  });

  it('extensible formats say what they hold in a longer chunk', () => {
    const tail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
    const extensible = (sub: number, bits: number, end = tail) => {
      const width = bits / 8;
      return chunk('fmt ', [
        ...[0xfe, 0xff, 1, 0],
        ...uint32(8000),
        ...uint32(8000 * width),
        ...uint16(width),
        ...uint16(bits),
        ...[22, 0, 20, 0, 4, 0, 0, 0],
        ...uint16(sub),
        ...end,
      ]);
    };
    expect(samplesOf(riff([extensible(1, 24), chunk('data', [0, 0, 0x40])]))).toEqual([0.5]);
    expect(samplesOf(riff([extensible(3, 32), chunk('data', littleEndian(Float32Array.of(0.3)))]))).toEqual([
      Math.fround(0.3),
    ]);
    const message = 'the WAV file has an extended format that is not known; convert it to 16-bit PCM';
    const wrong = riff([extensible(1, 24, tail.with(5, 1)), chunk('data', [])]);
    expect(expectInputError(() => decodeWav(wrong))).toBe(message);
    const short = riff([fmt({ tag: 0xfffe }), chunk('data', [])]);
    expect(expectInputError(() => decodeWav(short))).toBe(message);
  });

  it('rate and channels', () => {
    const audio = decodeWav(
      riff([fmt({ channels: 3, rate: 4294967295, bits: 8 }), chunk('data', [0, 128, 192, 1, 2, 3])]),
    );
    expect(audio.sampleRate).toBe(4294967295);
    expect(audio.samples.shape).toEqual([2, 3]);
    expect([...audio.samples.data.subarray(0, 3)]).toEqual([-1, 0, 0.5]);
  });
});

describe('containers', () => {
  const EXPECTED = [-1, 0, 0.5];
  const size64 = (size: number) =>
    chunk('ds64', [...uint32(0), ...uint32(0), ...uint32(size), ...uint32(0), ...Array(12).fill(0)]);
  const unsized = { size: 0xffffffff };

  it.each<[string, Uint8Array]>([
    ['plain', PLAIN],
    [
      'other chunks before, between and after',
      riff([chunk('JUNK', [1, 2]), fmt(), chunk('LIST', []), chunk('data', DATA), chunk('id3 ', [9])]),
    ],
    [
      'a format chunk of odd size',
      riff([chunk('fmt ', [...fmt().subarray(8), 1, 0, 0]), chunk('data', DATA)]),
    ],
    ['an odd chunk with its padding', riff([chunk('LIST', [1, 2, 3]), fmt(), chunk('data', DATA)])],
    [
      'an odd chunk without padding',
      riff([chunk('LIST', [1, 2, 3], { pad: 0 }), fmt(), chunk('data', DATA)]),
    ],
    [
      'an odd chunk without padding before the samples',
      riff([fmt(), chunk('LIST', [1], { pad: 0 }), chunk('data', DATA)]),
    ],
    ['a wrong RIFF size', riff([fmt(), chunk('data', DATA)], { size: 1 })],
    ['sizes that were never filled in (0)', riff([fmt(), chunk('data', DATA, { size: 0 })], { size: 0 })],
    ['sizes of a header without samples', riff([fmt(), chunk('data', DATA, { size: 0 })], { size: 36 })],
    ['sizes of a pipe (ffmpeg)', riff([fmt(), chunk('data', DATA, unsized)], unsized)],
    ['sizes of a pipe (SoX)', riff([fmt(), chunk('data', DATA, { size: 0x7ffff000 })], { size: 0x7ffff024 })],
    [
      'a pipe cut inside a frame',
      concat([riff([fmt(), chunk('data', DATA, unsized)], unsized), Uint8Array.of(7)]),
    ],
    ['RF64', riff([size64(6), fmt(), chunk('data', DATA, unsized)], { id: 'RF64', ...unsized })],
    [
      'BW64 with chunks after the samples',
      riff([size64(6), fmt(), chunk('data', DATA, unsized), chunk('axml', [1])], { id: 'BW64', ...unsized }),
    ],
    ['half a frame at the end', riff([fmt(), chunk('data', [...DATA, 1])])],
  ])('%s', (_, bytes) => {
    expect(samplesOf(bytes)).toEqual(EXPECTED);
    for (const step of [1, 2, 3, 5, 8]) {
      const decoder = new WavDecoder();
      const parts: number[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        const block = bytes.slice(at, at + step);
        parts.push(...decoder.push(block));
        block.fill(0x55);
      }
      decoder.end();
      expect(parts).toEqual(EXPECTED);
    }
  });

  it('no samples at all', () => {
    const audio = decodeWav(riff([fmt({ channels: 2 }), chunk('data', []), chunk('LIST', [1, 2, 3, 4])]));
    expect(audio.samples.shape).toEqual([0, 2]);
    expect(decodeWav(riff([fmt(), chunk('data', [])], { size: 0xffffffff })).samples.shape).toEqual([0, 1]);
  });

  it('tells the length in advance where the header does', () => {
    const decoder = new WavDecoder();
    decoder.push(PLAIN.subarray(0, 43));
    expect([decoder.format, decoder.frames]).toEqual([undefined, undefined]);
    decoder.push(PLAIN.subarray(43, 44));
    expect(decoder.format).toEqual({ sampleRate: 8000, channels: 1, encoding: 'pcm16' });
    expect(decoder.frames).toBe(3);
    const pipe = new WavDecoder();
    pipe.push(riff([fmt(), chunk('data', DATA, unsized)], unsized));
    expect(pipe.frames).toBeUndefined();
  });
});

describe('refusals', () => {
  it.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'the WAV file ends before its samples; it is cut off'],
    ['another format', bytesOf('ID3\x04 and so on, an MP3 file'), 'not a WAV file'],
    ['another RIFF', bytesOf('RIFF', uint32(4), 'AVI '), 'not a WAV file'],
    ['big-endian RIFX', bytesOf('RIFX', uint32(4), 'WAVE'), 'not a WAV file'],
    ['no samples', riff([fmt()]), 'the WAV file ends before its samples; it is cut off'],
    ['no format', riff([chunk('data', DATA)]), 'the WAV file has no format before its samples'],
    [
      'samples cut off',
      PLAIN.subarray(0, PLAIN.length - 1),
      'the WAV file ends 2 bytes too early; it is cut off',
    ],
    [
      'RF64 samples cut off',
      riff(
        [
          chunk('ds64', [...Array(8).fill(0), 0, 0, 0, 0, 1, ...Array(15).fill(0)]),
          fmt(),
          chunk('data', DATA, { size: 0xffffffff }),
        ],
        { id: 'RF64' },
      ),
      'the WAV file ends 4294967290 bytes too early; it is cut off',
    ],
    [
      'mu-law',
      riff([fmt({ tag: 7, bits: 8 })]),
      'the WAV file is compressed (mu-law); convert it to 16-bit PCM',
    ],
    [
      'an unknown codec',
      riff([fmt({ tag: 999 })]),
      'the WAV file is compressed (format 999); convert it to 16-bit PCM',
    ],
    [
      '64-bit integers',
      riff([fmt({ bits: 64 })]),
      'WAV samples of 64 bits are not supported; convert it to 16-bit PCM',
    ],
    [
      '16-bit floats',
      riff([fmt({ tag: 3, bits: 16 })]),
      'WAV samples of 16 bits are not supported; convert it to 16-bit PCM',
    ],
    [
      'no bits',
      riff([fmt({ bits: 0 })]),
      'WAV samples of 0 bits are not supported; convert it to 16-bit PCM',
    ],
    ['no channels', riff([fmt({ channels: 0 })]), 'the WAV file says 0 channels at 8000 Hz; it is damaged'],
    ['no rate', riff([fmt({ rate: 0 })]), 'the WAV file says 1 channels at 0 Hz; it is damaged'],
    [
      'a frame size that disagrees',
      riff([fmt({ channels: 2, frameBytes: 2 })]),
      'the WAV file says 2 bytes for 2 × 16 bits; it is damaged',
    ],
    ['a short format', riff([chunk('fmt ', [1, 0])]), 'the WAV format chunk is too short'],
    [
      'a huge format',
      riff([chunk('fmt ', [], { size: 1e9 })]),
      'a WAV "fmt " chunk of 1000000000 bytes is not credible',
    ],
    ['a short ds64', riff([chunk('ds64', [1, 2])]), 'the WAV ds64 chunk is too short'],
  ])('%s', (_, bytes, message) => {
    expect(expectInputError(() => decodeWav(bytes))).toBe(message);
  });

  it('every truncation; random damage', () => {
    const bytes = riff([
      chunk('LIST', [1, 2, 3]),
      fmt({ channels: 2, bits: 24 }),
      chunk('data', new Uint8Array(600)),
    ]);
    expectTruncationsRefused(bytes, decodeWav);
    expect(expectFlipsSurvived(bytes.subarray(0, 70), decodeWav).length).toBeGreaterThan(1000);
  });
});

describe('mono', () => {
  it('is the mean of the channels', () => {
    expect([...mono(Float32Array.of(1, 0, -1, 0.5, 0.25, 0), 2)]).toEqual([0.5, -0.25, 0.125]);
    expect([...mono(Float32Array.of(1, 2, 6), 3)]).toEqual([3]);
    const one = Float32Array.of(1, 2);
    expect(mono(one, 1)).toBe(one);
  });
});

const speech = shared('data/speech/LJ001-0001.wav');
it.skipIf(!speech)('reads real speech', () => {
  const { sampleRate, samples } = decodeWav(readFileSync(speech!));
  expect(sampleRate).toBe(22050);
  expect(samples.shape).toEqual([212893, 1]);
  // What libsndfile reads.
  expect([...samples.data.subarray(0, 5)].map((x) => x * 32768)).toEqual([-24, -25, -21, -25, -25]);
  expect(samples.data.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1993.866190369241, 9);
});
