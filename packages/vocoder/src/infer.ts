/**
 * @module Speech from spectrograms: the API for programs, in Node and in the browser.
 */
import { defaultRuntime, NDArray, type Program, program, type Tensor } from '@sextant/engine';
import { decodeWav, InputError, resample } from '@sextant/io/web';
import { calibrationSound, defaultWeights, readBytes } from '#bytes';
import { checkedMel, checkedSamples, tooShort } from './checks.js';
import { FrameBuffer } from './frames.js';
import { type MelOptions, MelSpectrogram } from './mel.js';
import type { Generator } from './model.js';
import { quantizeGenerator } from './quantize.js';
import { MAX_REFINEMENTS, refine, refinementReach } from './refine.js';
import { decodeWeights, type VocoderWeights } from './weights.js';
import { cutWindows } from './windows.js';

/** Frames that one pass of the generator makes audio of: enough to be efficient, few enough for the caches. */
const WINDOW_FRAMES = 256;

/** Refinement needs so much context that windows are larger: so many times the context, a quarter goes on it. */
const WINDOWS_PER_CONTEXT = 8;

/** Frames that one pass of the front-end makes. */
const MEL_BLOCK_FRAMES = 1024;

export interface StreamOptions {
  /**
   * Frames per piece of audio (256; with refinements 8 times their context, if that is more). Fewer come sooner and
   * cost more: every pass computes some frames of context twice.
   */
  readonly chunkFrames?: number;
}

/** `int8` is faster and not quite as good; see `evaluate` for how much. */
export type Precision = 'float32' | 'int8';

export interface PrecisionOptions {
  /** What the network computes in (float32). `int8` needs device `cpu`, so Node. */
  readonly precision?: Precision;
  /**
   * For `int8`: log-mel spectrograms [nMelChannels, L] that show the ranges of values. Default: a sentence that
   * comes with the package, as loud as can be, and silence.
   */
  readonly calibration?: readonly NDArray[];
}

/** What a vocoder is made of beside its weights. */
export interface WeightsOptions {
  /**
   * How often the generator's audio is refined (by default as often as the weights say: {@link refine}). 0 is the
   * network alone: faster, and with less delay in a stream.
   */
  readonly refinements?: number;
  /** Options of the front-end that differ from those of the weights; for checkpoints, which do not tell theirs. */
  readonly mel?: Partial<MelOptions>;
}

export interface LoadOptions extends PrecisionOptions, WeightsOptions {}

/** Seconds of digital silence after the sentence that 8-bit ranges are calibrated on. */
const SILENCE_SECONDS = 0.2;

/** What makes audio [B, 1, L · hop] of spectrograms [B, nMelChannels, L]: a generator in some precision. */
interface Network {
  forward(mel: Tensor): Tensor;
}

/**
 * A generator with the front-end it was trained for.
 *
 * @example
 * const vocoder = await Vocoder.load();
 * const audio = await vocoder.synthesize(mel); // [80, frames] → Float32Array
 */
export class Vocoder {
  readonly generator: Generator;
  readonly front: MelSpectrogram;
  /** How often the generator's audio is refined: {@link refine}. */
  readonly refinements: number;
  private readonly generate: Program<[Tensor], Tensor>;
  private readonly analyse: Program<[Tensor], Tensor>;

  /** @throws InputError for a number of refinements that is not a whole one from 0 to 100. */
  constructor(
    { generator, mel, refinements = 0 }: VocoderWeights,
    private readonly network: Network = { forward: (frames) => generator.eval((m) => m.forward(frames)) },
  ) {
    if (!Number.isInteger(refinements) || refinements < 0 || refinements > MAX_REFINEMENTS) {
      throw new InputError(`refinements: ${refinements} is not a whole number from 0 to ${MAX_REFINEMENTS}`);
    }
    this.generator = generator;
    this.refinements = refinements;
    this.front = new MelSpectrogram(mel);
    this.generate = program((frames: Tensor) => this.forward(frames), {
      name: 'vocoder',
      freeze: true,
      inputs: [{ shape: ['B', mel.nMelChannels, 'L'] }],
    });
    this.analyse = program((audio: Tensor) => this.front.ofPadded(audio), {
      name: 'mel',
      inputs: [{ shape: [1, 1, 'T'] }],
    });
  }

  /**
   * Loads weights: ours (safetensors), or a generator's checkpoint of the authors or of seungwonpark (.pt).
   *
   * @param source - bytes, a path (in a browser: a URL), or nothing for the embedded default weights.
   * @throws InputError when they are not a vocoder's.
   */
  static async load(source?: Uint8Array | string | URL, options: LoadOptions = {}): Promise<Vocoder> {
    const bytes =
      source instanceof Uint8Array
        ? source
        : await (source === undefined ? defaultWeights() : readBytes(source));
    return Vocoder.fromBytes(bytes, options).atPrecision(options);
  }

  /** The same from bytes at hand, in float32. @throws InputError when they are not a vocoder's. */
  static fromBytes(bytes: Uint8Array, { refinements, mel }: WeightsOptions = {}): Vocoder {
    const weights = decodeWeights(bytes, mel);
    return new Vocoder(refinements === undefined ? weights : { ...weights, refinements });
  }

