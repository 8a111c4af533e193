import { describe, expect, it } from 'vitest';
import { pitch, pitchErrors } from './pitch.js';

const RATE = 22050;

/** Ten harmonics of a frequency that may change with time, the fundamental the weakest. */
function voice(frequency: (t: number) => number, seconds: number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, n) => {
    phase += (2 * Math.PI * frequency(n / RATE)) / RATE;
    let sum = 0.05 * Math.sin(phase);
    for (let h = 2; h <= 10; h++) sum += Math.sin(h * phase + h) / h;
    return sum / 4;
  });
}

describe('fundamental frequency', () => {
  it.each([70, 110, 151.3, 220, 440])('of %f Hz is found to a cent', (f) => {
    const found = pitch(
      voice(() => f, 0.4),
      RATE,
    );
    const inside = [...found].slice(0, -6);
    expect(inside.length).toBeGreaterThan(20);
    for (const value of inside) expect(Math.abs(1200 * Math.log2(value / f))).toBeLessThan(3);
  });
  it('follows a glide', () => {
    const found = pitch(
      voice((t) => 100 + 100 * t, 1),
      RATE,
    );
    // The middle of what a frame compares: two of the longest periods with themselves, on average 1/150 s later.
    for (let t = 5; t < 70; t += 5) {
      const middle = (t * 256 + 368 + 75) / RATE;
      expect(Math.abs(found[t]! / (100 + 100 * middle) - 1)).toBeLessThan(0.01);
    }
  });
  it('is 0 in silence, in noise and far below the loudest', () => {
    const silence = new Float32Array(RATE / 2);
    let state = 1;
    const noise = silence.map(() => {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
    expect([...pitch(silence, RATE)].every((f) => f === 0)).toBe(true);
    expect([...pitch(noise, RATE)].every((f) => f === 0)).toBe(true);
    const tone = voice(() => 200, 0.5);
    const fades = tone.map((v, n) => (n < tone.length / 2 ? v : v / 1000));
    const found = pitch(fades, RATE);
    expect(found[5]).toBeCloseTo(200, 0);
    expect(found[30]).toBe(0);
  });
  it('has one value per hop, also where the signal is shorter than a frame', () => {
    expect(pitch(new Float32Array(1000), RATE)).toHaveLength(4);
    expect(pitch(new Float32Array(2048), RATE, { hopLength: 512 })).toHaveLength(4);
  });
});

describe('errors of a melody', () => {
  it('are 0 against itself', () => {
    const melody = Float64Array.of(0, 100, 120, 0);
    expect(pitchErrors(melody, melody)).toEqual({ f0RmseCents: 0, f0FrameError: 0 });
  });
  it('are the interval, in cents, and the share of wrong values', () => {
    const semitone = 2 ** (1 / 12);
    const reference = Float64Array.of(0, 100, 120, 0, 200, 200, 150, 0);
    //                                =   +1    -1   false missed octave = =
    const found = Float64Array.of(0, 100 * semitone, 120 / semitone, 90, 0, 400, 150, 0);
    const { f0RmseCents, f0FrameError } = pitchErrors(found, reference);
    expect(f0RmseCents).toBeCloseTo(100 * Math.sqrt(2 / 3), 9);
    expect(f0FrameError).toBe(3 / 8);
  });
  it('have no interval where nothing is voiced', () => {
    expect(pitchErrors(new Float64Array(3), new Float64Array(3)).f0RmseCents).toBeNaN();
  });
});
