/**
 * @module Spectrogram frames that arrive in pieces.
 */
import { NDArray } from '@sextant/engine';
import { checkedMel } from './checks.js';

/** Frames by their number since the beginning; old ones can be forgotten. */
export class FrameBuffer {
  /** One array [channels] per frame, frames one after the other. */
  private data = new Float32Array(0);
  private used = 0;
  /** Number of the first frame that is still held. */
  first = 0;

  constructor(private readonly channels: number) {}

  /** Number of frames that have arrived. */
  get end(): number {
    return this.first + this.used / this.channels;
  }

  /** Adds frames [channels, n] or [1, channels, n]. @throws InputError as {@link checkedMel} does. */
  push(frames: NDArray): void {
    const { shape, data } = checkedMel(frames, this.channels);
    const [channels, n] = shape as [number, number];
    this.reserve(n * channels);
    for (let t = 0; t < n; t++) {
      for (let c = 0; c < channels; c++) this.data[this.used++] = Number(data[c * n + t]);
    }
  }

  /** Forgets the frames before number `frame`. */
  forget(frame: number): void {
    const gone = Math.min(Math.max(frame - this.first, 0) * this.channels, this.used);
    this.data.copyWithin(0, gone, this.used);
    this.used -= gone;
    this.first += gone / this.channels;
  }

  /** Frames [start, start + length) of each start: [starts, channels, length]. */
  batch(starts: readonly number[], length: number): NDArray<'float32'> {
    const { channels, data, first } = this;
    const result = new Float32Array(starts.length * channels * length);
    let at = 0;
    for (const start of starts) {
      for (let c = 0; c < channels; c++) {
        for (let t = start - first; t < start - first + length; t++) result[at++] = data[t * channels + c]!;
      }
    }
    return new NDArray(result, [starts.length, channels, length], 'float32');
  }

  private reserve(more: number): void {
    if (this.used + more <= this.data.length) return;
    const larger = new Float32Array(Math.max(this.used + more, 2 * this.data.length));
    larger.set(this.data.subarray(0, this.used));
    this.data = larger;
  }
}
