import { describe, expect, it } from 'vitest';
import { expectInputError, seeded } from '../test/support.js';
import { concat } from './layout.js';
import { Resampler, resample } from './resample.js';

const sine = (frequency: number, rate: number, length: number, phase = 1) =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate + phase));
const decibels = (ratio: number) => 20 * Math.log10(ratio);
/** Root mean square of the middle of a signal, away from the silence before and after it. */
const level = (x: ArrayLike<number>, margin: number) => {
  let sum = 0;
  for (let i = margin; i < x.length - margin; i++) sum += (x[i] as number) ** 2;
  return Math.sqrt(sum / (x.length - 2 * margin));
};
const PAIRS: [number, number][] = [
  [44100, 22050],
  [48000, 22050],
  [16000, 22050],
  [22050, 16000],
  [22050, 44100],
  [8000, 22050],
];

describe('quality', () => {
  it.each(PAIRS)('%i to %i Hz: sines in the pass band keep amplitude and phase to 105 dB', (from, to) => {
    const nyquist = Math.min(from, to) / 2;
    for (const fraction of [0.01, 0.3, 0.6, 0.88]) {
      const frequency = fraction * nyquist;
      const output = resample(sine(frequency, from, from / 5), from, to);
      const expected = sine(frequency, to, output.length);
      const margin = Math.ceil((70 * to) / Math.min(from, to));
      const error = output.map((x, i) => x - (expected[i] as number));
      expect(decibels(level(expected, margin) / level(error, margin))).toBeGreaterThan(105);
    }
  });

  it.each(PAIRS.filter(([from, to]) => from > to))(
    '%i to %i Hz: what would alias is 105 dB down',
    (from, to) => {
      for (const fraction of [1, 1.03, 1.2, 1.35]) {
        const input = sine((fraction * to) / 2, from, from / 5);
        const output = resample(input, from, to);
        expect(decibels(level(output, 100) / level(input, 300))).toBeLessThan(-105);
      }
    },
  );

  it.each(PAIRS.filter(([from, to]) => from < to))(
    '%i to %i Hz: no image appears above the input',
    (from, to) => {
      // The image of a sine at f is at from - f; project the output on it.
      const frequency = 0.4 * from;
      const output = resample(sine(frequency, from, from), from, to).subarray(1000, -1000);
      const image = ((from - frequency) * 2 * Math.PI) / to;
      let re = 0;
      let im = 0;
      output.forEach((x, i) => {
        const window = Math.sin((Math.PI * i) / output.length) ** 4;
        re += window * x * Math.cos(image * i);
        im += window * x * Math.sin(image * i);
      });
      expect(decibels(Math.hypot(re, im) / output.length)).toBeLessThan(-105);
    },
  );

  it('keeps a constant, and the place of an impulse', () => {
    const constant = resample(new Float32Array(2000).fill(0.5), 16000, 22050);
    for (const x of constant.subarray(200, -200)) expect(Math.abs(x - 0.5)).toBeLessThan(1e-7);
    const impulse = new Float32Array(1000);
    impulse[400] = 1;
    const output = resample(impulse, 16000, 32000);
    expect(output.indexOf(Math.max(...output))).toBe(800);
    for (let d = 1; d < 100; d++) expect(output[800 + d]).toBeCloseTo(output[800 - d] as number, 7);
  });
});

describe('lengths', () => {
  it.each([
    [0, 44100, 22050, 0],
    [1, 44100, 22050, 1],
    [3, 44100, 22050, 2],
    [1, 8000, 48000, 6],
    [1000, 44100, 48000, 1089],
    [44100, 44100, 22050, 22050],
  ])('%i frames from %i to %i Hz are %i', (frames, from, to, expected) => {
    expect(resample(new Float32Array(frames), from, to).length).toBe(expected);
  });

  it('equal rates copy', () => {
    const x = Float32Array.of(1, 2, 3);
    const y = resample(x, 8000, 8000);
    expect(y).toEqual(x);
    expect(y.buffer).not.toBe(x.buffer);
  });
});

describe('blocks', () => {
  const random = seeded(3);
  const noise = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1);

  it.each([...PAIRS, [192000, 8000] as const, [8000, 192000] as const])(
    '%i to %i Hz: equal to the whole, bit for bit',
    (from, to) => {
      const input = noise(6000);
      const whole = resample(input, from, to);
      for (const largest of [1, 40, 700, 5000]) {
        const resampler = new Resampler(from, to);
        const parts: Float32Array[] = [];
        for (let at = 0; at < input.length; ) {
          const length = largest === 1 ? 1 : Math.floor(random() * (largest + 1));
          parts.push(resampler.push(input.subarray(at, at + length)));
          at += length;
        }
        parts.push(resampler.end());
        const joined = concat(parts.map((p) => new Uint8Array(p.buffer)));
        expect(Buffer.compare(joined, new Uint8Array(whole.buffer))).toBe(0);
      }
    },
  );

  it('channels do not touch one another', () => {
    const [left, right] = [noise(2000), noise(2000)];
    const stereo = Float32Array.from({ length: 4000 }, (_, i) => (i % 2 ? right : left)[i >> 1] as number);
    const output = resample(stereo, 44100, 22050, 2);
    expect(output.filter((_, i) => i % 2 === 0)).toEqual(resample(left, 44100, 22050));
    expect(output.filter((_, i) => i % 2 === 1)).toEqual(resample(right, 44100, 22050));
  });
});

describe('refusals', () => {
  it.each([
    [0, 8000, 'a sampling rate of 0 Hz is not possible; give a whole number'],
    [8000, 22050.5, 'a sampling rate of 22050.5 Hz is not possible; give a whole number'],
    [8000, Number.NaN, 'a sampling rate of NaN Hz is not possible; give a whole number'],
    [4294967295, 22050, 'cannot resample from 4294967295 to 22050 Hz; choose rates with a simpler ratio'],
    [1, 22050, 'cannot resample from 1 to 22050 Hz; choose rates with a simpler ratio'],
    [999983, 1000003, 'cannot resample from 999983 to 1000003 Hz; choose rates with a simpler ratio'],
  ])('%d to %d Hz', (from, to, message) => {
    expect(expectInputError(() => new Resampler(from, to))).toBe(message);
  });
});
