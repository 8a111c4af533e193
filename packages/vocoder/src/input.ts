/**
 * @module What is spoken: the log-mel frames of sounds, and of spectrograms in files.
 */
import { once } from 'node:events';
import { extname } from 'node:path';
import type { NDArray } from '@sextant/engine';
import { InputError, openAudio, readNpy, readNpz, readSafetensors, within } from '@sextant/io';
import { checkedMel, tooShort } from './checks.js';
import { EXTENSIONS } from './data.js';
import type { Vocoder } from './infer.js';

type ReadTensors = (path: string) => Promise<ReadonlyMap<string, NDArray>>;

/** How the tensors of each kind of spectrogram file are read. */
const MEL_READERS: Readonly<Record<string, ReadTensors>> = {
  '.npy': async (path) => new Map([['mel', await readNpy(path)]]),
  '.npz': readNpz,
  '.safetensors': async (path) => (await readSafetensors(path)).tensors,
};

/** What people have spectrograms or networks in, and ffmpeg would say nothing sensible of. */
const REFUSED = new Set(['.pt', '.pth', '.ckpt', '.onnx']);

const extension = (path: string): string => extname(path).toLowerCase();

/** Whether a file of this name is taken for a sound or a spectrogram. */
export const isInput = (name: string): boolean =>
  EXTENSIONS.has(extension(name)) || extension(name) in MEL_READERS;

/** Runs `task`; an InputError that does not name the file it is about gets the name put before its message. */
export async function named<T>(file: string, task: () => Promise<T>): Promise<T> {
  const name = file === '-' ? 'standard input' : file;
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes(name)) throw error;
    return within(name, () => {
      throw error;
    });
  }
}

export interface MelInput {
  readonly frames: AsyncIterable<NDArray> | Iterable<NDArray>;
  /** Seconds, where they are known. */
  readonly total: number | undefined;
  /** What the user should know of the spectrogram. */
  readonly warning?: string;
}

/**
 * The log-mel frames of a sound (`-` for standard input) or of a spectrogram file, as they are read.
 *
 * @throws InputError, also while reading, when it is neither, or too short to be spoken.
 */
export async function melFrames(vocoder: Vocoder, input: string): Promise<MelInput> {
  const { sampleRate, hopLength, front } = vocoder;
  if (extension(input) in MEL_READERS) {
    const mel = await readMel(input, front.options.nMelChannels);
    const warning = unusual(mel, vocoder);
    return {
      frames: [mel],
      total: (mel.shape[1]! * hopLength) / sampleRate,
      ...(warning === undefined ? {} : { warning: `${input}: ${warning}` }),
    };
  }
  if (REFUSED.has(extension(input))) {
    throw new InputError(
      `${input} is no sound, and spectrograms are read from .npy, .npz and .safetensors: convert it (weights go to --weights)`,
    );
  }
  if (input === '-') await refuseEmpty();
  const audio = await openAudio(input, { sampleRate, mono: true });
  return {
    frames: vocoder.analyzeStream(longEnough(audio, vocoder)),
    total: audio.frames === undefined ? undefined : audio.frames / sampleRate,
  };
}

/** A log-mel spectrogram [channels, frames] from a file. @throws InputError when it holds none of so many bands. */
export async function readMel(path: string, channels: number): Promise<NDArray> {
  const tensors = await MEL_READERS[extension(path)]!(path);
  const mel = tensors.get('mel') ?? (tensors.size === 1 ? [...tensors.values()][0] : undefined);
  if (!mel) {
    throw new InputError(`${path} holds ${tensors.size} tensors and none is called mel: store it as mel`);
  }
  return within(path, () => checkedMel(mel, channels));
}

/** What is strange about the values of a spectrogram, if it is. */
function unusual(mel: NDArray, { front }: Vocoder): string | undefined {
  const { lowest, highest } = front.range;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of mel.data as Float32Array) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low >= lowest && high <= highest) return undefined;
  return `its values go from ${low.toFixed(1)} to ${high.toFixed(1)}, those of this vocoder's front-end from ${lowest.toFixed(1)} to ${highest.toFixed(1)} at the most: it looks as if it was made in another way, which gives noise`;
}

async function* longEnough(
  blocks: AsyncIterable<Float32Array>,
  { minimumSamples, sampleRate }: Vocoder,
): AsyncGenerator<Float32Array, void, undefined> {
  let samples = 0;
  for await (const block of blocks) {
    samples += block.length;
    yield block;
  }
  if (samples < minimumSamples) throw tooShort(samples, minimumSamples, sampleRate);
}

/** Waits for the first bytes on standard input. */
async function refuseEmpty(): Promise<void> {
  if (process.stdin.readableLength === 0 && !process.stdin.readableEnded)
    await once(process.stdin, 'readable');
  if (process.stdin.readableLength === 0)
    throw new InputError('standard input is empty: pipe a sound into it');
}