  /**
   * The same vocoder in some precision: in float32, this one; else one of its own.
   *
   * @throws InputError where the precision does not exist, or calibration is an empty list.
   */
  async atPrecision({ precision = 'float32', calibration }: PrecisionOptions): Promise<Vocoder> {
    if (precision === 'float32') return this;
    const { device } = defaultRuntime();
    if (device !== 'cpu') throw new InputError(`precision int8 runs on device cpu only, not on ${device}`);
    const spectrograms = calibration ?? (await this.defaultCalibration());
    const quantized = await quantizeGenerator(this.generator, spectrograms);
    return new Vocoder(this.weights, quantized);
  }

  /** A sentence as loud as can be, then silence: both ends of what spectrograms hold. */
  private async defaultCalibration(): Promise<NDArray[]> {
    const { samples, sampleRate } = decodeWav(await calibrationSound());
    const sentence = resample(samples.data, sampleRate, this.sampleRate);
    const peak = sentence.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const sound = new Float32Array(sentence.length + Math.round(SILENCE_SECONDS * this.sampleRate));
    sound.set(sentence.map((v) => v / peak));
    const spectrogram = await this.analyze(sound);
    await this.analyse.release();
    return [spectrogram];
  }

  /** The generator alone: this vocoder without refinements. Undefined where it has none. */
  get unrefined(): Vocoder | undefined {
    return this.refinements > 0 ? new Vocoder({ ...this.weights, refinements: 0 }, this.network) : undefined;
  }

  /** What {@link encodeWeights} writes. */
  get weights(): Required<VocoderWeights> {
    return { generator: this.generator, mel: this.front.options, refinements: this.refinements };
  }

  /** Hz */
  get sampleRate(): number {
    return this.front.options.sampleRate;
  }

  /** Samples per frame. */
  get hopLength(): number {
    return this.front.options.hopLength;
  }

  /**
   * Audio of a whole log-mel spectrogram: [nMelChannels, L] or [1, nMelChannels, L] → L · hopLength samples in
   * (-1, 1).
   *
   * @throws InputError for anything else, too few frames, or values that are not finite.
   */
  async synthesize(mel: NDArray): Promise<Float32Array<ArrayBuffer>> {
    const checked = checkedMel(mel, this.front.options.nMelChannels);
    const pieces: Float32Array[] = [];
    // The end is known: windows of one size, as many for every thread.
    const [, frames] = checked.shape as [number, number];
    const rounds = Math.max(1, Math.ceil(frames / (this.windowFrames * defaultRuntime().threads)));
    const chunkFrames = Math.max(1, Math.ceil(frames / (rounds * defaultRuntime().threads)));
    for await (const piece of this.stream([checked], { chunkFrames })) pieces.push(piece);
    const audio = new Float32Array(pieces.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const piece of pieces) {
      audio.set(piece, at);
      at += piece.length;
    }
    return audio;
  }

  /**
   * Audio of frames as they come: pieces of [nMelChannels, n] in, pieces of samples out, which joined are
   * what {@link synthesize} makes of the joined frames.
   *
   * @throws InputError as {@link synthesize} does.
   */
  async *stream(
    frames: AsyncIterable<NDArray> | Iterable<NDArray>,
    { chunkFrames = this.windowFrames }: StreamOptions = {},
  ): AsyncGenerator<Float32Array, void, undefined> {
    const context = this.contextFrames;
    const parallel = defaultRuntime().threads;
    const buffer = new FrameBuffer(this.front.options.nMelChannels);
    let done = 0;
    for await (const piece of frames) {
      buffer.push(piece);
      // Only what is followed by enough frames, so that it does not depend on where the spectrogram ends.
      const ready = () => buffer.end - done - 2 * context;
      while (ready() > parallel * chunkFrames) {
        yield* this.passes(buffer, done, done + parallel * chunkFrames, parallel);
        done += parallel * chunkFrames;
        buffer.forget(done - chunkFrames - 2 * context);
      }
    }
    const rest = buffer.end - done;
    if (buffer.end < this.minimumFrames) {
      throw new InputError(
        `${buffer.end} frames are too few: the network needs at least ${this.minimumFrames}`,
      );
    }
    if (rest === 0) return;
    const count = Math.ceil(rest / chunkFrames);
    yield* this.passes(buffer, done, buffer.end, count === 1 ? 1 : Math.ceil(count / parallel) * parallel);
  }

  /** The fewest samples of which {@link analyze} makes a spectrogram that {@link synthesize} takes. */
  get minimumSamples(): number {
    const { nFft, hopLength } = this.front.options;
    const framed = (this.minimumFrames - 1) * hopLength + nFft - 2 * this.front.padding;
    return Math.max(this.front.padding + 1, framed);
  }

