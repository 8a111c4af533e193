import { describe, expect, it } from 'vitest';
import { stoi } from './stoi.js';

/** A linear congruential generator: numbers of [-1, 1) that the reference computation drew too. */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Three tones that swell four times a second, with a pause. */
function tones(sampleRate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * sampleRate }, (_, n) => {
    const t = n / sampleRate;
    const angle = 2 * Math.PI * t;
    const sum = Math.sin(220 * angle) + 0.5 * Math.sin(1170 * angle) + 0.3 * Math.sin(2900 * angle);
    return t >= 0.6 && t < 0.75 ? 0 : (0.5 - 0.5 * Math.cos(4 * angle)) * sum * 0.4;
  });
}

const clean = tones(10000, 1);
const noisy = (x: Float32Array, gain: number) => {
  const random = noise(x.length);
  return x.map((v, i) => v + Math.fround(Math.fround(gain) * random[i]!));
};

describe('short-time objective intelligibility', () => {
  // Computed by pystoi 0.4.1 on the same signals.
  it.each([
    [0.02, 0.7431561859951822],
    [0.1, 0.6347825311163805],
    [0.5, 0.5006217895484342],
  ])('of speech with noise of %f is what pystoi says', (gain, expected) => {
    expect(stoi(clean, noisy(clean, gain), 10000)).toBeCloseTo(expected, 6);
  });
  it('is 1 for equal signals at any level', () => {
    const quieter = clean.map((v) => v / 8);
    expect(stoi(clean, clean, 10000)).toBeCloseTo(1, 12);
    expect(stoi(clean, quieter, 10000)).toBeCloseTo(1, 6);
  });
  it('does not depend on the sampling rate', () => {
    const x = tones(22050, 1);
    const half = (v: number, i: number) => v + 0.1 * Math.sin(0.05 * i * (10000 / 22050) + 1);
    const at10k = stoi(
      clean,
      clean.map((v, i) => v + 0.1 * Math.sin(0.05 * i + 1)),
      10000,
    );
    expect(stoi(x, x.map(half), 22050)).toBeCloseTo(at10k, 3);
  });
  it('ignores what happens while the clean signal is silent', () => {
    const pause = clean.map((v, i) => (i >= 6200 && i < 7300 ? 0.2 : v));
    expect(stoi(clean, pause, 10000)).toBeCloseTo(1, 12);
  });
  it('needs 0.4 s of speech', () => {
    expect(stoi(clean.subarray(0, 3000), clean.subarray(0, 3000), 10000)).toBeNaN();
    expect(stoi(new Float32Array(0), new Float32Array(0), 10000)).toBeNaN();
  });
  it('refuses signals of different lengths', () => {
    expect(() => stoi(clean, clean.subarray(1), 10000)).toThrow('10000 and 9999 samples');
  });
});
