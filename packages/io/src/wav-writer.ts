/**
 * @module Writes WAV files block by block: to a file, which gets its sizes at the end, or to a pipe.
 */
import type { Writable } from 'node:stream';
import { within } from './errors.js';
import { OutputFile, OutputStream } from './files.js';
import type { Audio } from './wav.js';
import { encodeSamples, type WavEncoding, type WavOptions, wavHeader } from './wav-encode.js';

/**
 * A WAV file that grows. Nothing is seen under its name before `close`; a sound of more than 4 GiB becomes RF64.
 *
 * ```ts
 * const writer = await WavWriter.open('out.wav', { sampleRate: 22050 });
 * try {
 *   for await (const block of blocks) await writer.write(block);
 *   await writer.close();
 * } finally {
 *   await writer.abort(); // does nothing after close
 * }
 * ```
 */
export class WavWriter {
  readonly #output: OutputFile | OutputStream;
  readonly #name: string;
  readonly #options: Required<WavOptions>;
  #samples = 0;
  #dataBytes = 0;

  private constructor(output: OutputFile | OutputStream, name: string, options: WavOptions) {
    this.#output = output;
    this.#name = name;
    this.#options = { channels: 1, encoding: 'pcm16', ...options };
  }

  /**
   * Begins a file.
   *
   * @param path - `-` for standard output
   * @throws InputError when it cannot be written.
   */
  static async open(path: string, options: WavOptions): Promise<WavWriter> {
    if (path === '-') return WavWriter.toStream(process.stdout, options, 'standard output');
    const writer = new WavWriter(await OutputFile.open(path), path, options);
    await writer.#begin();
    return writer;
  }

  /** Begins a WAV stream. Its header does not state a size, as it cannot be changed later; `close` leaves it open. */
  static async toStream(stream: Writable, options: WavOptions, name = 'the stream'): Promise<WavWriter> {
    const writer = new WavWriter(new OutputStream(stream, name), name, options);
    await writer.#begin();
    return writer;
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#samples / this.#options.channels;
  }

  /**
   * Adds samples.
   *
   * @param block - interleaved, whole frames
   * @throws InputError when the disk is full, the reader of a pipe has gone, or a sample is not a finite number.
   */
  async write(block: Float32Array): Promise<void> {
    const { channels, encoding } = this.#options;
    if (block.length % channels !== 0) {
      throw new RangeError(`WavWriter: ${block.length} samples are not whole frames of ${channels} channels`);
    }
    const bytes = within(this.#name, () => encodeSamples(block, encoding, this.#samples));
    await this.#output.append(bytes);
    this.#samples += block.length;
    this.#dataBytes += bytes.length;
  }

  /** Completes the file and gives it its name. */
  async close(): Promise<void> {
    if (this.#dataBytes % 2 === 1) await this.#output.append(new Uint8Array(1));
    if (this.#output instanceof OutputStream) return;
    if (this.#output.seekable) await this.#output.writeAt(0, wavHeader(this.#options, this.#dataBytes, true));
    await this.#output.commit();
  }

  /** Gives up: removes what was written to a file. Does nothing after `close`. */
  async abort(): Promise<void> {
    if (this.#output instanceof OutputFile) await this.#output.abort();
  }

  async #begin(): Promise<void> {
    const { seekable } = this.#output;
    try {
      await this.#output.append(wavHeader(this.#options, seekable ? 0 : Number.POSITIVE_INFINITY, seekable));
    } catch (error) {
      await this.abort();
      throw error;
    }
  }
}

/**
 * Writes a whole sound.
 *
 * @param path - `-` for standard output
 * @param encoding - default `pcm16`
 * @throws InputError as `WavWriter` does.
 */
export async function writeWav(path: string, audio: Audio, encoding: WavEncoding = 'pcm16'): Promise<void> {
  const { sampleRate, samples } = audio;
  const writer = await WavWriter.open(path, { sampleRate, channels: samples.shape[1] ?? 1, encoding });
  try {
    await writer.write(samples.data);
    await writer.close();
  } finally {
    await writer.abort();
  }
}