  /** Reflection padding needs as much to reflect. */
  private get minimumFrames(): number {
    const { ratios, nResidualLayers } = this.generator.config;
    const widest = 3 ** (nResidualLayers - 1);
    const needed = Math.max(4, Math.ceil((widest + 1) / ratios[0]!));
    return this.refinements > 0 ? Math.max(needed, this.front.minimumFrames) : needed;
  }

  /** Frames on either side that one frame's audio depends on. */
  private get contextFrames(): number {
    return this.generator.contextFrames + refinementReach(this.front, this.refinements);
  }

  /** Frames that one pass makes audio of, where nothing else is asked for. */
  private get windowFrames(): number {
    return this.refinements > 0
      ? Math.max(WINDOW_FRAMES, WINDOWS_PER_CONTEXT * this.contextFrames)
      : WINDOW_FRAMES;
  }

  /** Log-mel [B, nMelChannels, L] → audio [B, 1, L · hop]. */
  private forward(mel: Tensor): Tensor {
    return refine(this.network.forward(mel), mel, this.front, this.refinements);
  }

  /** Audio of frames [from, to), in `count` windows of which as many as there are threads go together. */
  private async *passes(buffer: FrameBuffer, from: number, to: number, count: number) {
    const { first, end } = buffer;
    const { windows, length } = cutWindows({ from, to, first, end }, count, this.contextFrames);
    const parallel = defaultRuntime().threads;
    for (let i = 0; i < windows.length; i += parallel) {
      const together = windows.slice(i, i + parallel);
      const starts = together.map((w) => w.start);
      const audio = (await this.generate(buffer.batch(starts, length))).data as Float32Array;
      for (const [k, { start, from, to }] of together.entries()) {
        const at = k * length - start;
        yield audio.subarray((at + from) * this.hopLength, (at + to) * this.hopLength);
      }
    }
  }

  /**
   * The log-mel spectrogram of audio at {@link sampleRate}: samples → [nMelChannels, L].
   *
   * @throws InputError for audio that is too short to be mirrored at its ends, or samples that are not finite.
   */
  async analyze(audio: Float32Array): Promise<NDArray<'float32'>> {
    const pieces: NDArray[] = [];
    for await (const piece of this.analyzeStream([audio])) pieces.push(piece);
    const frames = pieces.reduce((n, p) => n + p.shape[1]!, 0);
    const channels = this.front.options.nMelChannels;
    const data = new Float32Array(channels * frames);
    let at = 0;
    for (const piece of pieces) {
      const n = piece.shape[1]!;
      for (let c = 0; c < channels; c++) {
        data.set((piece.data as Float32Array).subarray(c * n, (c + 1) * n), c * frames + at);
      }
      at += n;
    }
    return new NDArray(data, [channels, frames], 'float32');
  }

  /**
   * Log-mel frames of audio as it comes: pieces of samples in, pieces of [nMelChannels, n] out.
   *
   * @throws InputError as {@link analyze} does.
   */
  async *analyzeStream(
    blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  ): AsyncGenerator<NDArray, void, undefined> {
    const { nFft, hopLength } = this.front.options;
    const padding = this.front.padding;
    const blockSamples = (MEL_BLOCK_FRAMES - 1) * hopLength + nFft;
    let pending = new Float32Array(0);
    let begun = false;
    let samples = 0;
    for await (const block of blocks) {
      pending = joined(pending, checkedSamples(block, samples));
      samples += block.length;
      if (!begun && pending.length > padding) {
        pending = joined(pending.slice(1, padding + 1).reverse(), pending);
        begun = true;
      }
      // What the end is mirrored from must still be there when it comes.
      while (begun && pending.length >= blockSamples + padding + 1) {
        yield await this.melOf(pending.subarray(0, blockSamples));
        pending = pending.slice(MEL_BLOCK_FRAMES * hopLength);
      }
    }
    if (!begun) throw tooShort(samples, padding + 1, this.sampleRate);
    const tail = pending.slice(-padding - 1, -1).reverse();
    const rest = joined(pending, tail);
    if (rest.length >= nFft) yield await this.melOf(rest);
  }

  private async melOf(padded: Float32Array): Promise<NDArray> {
    const mel = await this.analyse(new NDArray(padded.slice(), [1, 1, padded.length], 'float32'));
    return mel.reshape(mel.shape.slice(1));
  }

  /**
   * The generator as ONNX, for any number of frames: `mel` [B, nMelChannels, L] → `audio` [B, 1, L · hop]. In
   * int8 it uses operators of ONNX Runtime's own, and is exact on processors that have what this one has (VNNI).
   */
  export(): Promise<Uint8Array> {
    const { nMelChannels } = this.front.options;
    const exported = program(({ mel }: { mel: Tensor }) => ({ audio: this.forward(mel) }), {
      name: 'vocoder',
      inputs: [{ mel: { shape: ['B', nMelChannels, 'L'] } }],
    });
    return exported.export({ metadata: { mel: JSON.stringify(this.front.options) } });
  }

  /** Frees the compiled programs. */
  async release(): Promise<void> {
    await Promise.all([this.generate.release(), this.analyse.release()]);
  }
}

function joined(a: Float32Array, b: Float32Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}
