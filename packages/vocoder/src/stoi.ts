/**
 * @module Short-time objective intelligibility (Taal et al., 2011): how well the envelopes of 15 third-octave bands
 * agree over 384 ms, a figure that rises with the share of words that listeners understand.
 *
 * Differs from the Python package pystoi only in the filter that resamples.
 */
import { resample } from '@sextant/io/web';

/** Hz */
const RATE = 10000;
const FRAME = 256;
const HOP = FRAME / 2;
const FFT = 512;
const BANDS = 15;
/** Centre of the lowest band, in Hz. */
const LOWEST = 150;
/** Frames per segment: 384 ms. */
const SEGMENT = 30;
/** Frames quieter than the loudest by more than this are silent. */
const DYNAMIC_RANGE_DB = 40;
/** Signal-to-distortion ratio that a segment's distortion is clipped at. */
const LOWER_BOUND_DB = -15;
const EPSILON = Number.EPSILON;

/** The Hann window without its zeros. */
const WINDOW = Float64Array.from(
  { length: FRAME },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 1)) / (FRAME + 1)),
);

const bin = (frequency: number): number => Math.round((frequency * FFT) / RATE);

/** First bin of each band, then the end of the last. */
const EDGES = Array.from({ length: BANDS + 1 }, (_, k) => bin(LOWEST * 2 ** ((2 * k - 1) / 6)));

/** Number of frames. As in the authors' code, one that ends with the signal's last sample is not used. */
const countFrames = (samples: number): number => Math.max(0, Math.ceil((samples - FRAME) / HOP));

/**
 * Intelligibility of `processed` speech, from about 0 (noise) to 1 (equal to `clean`).
 *
 * @returns NaN when there are fewer than 30 frames (0.4 s) of speech.
 * @throws RangeError when the lengths differ.
 */
export function stoi(clean: Float32Array, processed: Float32Array, sampleRate: number): number {
  if (clean.length !== processed.length) {
    throw new RangeError(`stoi: ${clean.length} and ${processed.length} samples cannot be compared`);
  }
  const [x, y] = [clean, processed].map((s) => resample(s, sampleRate, RATE)) as [Float32Array, Float32Array];
  const kept = loudFrames(x);
  const [a, b] = [x, y].map((s) => envelopes(joined(s, kept))) as [Float64Array[], Float64Array[]];
  const segments = a[0]!.length - SEGMENT + 1;
  if (segments < 1) return Number.NaN;
  let sum = 0;
  for (let band = 0; band < BANDS; band++) {
    for (let m = 0; m < segments; m++) {
      sum += agreement(a[band]!.subarray(m, m + SEGMENT), b[band]!.subarray(m, m + SEGMENT));
    }
  }
  return sum / (segments * BANDS);
}

/** First samples of the frames that are not silent. */
function loudFrames(x: Float32Array): number[] {
  const starts = Array.from({ length: countFrames(x.length) }, (_, i) => i * HOP);
  const decibels = starts.map((start) => {
    let energy = 0;
    for (let n = 0; n < FRAME; n++) energy += (WINDOW[n]! * x[start + n]!) ** 2;
    return 20 * Math.log10(Math.sqrt(energy) + EPSILON);
  });
  const loudest = decibels.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return starts.filter((_, i) => decibels[i]! > loudest - DYNAMIC_RANGE_DB);
}

/** The windowed frames at `starts`, laid side by side half over each other. */
function joined(x: Float32Array, starts: readonly number[]): Float64Array {
  const result = new Float64Array(starts.length === 0 ? 0 : (starts.length - 1) * HOP + FRAME);
  for (const [i, start] of starts.entries()) {
    for (let n = 0; n < FRAME; n++) result[i * HOP + n]! += WINDOW[n]! * x[start + n]!;
  }
  return result;
}

/** Root of the energy of each band in each frame: [BANDS][frames]. */
function envelopes(x: Float64Array): Float64Array[] {
  const frames = countFrames(x.length);
  const result = Array.from({ length: BANDS }, () => new Float64Array(frames));
  const windowed = new Float64Array(FRAME);
  for (let t = 0; t < frames; t++) {
    for (let n = 0; n < FRAME; n++) windowed[n] = WINDOW[n]! * x[t * HOP + n]!;
    for (let band = 0; band < BANDS; band++) {
      let energy = 0;
      for (let k = EDGES[band]!; k < EDGES[band + 1]!; k++) energy += power(windowed, k);
      result[band]![t] = Math.sqrt(energy);
    }
  }
  return result;
}

const COSINES = Float64Array.from({ length: FFT }, (_, i) => Math.cos((2 * Math.PI * i) / FFT));

/** |X_k|² of the discrete Fourier transform of FFT points. */
function power(frame: Float64Array, k: number): number {
  let real = 0;
  let imag = 0;
  for (let n = 0, at = 0; n < FRAME; n++, at = (at + k) % FFT) {
    real += frame[n]! * COSINES[at]!;
    imag += frame[n]! * COSINES[(at + FFT / 4) % FFT]!;
  }
  return real * real + imag * imag;
}

/** Correlation of two envelopes, the second scaled to the first's energy and clipped. */
function agreement(x: Float64Array, y: Float64Array): number {
  const scale = norm(x) / (norm(y) + EPSILON);
  const most = 1 + 10 ** (-LOWER_BOUND_DB / 20);
  const clipped = y.map((v, i) => Math.min(v * scale, x[i]! * most));
  const [a, b] = [centred(x), centred(clipped)];
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0) / ((norm(a) + EPSILON) * (norm(b) + EPSILON));
}

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));

function centred(x: Float64Array): Float64Array {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  return x.map((v) => v - mean);
}
