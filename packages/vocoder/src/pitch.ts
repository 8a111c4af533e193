/**
 * @module Fundamental frequency by YIN (de Cheveigné and Kawahara, 2002), and the errors of one melody against another.
 */

export interface PitchOptions {
  /** Samples from one value to the next; 256 by default. */
  readonly hopLength?: number;
  /** Hz; 60 by default. */
  readonly lowest?: number;
  /** Hz; 500 by default. */
  readonly highest?: number;
}

/** Aperiodic power, as a share of the frame's, that a voiced frame stays below. */
const THRESHOLD = 0.15;

/** Frames quieter than the loudest by more than this are unvoiced. */
const DYNAMIC_RANGE_DB = 40;

/**
 * Fundamental frequency of speech in Hz, one value per hop; 0 where there is none (silence, unvoiced sounds, the
 * last frames, which are not whole).
 *
 * Each frame compares two periods of the lowest pitch with themselves a lag later; the lag is the first at which the
 * difference, relative to its mean over all shorter lags, has a minimum below 0.15.
 */
export function pitch(
  audio: Float32Array,
  sampleRate: number,
  { hopLength = 256, lowest = 60, highest = 500 }: PitchOptions = {},
): Float64Array {
  const longest = Math.ceil(sampleRate / lowest);
  const shortest = Math.max(2, Math.floor(sampleRate / highest));
  const size = 2 * longest;
  const count = Math.max(0, Math.floor((audio.length - size - longest) / hopLength) + 1);
  const frequencies = new Float64Array(Math.ceil(audio.length / hopLength));
  const energies = new Float64Array(count);
  for (let t = 0; t < count; t++) {
    const frame = audio.subarray(t * hopLength, t * hopLength + size + longest);
    energies[t] = frame.reduce((sum, v) => sum + v * v, 0);
    frequencies[t] = sampleRate / period(frame, size, shortest, longest);
  }
  const floor = energies.reduce((a, b) => Math.max(a, b), 0) * 10 ** (-DYNAMIC_RANGE_DB / 10);
  return frequencies.map((f, t) => (t < count && energies[t]! > floor ? f : 0));
}

/** Period of a frame in samples; infinite where it has none. */
function period(frame: Float32Array, size: number, shortest: number, longest: number): number {
  const normalized = new Float64Array(longest + 1).fill(1);
  let total = 0;
  for (let lag = 1; lag <= longest; lag++) {
    let difference = 0;
    for (let j = 0; j < size; j++) difference += (frame[j]! - frame[j + lag]!) ** 2;
    total += difference;
    if (total > 0) normalized[lag] = (difference * lag) / total;
  }
  for (let lag = shortest; lag < longest; lag++) {
    const [before, here, after] = [normalized[lag - 1]!, normalized[lag]!, normalized[lag + 1]!];
    if (here < THRESHOLD && here <= after) {
      // The minimum of the parabola through the three.
      const curvature = before - 2 * here + after;
      return curvature > 0 ? lag + (before - after) / (2 * curvature) : lag;
    }
  }
  return Number.POSITIVE_INFINITY;
}

export interface PitchErrors {
  /**
   * Root mean square of the interval in cents (1/100 of a semitone) where both are voiced and within 20 %; NaN if
   * nowhere. Larger intervals are errors of the tracking, mostly octaves.
   */
  readonly f0RmseCents: number;
  /** Share of the values of which one is voiced and the other is not, or which are more than 20 % apart. */
  readonly f0FrameError: number;
}

/** Of the reference's frequency. */
const GROSS_ERROR = 0.2;

/** Compares two melodies as {@link pitch} gives them, value by value (Chu and Alwan's F0 frame error, 2009). */
export function pitchErrors(pitches: Float64Array, reference: Float64Array): PitchErrors {
  let squares = 0;
  let right = 0;
  let wrong = 0;
  for (const [t, f] of reference.entries()) {
    const other = pitches[t]!;
    if (Math.abs(other - f) > GROSS_ERROR * f) wrong++;
    else if (f > 0) {
      squares += (1200 * Math.log2(other / f)) ** 2;
      right++;
    }
  }
  return { f0RmseCents: Math.sqrt(squares / right), f0FrameError: wrong / reference.length };
}
