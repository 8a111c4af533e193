/**
 * @module Change of sampling rate by a band-limited interpolation: a sinc windowed by a Kaiser window, one filter for
 * each position between input samples that the ratio of the rates makes (polyphase).
 *
 * The filter reaches 64 samples of the lower rate to each side. Frequencies up to 0.89 of the lower rate's Nyquist
 * frequency pass; those above it are more than 100 dB down.
 */
import { InputError } from './errors.js';

/** Samples of the lower rate on each side of the filter's centre. */
const HALF_WIDTH = 64;
/** The window's shape: a stop band 110 dB down, and a transition of 0.11 of the Nyquist frequency for this width. */
const BETA = 0.1102 * (110 - 8.7);
/** The middle of the transition, as a fraction of the lower rate's Nyquist frequency: it ends at 1. */
const CUTOFF = 0.944;

/** Limits on rates that no sound has, but a damaged file may state. */
const MAX_RATIO = 256;
const MAX_COEFFICIENTS = 2 ** 24;

/**
 * Resamples a sound that arrives in blocks. The blocks' lengths have no influence on the result, not by one bit.
 *
 * The first output sample is at the time of the first input sample; `n` frames become `ceil(n · to / from)`. Before and
 * after the sound there is silence.
 */
export class Resampler {
  readonly #channels: number;
  /** Output frame n is at input time n · step / phases. */
  readonly #phases: number;
  readonly #step: number;
  /** Input frames on each side of the filter's centre. */
  readonly #half: number;
  readonly #filters: Float32Array;
  /** Input frames that are still needed; the first is the first under the filter. */
  #buffer: Float32Array;
  #phase = 0;
  #framesIn = 0;
  #framesOut = 0;
  /** Input frames to skip before the buffer's first, when the filter jumps beyond what has arrived. */
  #skip = 0;

  /**
   * @param from - rate of the input, in Hz
   * @param to - rate of the output, in Hz
   * @param channels - of both; samples are interleaved
   * @throws InputError when a rate is not a whole number, or the ratio is beyond 256 or needs a filter too large.
   */
  constructor(from: number, to: number, channels = 1) {
    for (const rate of [from, to]) {
      if (!Number.isSafeInteger(rate) || rate < 1) {
        throw new InputError(`a sampling rate of ${rate} Hz is not possible; give a whole number`);
      }
    }
    const divisor = greatestCommonDivisor(from, to);
    this.#channels = channels;
    this.#phases = to / divisor;
    this.#step = from / divisor;
    this.#half = Math.ceil(HALF_WIDTH * Math.max(1, from / to));
    if (Math.max(from / to, to / from) > MAX_RATIO || 2 * this.#half * this.#phases > MAX_COEFFICIENTS) {
      throw new InputError(`cannot resample from ${from} to ${to} Hz; choose rates with a simpler ratio`);
    }
    this.#filters = filters(this.#phases, this.#half, Math.min(1, to / from));
    // The filter of the first output frame begins before the first input frame.
    this.#buffer = new Float32Array((this.#half - 1) * channels);
  }

  /**
   * Takes the next block, of whole frames.
   *
   * @returns the output frames that can be computed from what has arrived.
   */
  push(block: Float32Array): Float32Array<ArrayBuffer> {
    this.#framesIn += block.length / this.#channels;
    return this.#process(block, Number.POSITIVE_INFINITY);
  }

  /** Says that the sound has ended. @returns the last output frames. */
  end(): Float32Array<ArrayBuffer> {
    const total = Math.ceil((this.#framesIn * this.#phases) / this.#step);
    return this.#process(new Float32Array((this.#half + 1) * this.#channels), total - this.#framesOut);
  }

  #process(block: Float32Array, atMost: number): Float32Array<ArrayBuffer> {
    const channels = this.#channels;
    const input = new Float32Array(this.#buffer.length + block.length);
    input.set(this.#buffer);
    input.set(block, this.#buffer.length);
    const taps = 2 * this.#half;
    const frames = input.length / channels;
    // Output frame i of this call begins at input frame skip + floor((phase + i · step) / phases).
    const room = frames - taps - this.#skip;
    const possible =
      room < 0 ? 0 : Math.floor(((room + 1) * this.#phases - 1 - this.#phase) / this.#step) + 1;
    const count = Math.max(0, Math.min(possible, atMost));
    const out = new Float32Array(count * channels);
    let first = this.#skip;
    let phase = this.#phase;
    for (let frame = 0; frame < count; frame++) {
      for (let c = 0; c < channels; c++) {
        out[frame * channels + c] = this.#dot(input, first * channels + c, phase * taps, taps);
      }
      phase += this.#step;
      first += Math.floor(phase / this.#phases);
      phase %= this.#phases;
    }
    this.#phase = phase;
    this.#framesOut += count;
    const used = Math.min(first, frames);
    this.#skip = first - used;
    this.#buffer = input.slice(used * channels);
    return out;
  }

  #dot(input: Float32Array, at: number, filter: number, taps: number): number {
    const filters = this.#filters;
    const channels = this.#channels;
    // Two sums that do not wait for one another; the number of taps is even.
    let a = 0;
    let b = 0;
    for (let k = 0; k < taps; k += 2) {
      a += (input[at] as number) * (filters[filter + k] as number);
      b += (input[at + channels] as number) * (filters[filter + k + 1] as number);
      at += 2 * channels;
    }
    return a + b;
  }
}

/**
 * Resamples a whole sound.
 *
 * @param samples - interleaved
 * @param from - rate of `samples`, in Hz
 * @param to - rate of the result, in Hz
 * @returns `ceil(frames · to / from)` frames; a copy when the rates are equal.
 * @throws InputError as `Resampler` does.
 */
export function resample(
  samples: Float32Array,
  from: number,
  to: number,
  channels = 1,
): Float32Array<ArrayBuffer> {
  if (from === to) return samples.slice() as Float32Array<ArrayBuffer>;
  const resampler = new Resampler(from, to, channels);
  const body = resampler.push(samples);
  const tail = resampler.end();
  const out = new Float32Array(body.length + tail.length);
  out.set(body);
  out.set(tail, body.length);
  return out;
}

/**
 * For each phase p the 2 · half coefficients of the input frames around it: frame k lies `k - (half - 1) - p / phases`
 * input frames from the output frame. Each filter sums to 1, so that a constant stays what it is.
 */
function filters(phases: number, half: number, rate: number): Float32Array {
  const taps = 2 * half;
  const out = new Float32Array(phases * taps);
  const row = new Float64Array(taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      // In samples of the lower rate.
      const t = (k - (half - 1) - phase / phases) * rate;
      const value = sinc(CUTOFF * t) * kaiser(t / HALF_WIDTH);
      row[k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) out[phase * taps + k] = (row[k] as number) / sum;
  }
  return out;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** The Kaiser window on [-1, 1], 0 outside. */
const kaiser = (x: number): number =>
  x * x >= 1 ? 0 : besselI0(BETA * Math.sqrt(1 - x * x)) / besselI0(BETA);

/** The modified Bessel function of the first kind and order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
